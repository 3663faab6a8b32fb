-- Each scenario quarter by quarter for ten years. After its last quarter a scenario stands still; a customer
-- that has defaulted stays so. A quarter it leaves out has no path (`scenario_kind` null), and so have those
-- after it: none where the start is missing.
-- grain: scenario, quarter_number
with quarters as (
    select cast(unnest(generate_series(0, 40, 1)) as bigint) as quarter_number
),

told as (
    select
        scenarios.*,
        max(scenarios.quarter_number) over (partition by scenarios.scenario) as last_quarter,
        bool_or(scenarios.is_offtaker_default) over by_quarter as has_defaulted,
        scenarios.quarter_number - coalesce(lag(scenarios.quarter_number) over by_quarter, -1) > 1
            as is_after_gap
    from staging.scenarios as scenarios
    window by_quarter as (
        partition by scenarios.scenario order by scenarios.quarter_number
    )
),

gaps as (
    select
        told.scenario,
        max(told.last_quarter) as last_quarter,
        min(case when told.is_after_gap then told.quarter_number end) as broken_at,
        max(told.known_at) as known_at
    from told
    group by all
),

-- The last quarter before the first gap: all of them where there is none, none where the start is missing.
ends as (
    select
        gaps.scenario,
        gaps.last_quarter,
        gaps.known_at,
        case
            when gaps.broken_at is null then 40
            else coalesce(
                max(case when told.quarter_number < gaps.broken_at then told.quarter_number end), -1
            )
        end as whole_until
    from gaps
    join told on gaps.scenario = told.scenario
    group by gaps.scenario, gaps.last_quarter, gaps.known_at, gaps.broken_at
)

select
    ends.scenario,
    quarters.quarter_number,
    ends.last_quarter,
    told.scenario_kind,
    told.rent_multiplier,
    case when told.scenario is not null then coalesce(told.utilisation_multiplier, 1) end
        as utilisation_multiplier,
    case when told.scenario is not null then coalesce(told.sofr_shift_bps, 0) end as sofr_shift_bps,
    told.has_defaulted as has_offtaker_defaulted,
    ends.known_at
from ends
cross join quarters
left join told
    on ends.scenario = told.scenario
    and told.quarter_number = least(quarters.quarter_number, ends.last_quarter)
    and quarters.quarter_number <= ends.whole_until
order by ends.scenario, quarters.quarter_number
