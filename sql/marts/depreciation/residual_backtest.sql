-- What past rows of depreciation_rate said a price would be 6, 12 and 24 months on, against what it was: a
-- rolling origin, each forecast from what was known at its month's end (METHODS 5). Rents of neoclouds and
-- marketplaces, rents of hyperscalers and executed resale prices are told apart (`price_segment`). The outcome of a
-- rent is the median over the segment's providers that priced the accelerator on demand in both months, so
-- that nobody who comes or goes counts as a change. It is scored (`is_scored`) only where somebody could have
-- changed a price: one of them changed some on-demand price of its own, of whatever accelerator, in between.
-- Scored where the accelerator had twelve months of prices, on the same origins for every method and for the
-- baselines: no change and a fall of 26 % a year, and on resale values a straight line to nothing in six
-- years, which is a rule for book value and not for rent. Printed whichever wins.
-- The band joins that of the rate and what the fit leaves over, both at 90 %.
-- grain: price_segment, accelerator, method, horizon_months, period_end_on
with months as (
    select
        prices.accelerator,
        prices.provider,
        case when prices.tier = 'hyperscaler' then 'hyperscaler' else 'neocloud_marketplace' end
            as price_segment,
        last_day(prices.observed_on) as period_end_on,
        median(prices.price_usd_per_gpu_hour) as price,
        max(prices.confirmed_on) as confirmed_on
    from marts.provider_price_daily as prices
    where prices.sighting_status = 'confirmed'
    and prices.basis = 'all_in'
    and prices.market = 'on_demand'
    and prices.term_months = 0
    group by all
),

-- Months in which a provider changed a price of its own since the last month it was seen.
changes as (
    select distinct
        steps.provider,
        steps.period_end_on
    from (
        select
            months.provider,
            months.period_end_on,
            months.price,
            lag(months.price) over (
                partition by months.provider, months.accelerator order by months.period_end_on
            ) as price_before
        from months
    ) as steps
    where abs(ln(steps.price / steps.price_before)) > 0.001
),

horizons as (
    select unnest([6, 12, 24])::bigint as horizon_months
),

-- A month that is not over has no outcome yet; rates are only made of months that are.
ended as (
    select max(rate.period_end_on) as newest_on
    from marts.depreciation_rate as rate
),

pairs as (
    select
        origin.accelerator,
        origin.price_segment,
        origin.provider,
        origin.period_end_on,
        horizons.horizon_months,
        target.period_end_on as target_on,
        ln(target.price / origin.price) as log_change,
        max(providers.known_at) as known_at,
        max(greatest(origin.confirmed_on, target.confirmed_on)) as confirmed_on,
        max(changes.period_end_on) is not null as has_repriced
    from months as origin
    cross join horizons
    join months as target
        on origin.accelerator = target.accelerator
        and origin.provider = target.provider
        and target.period_end_on
            = last_day(
                (date_trunc('month', origin.period_end_on)
                    + horizons.horizon_months * interval 1 month)::date
            )
    join ended on target.period_end_on <= ended.newest_on
    join staging.providers as providers on origin.provider = providers.provider
    left join changes
        on origin.provider = changes.provider
        and changes.period_end_on > origin.period_end_on
        and changes.period_end_on <= target.period_end_on
    group by all
),

sales as (
    select
        prices.accelerator,
        last_day(prices.priced_on) as period_end_on,
        median(prices.price_usd_per_gpu) as price,
        max(prices.known_at) as known_at
    from staging.hardware_prices as prices
    where prices.price_kind = 'executed_resale'
    and prices.statistic = 'median'
    and prices.sale_count >= 3
    group by all
),

outcomes as (
    select
        pairs.accelerator,
        pairs.price_segment,
        pairs.period_end_on,
        pairs.horizon_months,
        pairs.target_on,
        exp(median(pairs.log_change)) as actual_ratio,
        count(*) as provider_count,
        count(case when pairs.has_repriced then 1 end) as repriced_provider_count,
        greatest(
            max(pairs.known_at),
            cast((max(pairs.confirmed_on) + interval 1 day)::date::timestamp at time zone 'UTC' as timestamptz)
        ) as seen_known_at
    from pairs
    group by all
    union all
    select
        origin.accelerator,
        'resale' as price_segment,
        origin.period_end_on,
        horizons.horizon_months,
        target.period_end_on as target_on,
        target.price / origin.price as actual_ratio,
        cast(null as bigint) as provider_count,
        cast(null as bigint) as repriced_provider_count,
        greatest(origin.known_at, target.known_at) as seen_known_at
    from sales as origin
    cross join horizons
    join sales as target
        on origin.accelerator = target.accelerator
        and abs(
            datediff('month', origin.period_end_on, target.period_end_on) - horizons.horizon_months
        ) <= 1
    qualify row_number() over (
        partition by origin.accelerator, origin.period_end_on, horizons.horizon_months
        order by
            abs(datediff('month', origin.period_end_on, target.period_end_on) - horizons.horizon_months),
            target.period_end_on
    ) = 1
),

own as (
    select rate.*
    from marts.depreciation_rate as rate
    where rate.publication_status = 'published'
    and rate.method in ('cohort', 'cohort_piecewise', 'shrunk')
),

origins as (
    select
        outcomes.*,
        outcomes.horizon_months / 12.0 as years,
        datediff('day', specs.available_on, outcomes.period_end_on) / 365.25 as age_years,
        specs.known_at as specs_known_at
    from outcomes
    left join own
        on outcomes.accelerator = own.accelerator
        and outcomes.period_end_on = own.period_end_on
        and own.method = 'cohort'
    left join staging.accelerators as specs on outcomes.accelerator = specs.accelerator
    where own.accelerator is not null or outcomes.price_segment = 'resale'
),

rates as (
    select
        own.accelerator,
        own.period_end_on,
        own.method,
        own.rate_pct_per_year,
        own.interval_low_rate_pct_per_year,
        own.interval_high_rate_pct_per_year,
        own.residual_error
    from own
    union all
    select
        origins.accelerator,
        origins.period_end_on,
        pooled.method,
        pooled.rate_pct_per_year,
        pooled.interval_low_rate_pct_per_year,
        pooled.interval_high_rate_pct_per_year,
        pooled.residual_error
    from (select distinct accelerator, period_end_on from origins) as origins
    join marts.depreciation_rate as pooled using (period_end_on)
    where pooled.accelerator = 'all'
    and pooled.publication_status = 'published'
    and pooled.method in ('cross_section', 'pooled_through_cycle')
),

forecasts as (
    select
        origins.*,
        rates.method,
        pow(1 + rates.rate_pct_per_year / 100, origins.years) as forecast_ratio,
        sqrt(
            pow(
                origins.years / 2
                * ln(
                    (1 + rates.interval_high_rate_pct_per_year / 100)
                    / (1 + rates.interval_low_rate_pct_per_year / 100)
                ),
                2
            )
            + pow(1.645 * rates.residual_error, 2)
        ) as reach
    from origins
    join rates using (accelerator, period_end_on)
    union all
    select
        origins.*,
        'no_change' as method,
        1.0 as forecast_ratio,
        cast(null as double) as reach
    from origins
    union all
    select
        origins.*,
        'straight_line_6_years' as method,
        greatest(1 - (origins.age_years + origins.years) / 6, 0) / (1 - origins.age_years / 6)
            as forecast_ratio,
        cast(null as double) as reach
    from origins
    where origins.price_segment = 'resale'
    and origins.age_years between 0 and 5.99
    union all
    select
        origins.*,
        'fall_26_pct_per_year' as method,
        pow(0.74, origins.years) as forecast_ratio,
        cast(null as double) as reach
    from origins
)

select
    forecasts.price_segment,
    forecasts.accelerator,
    forecasts.method,
    forecasts.horizon_months,
    forecasts.period_end_on,
    forecasts.target_on,
    100 * (forecasts.forecast_ratio - 1) as forecast_change_pct,
    100 * (forecasts.forecast_ratio * exp(-forecasts.reach) - 1) as low_forecast_change_pct,
    100 * (forecasts.forecast_ratio * exp(forecasts.reach) - 1) as high_forecast_change_pct,
    100 * (forecasts.actual_ratio - 1) as actual_change_pct,
    100 * (forecasts.forecast_ratio - forecasts.actual_ratio) as error_pct,
    abs(ln(forecasts.forecast_ratio / forecasts.actual_ratio)) <= forecasts.reach as is_within_band,
    forecasts.provider_count,
    forecasts.repriced_provider_count,
    coalesce(forecasts.repriced_provider_count > 0, true) as is_scored,
    greatest(
        cast((forecasts.target_on + interval 1 day)::date::timestamp at time zone 'UTC' as timestamptz),
        forecasts.seen_known_at,
        case when forecasts.method = 'straight_line_6_years' then forecasts.specs_known_at
            else timestamptz '1970-01-01 00:00:00+00' end
    ) as known_at
from forecasts
order by
    forecasts.price_segment, forecasts.accelerator, forecasts.method, forecasts.horizon_months, forecasts.period_end_on
