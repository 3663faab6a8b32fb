-- What an accelerator of a given age is worth at a month's end, by three clocks that are never blended
-- (METHODS 5). Book: straight line over the lives companies file. Income: what is left of its net rent, at
-- the month's rent (market clock: on-demand as posted, times what operators realise of it; contract clock:
-- a 12-month term, times utilisation), falling at the through-cycle rate of depreciation_rate until rent
-- meets cash cost, discounted. Resale: the newest executed median of three sales or more within a year,
-- which says nothing about the age of the machines sold.
-- Low and high move every input with a cited range to its bad or its good end, and the rate to the ends of its 90 %
-- band. `inputs_assumed` lists what is not measured. Costs are as last known, whatever the month.
-- grain: accelerator, clock, tier, age_years, period_end_on
with ages as (
    select unnest(generate_series(0, 8, 1))::double as age_years
),

income as (
    select
        income.accelerator,
        income.clock,
        income.tier,
        income.age_years,
        income.period_end_on,
        max(case when income.value_case = 'base' then income.value_usd_per_gpu end) as base_value,
        max(case when income.value_case = 'low' then income.value_usd_per_gpu end) as low_value,
        max(case when income.value_case = 'high' then income.value_usd_per_gpu end) as high_value,
        max(case when income.value_case = 'base' then income.earned_usd_per_gpu end) as earned,
        max(case when income.value_case = 'base' then income.spent_usd_per_gpu end) as spent,
        max(case when income.value_case = 'base' then income.rent_kept_usd_per_gpu_year end)
            as rent_kept,
        max(case when income.value_case = 'base' then income.cash_cost_usd_per_gpu_year end)
            as cash_cost,
        max(case when income.value_case = 'base' then income.economic_years_left end)
            as years_left,
        max(income.rent_usd_per_gpu_hour) as rent,
        max(income.on_demand_rent_usd_per_gpu_hour) as on_demand_rent,
        max(income.missing_inputs) as missing_inputs
    from steps.income_clock as income
    group by
        income.accelerator, income.clock, income.tier, income.age_years, income.period_end_on
),

sales as (
    select
        prices.accelerator,
        months.period_end_on,
        prices.priced_on,
        prices.price_usd_per_gpu as price,
        prices.sale_count,
        prices.condition,
        prices.lot,
        prices.source_url
    from staging.hardware_prices as prices
    join steps.decline as months
        on prices.priced_on <= months.period_end_on
        and prices.priced_on > months.period_end_on - interval 366 day
    where prices.price_kind = 'executed_resale'
    and prices.statistic = 'median'
    qualify row_number() over (
        partition by prices.accelerator, months.period_end_on
        order by prices.priced_on desc, prices.sale_count desc
    ) = 1
),

clocks as (
    select
        income.accelerator,
        income.clock,
        income.tier,
        income.age_years,
        income.period_end_on,
        case
            when income.missing_inputs is not null then 'missing: ' || income.missing_inputs
            -- A commitment that costs more than none compares other providers or regions.
            when income.clock = 'income_contract' and income.rent > income.on_demand_rent
                then 'the 12-month term rents above on demand'
        end as withheld_reason,
        income.base_value,
        income.low_value,
        income.high_value,
        parts.cost_usd_per_gpu as cost,
        parts.cost_basis,
        income.rent,
        income.years_left,
        -- Rent at which the income left equals the executed price, its length of use held.
        case when sales.sale_count >= 3
            then income.rent * (sales.price + income.spent) / nullif(income.earned, 0)
        end as breakeven_rent,
        income.earned,
        income.spent,
        income.rent_kept,
        income.cash_cost,
        cast(null as bigint) as sale_count,
        cast(null as varchar) as condition,
        cast(null as varchar) as lot,
        cast(null as date) as priced_on,
        'share of posted rent realised, overhead, facility cost and discount rate (cost_inputs); '
        || 'through-cycle decline of all training parts; longest use so far' as inputs_assumed
    from income
    join steps.part as parts using (accelerator)
    left join sales using (accelerator, period_end_on)
    union all
    select
        parts.accelerator,
        'book' as clock,
        'any' as tier,
        ages.age_years,
        decline.period_end_on,
        cast(null as varchar) as withheld_reason,
        parts.cost_usd_per_gpu * greatest(1 - ages.age_years / decline.median_life_years, 0) as base_value,
        parts.cost_usd_per_gpu * greatest(1 - ages.age_years / decline.shortest_life_years, 0) as low_value,
        parts.cost_usd_per_gpu * greatest(1 - ages.age_years / decline.longest_life_years, 0) as high_value,
        parts.cost_usd_per_gpu as cost,
        parts.cost_basis,
        cast(null as double) as rent,
        greatest(decline.median_life_years - ages.age_years, 0) as years_left,
        cast(null as double) as breakeven_rent,
        cast(null as double) as earned,
        cast(null as double) as spent,
        cast(null as double) as rent_kept,
        cast(null as double) as cash_cost,
        cast(null as bigint) as sale_count,
        cast(null as varchar) as condition,
        cast(null as varchar) as lot,
        cast(null as date) as priced_on,
        'median, shortest and longest life companies file; nothing left at its end'
            as inputs_assumed
    from steps.part as parts
    cross join steps.decline as decline
    cross join ages
    where parts.cost_usd_per_gpu is not null
    and decline.median_life_years is not null
    and parts.available_on <= decline.period_end_on
    union all
    select
        sales.accelerator,
        'resale' as clock,
        'any' as tier,
        ages.age_years,
        sales.period_end_on,
        case
            when coalesce(sales.sale_count, 0) < 3 then 'fewer than 3 sales'
            -- Up to the next whole year, so that a reader can take the value between two.
            when ages.age_years
                >= datediff('day', parts.available_on, sales.period_end_on) / 365.25 + 1
                then 'no machine is that old yet'
        end as withheld_reason,
        sales.price as base_value,
        cast(null as double) as low_value,
        cast(null as double) as high_value,
        parts.cost_usd_per_gpu as cost,
        parts.cost_basis,
        cast(null as double) as rent,
        cast(null as double) as years_left,
        cast(null as double) as breakeven_rent,
        cast(null as double) as earned,
        cast(null as double) as spent,
        cast(null as double) as rent_kept,
        cast(null as double) as cash_cost,
        sales.sale_count,
        sales.condition,
        sales.lot,
        sales.priced_on,
        'price of any age; single medians without a band' as inputs_assumed
    from sales
    join steps.part as parts using (accelerator)
    cross join ages
)

select
    clocks.accelerator,
    clocks.clock,
    clocks.tier,
    clocks.age_years,
    clocks.period_end_on,
    case when clocks.withheld_reason is null then 'published' else 'withheld' end as publication_status,
    clocks.withheld_reason,
    case when clocks.withheld_reason is null then clocks.base_value end as value_usd_per_gpu,
    case when clocks.withheld_reason is null then clocks.low_value end as low_value_usd_per_gpu,
    case when clocks.withheld_reason is null then clocks.high_value end as high_value_usd_per_gpu,
    case when clocks.withheld_reason is null then 100 * clocks.base_value / clocks.cost end
        as value_pct_of_cost,
    case when clocks.withheld_reason is null then 100 * clocks.low_value / clocks.cost end
        as low_value_pct_of_cost,
    case when clocks.withheld_reason is null then 100 * clocks.high_value / clocks.cost end
        as high_value_pct_of_cost,
    clocks.cost as cost_usd_per_gpu,
    clocks.cost_basis,
    clocks.rent as rent_usd_per_gpu_hour,
    clocks.years_left as economic_years_left,
    case when clocks.withheld_reason is null then clocks.breakeven_rent end
        as breakeven_rent_usd_per_gpu_hour,
    case when clocks.withheld_reason is null then clocks.earned end as earned_usd_per_gpu,
    case when clocks.withheld_reason is null then clocks.spent end as spent_usd_per_gpu,
    case when clocks.withheld_reason is null then clocks.rent_kept end
        as rent_kept_usd_per_gpu_year,
    case when clocks.withheld_reason is null then clocks.cash_cost end
        as cash_cost_usd_per_gpu_year,
    clocks.sale_count,
    clocks.condition,
    clocks.lot,
    clocks.priced_on,
    clocks.inputs_assumed
from clocks
order by
    clocks.accelerator, clocks.clock, clocks.tier, clocks.period_end_on, clocks.age_years
