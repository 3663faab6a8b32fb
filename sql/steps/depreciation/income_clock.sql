-- What is left of an accelerator's net rent at a given age, by month and case (METHODS 5): the month's rent
-- (market clock: on demand as posted, times what operators realise of it; contract clock: a 12-month term,
-- times utilisation), falling at the through-cycle rate until rent meets cash cost or the machine is older
-- than any rented out so far, discounted. `earned` is proportional to the rent, `spent` is not, so a value at
-- another rent is `earned` in proportion less `spent`, never below nothing. `missing_inputs` says why it is
-- unknown.
-- grain: accelerator, clock, tier, period_end_on, age_years, value_case
with ages as (
    select unnest(generate_series(0, 8, 1))::double as age_years
),

years as (
    select unnest(generate_series(1, 12, 1))::double as year_number
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
        parts.tdp_w,
        cases.discount_fraction as discount_rate,
        cases.cash_cost_usd_per_kw_hour * (parts.tdp_w / 1000.0) as cash_cost,
        (1 - cases.overhead_fraction)
        * case when levels.clock = 'income_market' then cases.realisation_fraction
            else cases.utilisation_fraction end as margin,
        -ln(
            1 + case cases.value_case
                when 'low' then decline.interval_low_rate_pct_per_year
                when 'high' then decline.interval_high_rate_pct_per_year
                else decline.rate_pct_per_year
            end / 100
        ) as decline,
        case
            when cases.value_case = 'low' then least(
                coalesce(decline.longest_life_years, oldest.oldest_years), oldest.oldest_years
            )
            else oldest.oldest_years
        end as longest_use
    from levels
    cross join steps.income_case as cases
    join steps.part as parts using (accelerator)
    left join steps.decline as decline using (period_end_on)
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
)

select
    aged.accelerator,
    aged.clock,
    aged.tier,
    aged.period_end_on,
    aged.age_years,
    aged.value_case,
    -- Without rent above cash cost the machine is switched off: worth nothing, never less.
    case when summed.earned > summed.spent then summed.earned - summed.spent
        when summed.earned <= summed.spent then 0 end as value_usd_per_gpu,
    summed.earned as earned_usd_per_gpu,
    summed.spent as spent_usd_per_gpu,
    aged.rent as rent_usd_per_gpu_hour,
    aged.on_demand_rent as on_demand_rent_usd_per_gpu_hour,
    8766 * aged.rent * aged.margin as rent_kept_usd_per_gpu_year,
    8766 * aged.cash_cost as cash_cost_usd_per_gpu_year,
    aged.years_left as economic_years_left,
    nullif(
        concat_ws(
            '; ',
            case when aged.tdp_w is null then 'rated power' end,
            case when aged.decline is null then 'rate of decline' end,
            case when aged.cash_cost is null and aged.tdp_w is not null then 'cash cost' end,
            case when aged.margin is null then 'margin' end,
            case when aged.discount_rate is null then 'discount rate' end,
            case when aged.longest_use is null then 'longest use' end
        ),
        ''
    ) as missing_inputs
from aged
join summed using (accelerator, clock, tier, age_years, period_end_on, value_case)
order by
    aged.accelerator, aged.clock, aged.tier, aged.period_end_on, aged.age_years, aged.value_case
