-- A method that cannot turn would report one slope for a rent that fell into 2025 and rose in 2026:
-- the two segments of the newest H100 row must have opposite signs.
-- severity: warn
select
    period_end_on,
    break_on,
    earlier_rate_pct_per_year,
    rate_pct_per_year
from marts.depreciation_rate
where accelerator = 'nvidia-h100-sxm-80gb'
and method = 'cohort_piecewise'
and publication_status = 'published'
and period_end_on between date '2026-06-30' and date '2026-12-31'
and not (earlier_rate_pct_per_year < 0 and rate_pct_per_year > 0)
