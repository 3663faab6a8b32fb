-- What each lot of a fleet is worth: one row per lot, clock (book, income_market, income_contract, resale) and
-- tier, from the newest month in which that clock is published; a clock that says nothing has one row that
-- says why. Values between whole years of age are interpolated. Book writes off the owner's own price where
-- it is given, by the same lives. breakeven_rent is the rent at which holding is worth the executed resale
-- price: weighted by what the machine earns, so that it equals the rent exactly where income equals that price.
-- grain: lot_name, clock, tier
with clock_kinds as (
    select
        kinds.clock,
        kinds.absent_reason
    from (
        values
            ('book', 'no price of a new one is cited: give price_usd_per_gpu'),
            ('income_market', 'no on-demand rent is published'),
            ('income_contract', 'no rent for a 12-month term is published'),
            ('resale', 'no executed sale of the last year is cited')
    ) as kinds (clock, absent_reason)
),

newest as (
    select
        clocks.accelerator,
        clocks.clock,
        clocks.tier,
        max(clocks.period_end_on) as period_end_on,
        max(max(clocks.period_end_on)) over () as newest_on
    from steps.clock_age as clocks
    group by clocks.accelerator, clocks.clock, clocks.tier
),

-- Book is a part of a price, the same for every accelerator of a month: it needs no price of ours.
book_parts as (
    select
        clocks.period_end_on,
        clocks.age_years,
        clocks.older_age_years,
        max(clocks.value_usd_per_gpu / clocks.cost_usd_per_gpu) as part,
        max(clocks.low_value_usd_per_gpu / clocks.cost_usd_per_gpu) as low_part,
        max(clocks.high_value_usd_per_gpu / clocks.cost_usd_per_gpu) as high_part,
        max(clocks.older_value_usd_per_gpu / clocks.cost_usd_per_gpu) as older_part,
        max(clocks.older_low_value_usd_per_gpu / clocks.cost_usd_per_gpu) as older_low_part,
        max(clocks.older_high_value_usd_per_gpu / clocks.cost_usd_per_gpu) as older_high_part,
        max(clocks.inputs_assumed) as inputs_assumed
    from steps.clock_age as clocks
    where clocks.clock = 'book'
    group by clocks.period_end_on, clocks.age_years, clocks.older_age_years
    qualify clocks.period_end_on = max(clocks.period_end_on) over ()
),

curves as (
    select
        fleet.lot_name,
        fleet.bought_on,
        newest.clock,
        newest.tier,
        newest.period_end_on,
        newest.newest_on,
        clocks.age_years as from_years,
        clocks.older_age_years as to_years,
        clocks.value_usd_per_gpu as value,
        clocks.low_value_usd_per_gpu as low_value,
        clocks.high_value_usd_per_gpu as high_value,
        clocks.older_value_usd_per_gpu as older_value,
        clocks.older_low_value_usd_per_gpu as older_low_value,
        clocks.older_high_value_usd_per_gpu as older_high_value,
        clocks.rent_usd_per_gpu_hour,
        clocks.breakeven_rent_usd_per_gpu_hour as breakeven,
        clocks.older_breakeven_rent_usd_per_gpu_hour as older_breakeven,
        clocks.earned_usd_per_gpu as earned,
        clocks.older_earned_usd_per_gpu as older_earned,
        clocks.cost_usd_per_gpu,
        clocks.cost_basis,
        clocks.sale_count,
        clocks.condition,
        clocks.lot,
        clocks.priced_on,
        clocks.inputs_assumed
    from fleet
    join newest on fleet.accelerator = newest.accelerator
    join steps.clock_age as clocks
        on newest.accelerator = clocks.accelerator
        and newest.clock = clocks.clock
        and newest.tier = clocks.tier
        and newest.period_end_on = clocks.period_end_on
    where newest.clock <> 'book' or fleet.price_usd_per_gpu is null
    union all
    select
        fleet.lot_name,
        fleet.bought_on,
        'book' as clock,
        'any' as tier,
        book_parts.period_end_on,
        book_parts.period_end_on as newest_on,
        book_parts.age_years as from_years,
        book_parts.older_age_years as to_years,
        fleet.price_usd_per_gpu * book_parts.part as value,
        fleet.price_usd_per_gpu * book_parts.low_part as low_value,
        fleet.price_usd_per_gpu * book_parts.high_part as high_value,
        fleet.price_usd_per_gpu * book_parts.older_part as older_value,
        fleet.price_usd_per_gpu * book_parts.older_low_part as older_low_value,
        fleet.price_usd_per_gpu * book_parts.older_high_part as older_high_value,
        cast(null as double) as rent_usd_per_gpu_hour,
        cast(null as double) as breakeven,
        cast(null as double) as older_breakeven,
        cast(null as double) as earned,
        cast(null as double) as older_earned,
        fleet.price_usd_per_gpu as cost_usd_per_gpu,
        'own price' as cost_basis,
        cast(null as bigint) as sale_count,
        cast(null as varchar) as condition,
        cast(null as varchar) as lot,
        cast(null as date) as priced_on,
        book_parts.inputs_assumed
    from fleet
    cross join book_parts
    where fleet.price_usd_per_gpu is not null
),

aged as (
    select
        curves.*,
        greatest(datediff('day', curves.bought_on, curves.period_end_on) / 365.25, 0) as age_years,
        max(curves.to_years) over (
            partition by curves.lot_name, curves.clock, curves.tier
        ) as last_age_years
    from curves
),

placed as (
    select
        aged.*,
        aged.age_years - floor(aged.age_years) as part_of_year
    from aged
    where floor(aged.age_years) = aged.from_years
    and aged.age_years <= aged.to_years
    -- A rent or sale of more than a year before the newest month is no value of today.
    and aged.period_end_on > aged.newest_on - interval 366 day
),

valued as (
    select
        placed.lot_name,
        placed.clock,
        placed.tier,
        placed.period_end_on,
        placed.age_years,
        (1 - placed.part_of_year) * placed.value + placed.part_of_year * placed.older_value
            as value_usd_per_gpu,
        (1 - placed.part_of_year) * placed.low_value + placed.part_of_year * placed.older_low_value
            as low_value_usd_per_gpu,
        (1 - placed.part_of_year) * placed.high_value
        + placed.part_of_year * placed.older_high_value as high_value_usd_per_gpu,
        placed.rent_usd_per_gpu_hour,
        case
            when placed.part_of_year = 0 then placed.breakeven
            else (
                (1 - placed.part_of_year) * placed.earned * placed.breakeven
                + placed.part_of_year * placed.older_earned * placed.older_breakeven
            ) / (
                (1 - placed.part_of_year) * placed.earned
                + placed.part_of_year * placed.older_earned
            )
        end as breakeven_rent_usd_per_gpu_hour,
        placed.cost_usd_per_gpu,
        placed.cost_basis,
        placed.sale_count,
        placed.condition,
        placed.lot,
        placed.priced_on,
        placed.inputs_assumed
    from placed
),

-- Why a curve says nothing of a lot, over all tiers.
silent as (
    select
        aged.lot_name,
        aged.clock,
        case when max(aged.period_end_on) <= max(aged.newest_on) - interval 366 day
            then 'last published for ' || cast(max(aged.period_end_on) as varchar)
        else 'no value is published for a machine of '
            || cast(cast(max(aged.age_years) as decimal(9, 1)) as varchar)
            || ' years: the clock ends at '
            || cast(cast(max(aged.last_age_years) as bigint) as varchar)
        end as silent_reason
    from aged
    group by aged.lot_name, aged.clock
),

withheld as (
    select
        clocks.accelerator,
        clocks.clock,
        clocks.withheld_reason || ', at ' || cast(clocks.period_end_on as varchar)
            as withheld_reason
    from marts.residual_value as clocks
    where clocks.publication_status = 'withheld'
    qualify row_number() over (
        partition by clocks.accelerator, clocks.clock
        order by clocks.period_end_on desc, clocks.tier, clocks.age_years
    ) = 1
)

select
    fleet.lot_name,
    fleet.accelerator,
    fleet.gpu_count,
    fleet.bought_on,
    clock_kinds.clock,
    valued.tier,
    valued.period_end_on,
    valued.age_years,
    case when valued.clock is null then 'withheld' else 'published' end as publication_status,
    case when valued.clock is null
        then coalesce(silent.silent_reason, withheld.withheld_reason, clock_kinds.absent_reason)
    end as withheld_reason,
    valued.value_usd_per_gpu,
    valued.low_value_usd_per_gpu,
    valued.high_value_usd_per_gpu,
    valued.value_usd_per_gpu * fleet.gpu_count as value_usd,
    valued.low_value_usd_per_gpu * fleet.gpu_count as low_value_usd,
    valued.high_value_usd_per_gpu * fleet.gpu_count as high_value_usd,
    valued.rent_usd_per_gpu_hour,
    valued.breakeven_rent_usd_per_gpu_hour,
    valued.cost_usd_per_gpu,
    valued.cost_basis,
    valued.sale_count,
    valued.condition,
    valued.lot,
    valued.priced_on,
    valued.inputs_assumed
from fleet
cross join clock_kinds
left join valued
    on fleet.lot_name = valued.lot_name
    and clock_kinds.clock = valued.clock
left join silent
    on fleet.lot_name = silent.lot_name
    and clock_kinds.clock = silent.clock
left join withheld
    on fleet.accelerator = withheld.accelerator
    and clock_kinds.clock = withheld.clock
order by fleet.lot_name, clock_kinds.clock, valued.tier
