-- What an accelerator of a given age is worth at a month's end, by three clocks that are never blended
-- (METHODS 5). Book: straight line over the lives companies file. Income: what is left of its net rent, at
-- the month's rent (market clock: on-demand as posted, times what operators realise of it; contract clock:
-- a 12-month term, times utilisation), falling at the through-cycle rate of depreciation_rate until rent
-- meets cash cost, discounted. Resale: the newest executed median of three sales or more within a year,
-- which says nothing about the age of the machines sold.
-- Low and high move every input with a cited range to its bad or its good end, and the rate to the ends of its 90 %
-- band. `inputs_assumed` lists what is not measured. Costs are as last known, whatever the month.
-- grain: accelerator, clock, tier, age_years, period_end_on
with newest_inputs as (
    select
        inputs.input,
        inputs.base_value,
        coalesce(inputs.low_value, inputs.base_value) as low_value,
        coalesce(inputs.high_value, inputs.base_value) as high_value
    from staging.cost_inputs as inputs
    qualify row_number() over (
        partition by inputs.input
        order by inputs.known_at desc, inputs.scope
    ) = 1
),

-- One row per case: low takes dear facilities and little realised rent.
cases as (
    select
        'base' as value_case,
        max(case when input = 'facility-cash-cost' then base_value end) as cash_cost_per_kw_hour,
        max(case when input = 'overhead-share' then base_value end) / 100 as overhead,
        max(case when input = 'realisation' then base_value end) / 100 as realisation,
        max(case when input = 'utilisation' then base_value end) / 100 as utilisation,
        max(case when input = 'incremental-borrowing-rate' then base_value end) / 100
            as discount_rate
    from newest_inputs
    union all
    select
        'low' as value_case,
        max(case when input = 'facility-cash-cost' then high_value end) as cash_cost_per_kw_hour,
        max(case when input = 'overhead-share' then high_value end) / 100 as overhead,
        max(case when input = 'realisation' then low_value end) / 100 as realisation,
        max(case when input = 'utilisation' then low_value end) / 100 as utilisation,
        max(case when input = 'incremental-borrowing-rate' then high_value end) / 100
            as discount_rate
    from newest_inputs
    union all
    select
        'high' as value_case,
        max(case when input = 'facility-cash-cost' then low_value end) as cash_cost_per_kw_hour,
        max(case when input = 'overhead-share' then low_value end) / 100 as overhead,
        max(case when input = 'realisation' then high_value end) / 100 as realisation,
        max(case when input = 'utilisation' then high_value end) / 100 as utilisation,
        max(case when input = 'incremental-borrowing-rate' then low_value end) / 100
            as discount_rate
    from newest_inputs
),

ages as (
    select unnest(generate_series(0, 8, 1))::double as age_years
),

years as (
    select unnest(generate_series(1, 12, 1))::double as year_number
),

new_prices as (
    select
        prices.accelerator,
        prices.price_usd_per_gpu,
        prices.price_kind || ', ' || prices.price_scope as cost_basis
    from staging.hardware_prices as prices
    where prices.condition = 'new'
    qualify row_number() over (
        partition by prices.accelerator
        order by prices.priced_on desc, prices.price_kind
    ) = 1
),

parts as (
    select
        specs.accelerator,
        specs.available_on,
        specs.tdp_w / 1000.0 as tdp_kw,
        coalesce(new_prices.price_usd_per_gpu, specs.launch_price_usd) as cost,
        coalesce(
            new_prices.cost_basis,
            case when specs.launch_price_usd is not null then 'launch price, card' end
        ) as cost_basis
    from staging.accelerators as specs
    left join new_prices using (accelerator)
),

rates as (
    select
        rate.period_end_on,
        max(case when rate.method = 'pooled_through_cycle' then rate.rate_pct_per_year end)
            as base_rate,
        max(
            case when rate.method = 'pooled_through_cycle'
                then rate.interval_low_rate_pct_per_year end
        ) as low_rate,
        max(
            case when rate.method = 'pooled_through_cycle'
                then rate.interval_high_rate_pct_per_year end
        ) as high_rate,
        max(case when rate.method = 'book' then -100 / rate.rate_pct_per_year end) as median_life,
        max(case when rate.method = 'book' then -100 / rate.interval_low_rate_pct_per_year end)
            as shortest_life,
        max(case when rate.method = 'book' then -100 / rate.interval_high_rate_pct_per_year end)
            as longest_life
    from marts.depreciation_rate as rate
    where rate.accelerator = 'all'
    and rate.status = 'published'
    group by rate.period_end_on
),

-- The oldest accelerator rented out so far bounds how long any can be: measured, not assumed.
oldest as (
    select
        lived.period_end_on,
        max(max(lived.age_years)) over (order by lived.period_end_on) as oldest_years
    from marts.rent_cohort as lived
    group by lived.period_end_on
),

levels as (
    select
        cohort.accelerator,
        cohort.tier,
        cohort.period_end_on,
        case when cohort.market = 'on_demand' then 'income_market' else 'income_contract' end
            as clock,
        case when cohort.market = 'on_demand' then 0.0 else 1.0 end as tenor_years,
        cohort.rent_usd_per_gpu_hour as rent,
        max(case when cohort.market = 'on_demand' then cohort.rent_usd_per_gpu_hour end) over (
            partition by cohort.accelerator, cohort.tier, cohort.period_end_on
        ) as on_demand_rent
    from marts.rent_cohort as cohort
    where (cohort.market = 'on_demand' and cohort.term_months = 0)
    or (cohort.market = 'reserved' and cohort.term_months = 12)
),

priced as (
    select
        levels.*,
        cases.value_case,
        parts.tdp_kw,
        parts.cost,
        parts.cost_basis,
        cases.discount_rate,
        cases.cash_cost_per_kw_hour * parts.tdp_kw as cash_cost,
        (1 - cases.overhead)
        * case when levels.clock = 'income_market' then cases.realisation else cases.utilisation end
            as margin,
        -ln(
            1 + case cases.value_case
                when 'low' then rates.low_rate
                when 'high' then rates.high_rate
                else rates.base_rate
            end / 100
        ) as decline,
        case
            when cases.value_case = 'low'
                then least(coalesce(rates.longest_life, oldest.oldest_years), oldest.oldest_years)
            else oldest.oldest_years
        end as longest_use
    from levels
    cross join cases
    join parts using (accelerator)
    left join rates using (period_end_on)
    left join oldest using (period_end_on)
),

-- Years until the rent kept per hour has fallen to the cash cost of the hour.
lived as (
    select
        priced.*,
        case
            when priced.rent * priced.margin <= priced.cash_cost then 0
            when priced.decline > 0
                then priced.tenor_years
                    + ln(priced.rent * priced.margin / priced.cash_cost) / priced.decline
            when priced.decline is not null then 99
        end as years_to_cash_cost
    from priced
),

aged as (
    select
        lived.*,
        ages.age_years,
        greatest(least(lived.years_to_cash_cost, lived.longest_use - ages.age_years, 12), 0)
            as years_left
    from lived
    cross join ages
),

-- The part of each year to come in which the machine still earns, and the middle of that part.
flows as (
    select
        aged.*,
        greatest(least(aged.years_left - years.year_number + 1, 1), 0) as used,
        years.year_number - 1
        + greatest(least(aged.years_left - years.year_number + 1, 1), 0) / 2 as middle
    from aged
    cross join years
),

summed as (
    select
        flows.accelerator,
        flows.clock,
        flows.tier,
        flows.age_years,
        flows.period_end_on,
        flows.value_case,
        -- Value is earned - spent, and earned is proportional to the rent.
        sum(
            8766 * flows.used * flows.margin * flows.rent
            * exp(-flows.decline * greatest(flows.middle - flows.tenor_years, 0))
            / pow(1 + flows.discount_rate, flows.middle)
        ) as earned,
        sum(8766 * flows.used * flows.cash_cost / pow(1 + flows.discount_rate, flows.middle))
            as spent
    from flows
    group by
        flows.accelerator,
        flows.clock,
        flows.tier,
        flows.age_years,
        flows.period_end_on,
        flows.value_case
),

-- Without rent above cash cost the machine is switched off: worth nothing, never less.
income as (
    select
        aged.accelerator,
        aged.clock,
        aged.tier,
        aged.age_years,
        aged.period_end_on,
        max(aged.rent) as rent,
        max(aged.on_demand_rent) as on_demand_rent,
        max(aged.cost) as cost,
        max(aged.cost_basis) as cost_basis,
        max(case when aged.value_case = 'base' then aged.years_left end) as years_left,
        max(case when aged.value_case = 'base' then greatest(summed.earned - summed.spent, 0) end)
            as base_value,
        max(case when aged.value_case = 'low' then greatest(summed.earned - summed.spent, 0) end)
            as low_value,
        max(case when aged.value_case = 'high' then greatest(summed.earned - summed.spent, 0) end)
            as high_value,
        max(case when aged.value_case = 'base' then summed.earned end) as earned,
        max(case when aged.value_case = 'base' then summed.spent end) as spent,
        max(case when aged.value_case = 'base' then 8766 * aged.rent * aged.margin end)
            as rent_kept,
        max(case when aged.value_case = 'base' then 8766 * aged.cash_cost end) as cash_cost,
        max(
            concat_ws(
                '; ',
                case when aged.tdp_kw is null then 'rated power' end,
                case when aged.decline is null then 'rate of decline' end,
                case when aged.cash_cost is null and aged.tdp_kw is not null
                    then 'cash cost' end,
                case when aged.margin is null then 'margin' end,
                case when aged.discount_rate is null then 'discount rate' end,
                case when aged.longest_use is null then 'longest use' end
            )
        ) as missing
    from aged
    join summed using (accelerator, clock, tier, age_years, period_end_on, value_case)
    group by
        aged.accelerator, aged.clock, aged.tier, aged.age_years, aged.period_end_on
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
    join rates as months
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
            when income.missing <> '' then 'missing: ' || income.missing
            -- A commitment that costs more than none compares other providers or regions.
            when income.clock = 'income_contract' and income.rent > income.on_demand_rent
                then 'the 12-month term rents above on demand'
        end as withheld_reason,
        income.base_value,
        income.low_value,
        income.high_value,
        income.cost,
        income.cost_basis,
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
    left join sales using (accelerator, period_end_on)
    union all
    select
        parts.accelerator,
        'book' as clock,
        'any' as tier,
        ages.age_years,
        rates.period_end_on,
        cast(null as varchar) as withheld_reason,
        parts.cost * greatest(1 - ages.age_years / rates.median_life, 0) as base_value,
        parts.cost * greatest(1 - ages.age_years / rates.shortest_life, 0) as low_value,
        parts.cost * greatest(1 - ages.age_years / rates.longest_life, 0) as high_value,
        parts.cost,
        parts.cost_basis,
        cast(null as double) as rent,
        greatest(rates.median_life - ages.age_years, 0) as years_left,
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
    from parts
    cross join rates
    cross join ages
    where parts.cost is not null
    and rates.median_life is not null
    and parts.available_on <= rates.period_end_on
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
        parts.cost,
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
    join parts using (accelerator)
    cross join ages
)

select
    clocks.accelerator,
    clocks.clock,
    clocks.tier,
    clocks.age_years,
    clocks.period_end_on,
    case when clocks.withheld_reason is null then 'published' else 'withheld' end as status,
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
