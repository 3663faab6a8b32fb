-- The market rent of each facility's machines in each quarter of each scenario, over that of its start. The base
-- path: rents fall as the value of the machines takes them to (steps.facility_decline), and stand still where no
-- rate is published. A hypothetical scenario multiplies that path; a measured one is what rents did, so it goes
-- alone until its last quarter, and the base path goes on from there. In the commodity path (no multiplier) rent is what covers cash cost.
-- grain: facility_id, scenario, quarter_number
with starts as (
    select
        starts.facility_id,
        starts.balance_on,
        -ln(1 + coalesce(decline.rate_pct_per_year, 0) / 100) as decline_per_year,
        decline.rate_pct_per_year,
        decline.known_at
    from steps.facility_start as starts
    left join steps.facility_decline as decline on starts.facility_id = decline.facility_id
),

paths as (
    select
        path.*,
        case
            when path.scenario_kind = 'measured' then greatest(path.quarter_number - path.last_quarter, 0)
            else path.quarter_number
        end as fall_quarters
    from steps.scenario_path as path
)

select
    starts.facility_id,
    starts.balance_on,
    paths.scenario,
    paths.quarter_number,
    paths.scenario_kind,
    paths.rent_multiplier * exp(-starts.decline_per_year * paths.fall_quarters / 4) as rent_multiplier,
    paths.utilisation_multiplier,
    paths.sofr_shift_bps,
    paths.has_offtaker_defaulted,
    starts.rate_pct_per_year,
    greatest(paths.known_at, coalesce(starts.known_at, paths.known_at)) as known_at
from starts
cross join paths
order by starts.facility_id, paths.scenario, paths.quarter_number
