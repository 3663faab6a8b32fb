-- How much of its first rent an accelerator still earns, month by month: the median of the month's published
-- levels over the mean of the first three months published. `matched_retention_pct` is the same path of the
-- matched index, in which providers who come or go move nothing; where the two differ, the panel changed.
-- A path, not a law: it falls and rises. A month has a row when prices of its end, or later ones, are held.
-- grain: accelerator, tier, market, term_months, period_end_on
with newest as (
    select max(daily.observed_on) as observed_on
    from marts.gpu_price_daily as daily
),

levels as (
    select
        daily.accelerator,
        daily.tier,
        daily.market,
        daily.term_months,
        last_day(daily.observed_on) as period_end_on,
        median(daily.median_price_usd_per_gpu_hour) as rent,
        count(*) as day_count,
        max(daily.provider_count) as provider_count
    from marts.gpu_price_daily as daily
    join newest on last_day(daily.observed_on) <= newest.observed_on
    where daily.publication_status = 'published'
    and daily.basis = 'all_in'
    and daily.region_group = 'all'
    group by all
),

indexed as (
    select
        steps.accelerator,
        steps.tier,
        steps.market,
        steps.term_months,
        last_day(steps.observed_on) as period_end_on,
        median(steps.bridged_price_index) as price_index
    from marts.gpu_price_index as steps
    where steps.basis = 'all_in'
    group by all
),

numbered as (
    select
        levels.*,
        indexed.price_index,
        parts.available_on,
        parts.is_training_part,
        row_number() over series as month_number,
        min(levels.period_end_on) over series as first_on
    from levels
    left join indexed using (accelerator, tier, market, term_months, period_end_on)
    left join steps.part as parts on levels.accelerator = parts.accelerator
    window series as (
        partition by levels.accelerator, levels.tier, levels.market, levels.term_months
        order by levels.period_end_on
    )
),

based as (
    select
        *,
        avg(case when month_number <= 3 then rent end) over whole as first_rent,
        avg(case when month_number <= 3 then price_index end) over whole as first_index
    from numbered
    window whole as (partition by accelerator, tier, market, term_months)
)

select
    based.accelerator,
    based.tier,
    based.market,
    based.term_months,
    based.period_end_on,
    based.is_training_part,
    based.available_on,
    datediff('day', based.available_on, based.period_end_on) / 365.25 as age_years,
    datediff('month', based.available_on, based.period_end_on) as months_since_launch,
    datediff('month', based.first_on, based.period_end_on) as months_since_first,
    based.rent as rent_usd_per_gpu_hour,
    based.first_rent as first_rent_usd_per_gpu_hour,
    100 * based.rent / based.first_rent as retention_pct,
    100 * based.price_index / based.first_index as matched_retention_pct,
    based.day_count,
    based.provider_count
from based
order by
    based.accelerator, based.tier, based.market, based.term_months, based.period_end_on
