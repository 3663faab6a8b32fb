-- What each lot of a fleet is worth, one row per lot and clock (book, income_market, income_contract, resale),
-- at the newest month in which the clock is published. Values between whole years of age are interpolated.
-- Book writes the owner's own price off where it is given. breakeven_rent is the rent at which holding is worth no
-- more than selling at the executed resale price.
-- grain: lot_name, clock, tier
with newest as (
    select
        clocks.accelerator,
        clocks.clock,
        clocks.tier,
        max(clocks.period_end_on) as period_end_on
    from marts.residual_value as clocks
    where clocks.status = 'published'
    and clocks.age_years = 0
    and clocks.tier in ('any', 'neocloud', 'hyperscaler')
    group by all
),

aged as (
    select
        fleet.*,
        newest.clock,
        newest.tier,
        newest.period_end_on,
        greatest(datediff('day', fleet.bought_on, newest.period_end_on) / 365.25, 0) as age_years
    from fleet
    join newest on fleet.accelerator = newest.accelerator
),

neighbours as (
    select
        aged.*,
        case
            when clocks.age_years = floor(aged.age_years)
                then 1 - (aged.age_years - floor(aged.age_years))
            else aged.age_years - floor(aged.age_years)
        end as nearness,
        -- Book is a part of the price; of the owner's own where it is known.
        case when aged.clock = 'book' and aged.price_usd_per_gpu is not null
            then aged.price_usd_per_gpu / clocks.cost_usd_per_gpu else 1 end as own_price,
        clocks.value_usd_per_gpu,
        clocks.low_value_usd_per_gpu,
        clocks.high_value_usd_per_gpu,
        clocks.breakeven_rent_usd_per_gpu_hour,
        clocks.rent_usd_per_gpu_hour,
        clocks.sale_count,
        clocks.inputs_assumed
    from aged
    join marts.residual_value as clocks
        on aged.accelerator = clocks.accelerator
        and aged.clock = clocks.clock
        and aged.tier = clocks.tier
        and aged.period_end_on = clocks.period_end_on
        and clocks.age_years between floor(aged.age_years) and floor(aged.age_years) + 1
    where clocks.status = 'published'
),

valued as (
    select
        neighbours.lot_name,
        neighbours.clock,
        neighbours.tier,
        neighbours.period_end_on,
        max(neighbours.accelerator) as accelerator,
        max(neighbours.gpu_count) as gpu_count,
        max(neighbours.age_years) as age_years,
        sum(neighbours.nearness * neighbours.own_price * neighbours.value_usd_per_gpu)
            as value_usd_per_gpu,
        sum(neighbours.nearness * neighbours.own_price * neighbours.low_value_usd_per_gpu)
            as low_value_usd_per_gpu,
        sum(neighbours.nearness * neighbours.own_price * neighbours.high_value_usd_per_gpu)
            as high_value_usd_per_gpu,
        sum(neighbours.nearness * neighbours.breakeven_rent_usd_per_gpu_hour)
            as breakeven_rent_usd_per_gpu_hour,
        max(neighbours.rent_usd_per_gpu_hour) as rent_usd_per_gpu_hour,
        max(neighbours.sale_count) as sale_count,
        max(neighbours.inputs_assumed) as inputs_assumed
    from neighbours
    group by all
    having sum(neighbours.nearness) > 0.999
)

select
    fleet.lot_name,
    fleet.accelerator,
    fleet.gpu_count,
    fleet.bought_on,
    valued.clock,
    valued.tier,
    valued.period_end_on,
    valued.age_years,
    valued.value_usd_per_gpu,
    valued.low_value_usd_per_gpu,
    valued.high_value_usd_per_gpu,
    valued.value_usd_per_gpu * fleet.gpu_count as value_usd,
    valued.low_value_usd_per_gpu * fleet.gpu_count as low_value_usd,
    valued.high_value_usd_per_gpu * fleet.gpu_count as high_value_usd,
    valued.rent_usd_per_gpu_hour,
    valued.breakeven_rent_usd_per_gpu_hour,
    valued.sale_count,
    case when valued.clock is null
        then 'no clock is published for this accelerator at this age' end as withheld_reason,
    valued.inputs_assumed
from fleet
left join valued on fleet.lot_name = valued.lot_name
order by fleet.lot_name, valued.clock, valued.tier
