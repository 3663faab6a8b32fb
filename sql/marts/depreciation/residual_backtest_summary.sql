-- How well each method has forecast rents, over all accelerators and origins of residual_backtest: bias, mean
-- absolute error, how often the outcome lay in the 90 % band, and beside them the errors the baselines made
-- on the very same forecasts. Neighbouring origins share most of their months, so `forecast_count` far
-- overstates how much independent evidence there is; `accelerator_count` is the safer count.
-- grain: method, horizon_months
with scored as (
    select
        tests.*,
        still.error_pct as no_change_error,
        line.error_pct as straight_line_error,
        fall.error_pct as fall_error
    from marts.residual_backtest as tests
    left join marts.residual_backtest as still
        on tests.accelerator = still.accelerator
        and tests.horizon_months = still.horizon_months
        and tests.period_end_on = still.period_end_on
        and still.method = 'no_change'
    left join marts.residual_backtest as line
        on tests.accelerator = line.accelerator
        and tests.horizon_months = line.horizon_months
        and tests.period_end_on = line.period_end_on
        and line.method = 'straight_line_6_years'
    left join marts.residual_backtest as fall
        on tests.accelerator = fall.accelerator
        and tests.horizon_months = fall.horizon_months
        and tests.period_end_on = fall.period_end_on
        and fall.method = 'fall_26_pct_per_year'
)

select
    scored.method,
    scored.horizon_months,
    count(*) as forecast_count,
    count(distinct scored.accelerator) as accelerator_count,
    min(scored.period_end_on) as first_on,
    max(scored.period_end_on) as last_on,
    avg(scored.error_pct) as bias_pct,
    avg(abs(scored.error_pct)) as mean_absolute_error_pct,
    100 * avg(case when scored.is_within_band then 1.0 when not scored.is_within_band then 0.0 end)
        as within_band_pct,
    avg(abs(scored.no_change_error)) as no_change_absolute_error_pct,
    avg(abs(scored.straight_line_error)) as straight_line_absolute_error_pct,
    avg(abs(scored.fall_error)) as fall_26_absolute_error_pct,
    avg(abs(scored.error_pct)) < avg(abs(scored.no_change_error)) as is_better_than_no_change
from scored
group by scored.method, scored.horizon_months
order by scored.horizon_months, mean_absolute_error_pct
