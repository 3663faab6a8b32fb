-- Bands of 80 % that hold far less are too narrow: their history is short or a regime ended. Printed, not hidden.
-- severity: warn
select
    tier,
    drift_basis,
    horizon_weeks,
    count(*) as origin_count,
    100 * avg(case when is_inside then 1.0 else 0.0 end) as inside_pct
from marts.rent_path_backtest
group by all
having avg(case when is_inside then 1.0 else 0.0 end) < 0.7
