-- Each lot of a facility as it grows older over the ten years after the start of its stress: what is left of
-- its cost on the contract's clock, and what its machines still earn and spend by the income clock of the
-- start, read at their age of then. Machines older than that clock goes have neither.
-- grain: facility_id, lot_number, quarter_number
with quarters as (
    select cast(unnest(generate_series(0, 41, 1)) as bigint) as quarter_number
),

aged as (
    select
        lot.*,
        quarters.quarter_number,
        lot.age_years + quarters.quarter_number / 4 as age_then_years
    from steps.facility_start as starts
    join marts.facility_lot_value as lot
        on starts.facility_id = lot.facility_id and starts.balance_on = lot.balance_on
    cross join quarters
),

placed as (
    select
        aged.*,
        aged.age_then_years - floor(aged.age_then_years) as part_of_year
    from aged
)

select
    placed.facility_id,
    placed.lot_number,
    placed.accelerator,
    placed.quarter_number,
    placed.age_then_years as age_years,
    placed.lot_cost_usd * greatest(1 - placed.age_then_years / placed.depreciation_life_years, 0)
        as depreciated_cost_usd,
    (1 - placed.gpu_fraction) * placed.lot_cost_usd
    * greatest(1 - placed.age_then_years / placed.depreciation_life_years, 0) as other_value_usd,
    placed.gpu_estimate * (
        (1 - placed.part_of_year) * clocks.earned_usd_per_gpu
        + placed.part_of_year * clocks.older_earned_usd_per_gpu
    ) as earned_usd,
    placed.gpu_estimate * (
        (1 - placed.part_of_year) * clocks.spent_usd_per_gpu
        + placed.part_of_year * clocks.older_spent_usd_per_gpu
    ) as spent_usd,
    placed.annual_rent_kept_usd,
    placed.annual_cash_cost_usd,
    case
        when placed.market_missing_reason is not null then placed.market_missing_reason
        when clocks.accelerator is null then 'older than the income clock goes'
    end as market_missing_reason
from placed
left join steps.clock_age as clocks
    on placed.accelerator = clocks.accelerator
    and clocks.clock = 'income_market'
    and clocks.tier = 'neocloud'
    and placed.valued_on = clocks.period_end_on
    and floor(placed.age_then_years) = clocks.age_years
    and placed.age_then_years <= clocks.older_age_years
order by placed.facility_id, placed.lot_number, placed.quarter_number
