-- What past rows of depreciation_rate said the rent would be 6, 12 and 24 months on, against what it was:
-- a rolling origin, each forecast from what was known at its month's end (METHODS 5). The outcome is the
-- median over providers that priced the accelerator on demand in both months, so that nobody who comes or
-- goes counts as a change. Scored where the accelerator had twelve months of prices, on the same origins
-- for every method and for three baselines: no change, a straight line to nothing in six years, and a fall
-- of 26 % a year. Printed whichever wins.
-- The band joins that of the rate and what the fit leaves over, both at 90 %.
-- grain: accelerator, method, horizon_months, period_end_on
with months as (
    select
        prices.accelerator,
        prices.provider,
        last_day(prices.observed_on) as period_end_on,
        median(prices.price_usd_per_gpu_hour) as price
    from marts.provider_price_daily as prices
    where prices.sighting_status = 'confirmed'
    and prices.basis = 'all_in'
    and prices.market = 'on_demand'
    and prices.term_months = 0
    group by all
),

horizons as (
    select unnest([6, 12, 24])::bigint as horizon_months
),

-- A month that is not over has no outcome yet; rates are only made of months that are.
ended as (
    select max(rate.period_end_on) as newest_on
    from marts.depreciation_rate as rate
),

outcomes as (
    select
        origin.accelerator,
        origin.period_end_on,
        horizons.horizon_months,
        target.period_end_on as target_on,
        exp(median(ln(target.price / origin.price))) as actual_ratio,
        count(*) as provider_count
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
    group by
        origin.accelerator,
        origin.period_end_on,
        horizons.horizon_months,
        target.period_end_on
),

own as (
    select rate.*
    from marts.depreciation_rate as rate
    where rate.publication_status = 'published'
    and rate.method in ('cohort', 'cohort_piecewise')
),

origins as (
    select
        outcomes.*,
        outcomes.horizon_months / 12.0 as years,
        datediff('day', specs.available_on, outcomes.period_end_on) / 365.25 as age_years
    from outcomes
    join own
        on outcomes.accelerator = own.accelerator
        and outcomes.period_end_on = own.period_end_on
        and own.method = 'cohort'
    left join staging.accelerators as specs on outcomes.accelerator = specs.accelerator
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
    where origins.age_years between 0 and 5.99
    union all
    select
        origins.*,
        'fall_26_pct_per_year' as method,
        pow(0.74, origins.years) as forecast_ratio,
        cast(null as double) as reach
    from origins
)

select
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
    cast((forecasts.target_on + interval 1 day)::date::timestamp at time zone 'UTC' as timestamptz) as known_at
from forecasts
order by
    forecasts.accelerator, forecasts.method, forecasts.horizon_months, forecasts.period_end_on
