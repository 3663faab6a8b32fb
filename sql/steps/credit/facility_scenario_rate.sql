-- What a facility's debt costs in each quarter of each scenario: a move of SOFR reaches the floating debt that
-- need not be hedged, never below the benchmark's floor. SOFR stands where it was, since no forward curve is
-- held.
-- grain: facility_id, balance_on, scenario, quarter_number
select
    rate.facility_id,
    rate.balance_on,
    paths.scenario,
    paths.quarter_number,
    rate.interest_rate_pct + case when rate.unhedged_fraction > 0
        then rate.unhedged_fraction * (
            case
                when rate.benchmark_floor_pct > rate.sofr_pct + paths.sofr_shift_bps / 100
                    then rate.benchmark_floor_pct
                else rate.sofr_pct + paths.sofr_shift_bps / 100
            end
            - rate.benchmark_rate_pct
        )
        else 0 end as interest_rate_pct,
    rate.unhedged_fraction,
    rate.rate_missing_reason
from steps.facility_rate as rate
join steps.facility_start as starts
    on rate.facility_id = starts.facility_id and rate.balance_on = starts.balance_on
cross join steps.scenario_path as paths
order by rate.facility_id, rate.balance_on, paths.scenario, paths.quarter_number
