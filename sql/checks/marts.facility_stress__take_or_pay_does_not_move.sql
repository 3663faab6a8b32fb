-- Under a contract rents are not the market's: no covenant is called broken at market rents before the
-- customer defaults or the contract ends.
select
    facility_id,
    scenario,
    quarter_number,
    is_at_market,
    dscr_ratio,
    is_dscr_broken
from marts.facility_stress
where not is_at_market
and (dscr_ratio is not null or is_dscr_broken is not null)
