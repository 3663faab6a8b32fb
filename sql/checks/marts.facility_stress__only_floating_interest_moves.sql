-- SOFR moves the floating debt that need not be hedged, and nothing but SOFR moves interest: against `base`,
-- interest changes by exactly that part of the shift. (A floor under SOFR can hold part of a fall back.)
select
    stress.facility_id,
    stress.scenario,
    stress.quarter_number,
    stress.quarter_interest_usd,
    calm.quarter_interest_usd as calm_interest_usd,
    stress.sofr_shift_bps
from marts.facility_stress as stress
join marts.facility_stress as calm
    on stress.facility_id = calm.facility_id and stress.quarter_number = calm.quarter_number
join marts.facility as facility on stress.facility_id = facility.facility_id
join (
    select facility_id, max(balance_on) as balance_on
    from marts.facility_coverage
    group by all
) as newest on stress.facility_id = newest.facility_id
join marts.facility_coverage as coverage
    on newest.facility_id = coverage.facility_id and newest.balance_on = coverage.balance_on
where calm.scenario = 'base'
and calm.sofr_shift_bps = 0
and stress.sofr_shift_bps >= 0
and coverage.sofr_pct >= coalesce(facility.benchmark_floor_pct, coverage.sofr_pct)
and abs(
    stress.quarter_interest_usd - calm.quarter_interest_usd
    - stress.principal_usd * (1 - coverage.fixed_fraction)
        * (1 - coalesce(facility.hedged_min_pct, 0) / 100) * stress.sofr_shift_bps / 40000
) > 1e-9 * stress.principal_usd
