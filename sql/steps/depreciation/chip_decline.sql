-- How fast the income clock lets an accelerator's rent fall, by month: its own change per year drawn towards that
-- of all generations by how uncertain it is (depreciation_rate, method shrunk; `own_weight_fraction`). The
-- band is what that very method missed by, 12 months on, outside hyperscalers: the 90th percentile of absolute
-- errors whose outcome was known when the month ended, from 20 of them on; before, the band of the estimate.
-- grain: accelerator, period_end_on
with misses as (
    select
        months.period_end_on,
        count(*) as forecast_count,
        quantile_cont(
            abs(ln((1 + tests.forecast_change_pct / 100) / (1 + tests.actual_change_pct / 100))), 0.9
        ) as log_miss
    from (
        select distinct rate.period_end_on
        from marts.depreciation_rate as rate
        where rate.method = 'shrunk'
    ) as months
    join marts.residual_backtest as tests on tests.target_on <= months.period_end_on
    where tests.method = 'shrunk'
    and tests.price_segment = 'neocloud_marketplace'
    and tests.horizon_months = 12
    group by months.period_end_on
)

select
    rate.accelerator,
    rate.period_end_on,
    rate.rate_pct_per_year,
    case when misses.forecast_count >= 20
        then 100 * ((1 + rate.rate_pct_per_year / 100) * exp(-misses.log_miss) - 1)
        else rate.interval_low_rate_pct_per_year
    end as interval_low_rate_pct_per_year,
    case when misses.forecast_count >= 20
        then 100 * ((1 + rate.rate_pct_per_year / 100) * exp(misses.log_miss) - 1)
        else rate.interval_high_rate_pct_per_year
    end as interval_high_rate_pct_per_year,
    rate.own_rate_pct_per_year,
    rate.own_weight_fraction,
    coalesce(misses.forecast_count, 0) as forecast_count,
    case when misses.forecast_count >= 20 then 'errors of past forecasts' else 'estimate' end
        as band_basis,
    rate.known_at
from marts.depreciation_rate as rate
left join misses on rate.period_end_on = misses.period_end_on
where rate.method = 'shrunk'
and rate.publication_status = 'published'
order by rate.accelerator, rate.period_end_on
