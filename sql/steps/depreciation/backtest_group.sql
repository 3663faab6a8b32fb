-- How well each method has forecast prices, by segment, generation of accelerator and horizon, over the scored
-- rows of residual_backtest: bias, mean absolute error, how often the outcome lay in the 90 % band, and beside
-- them the errors the baselines made on the very same forecasts. `verdict_of_test` says whether the method is
-- told apart from no change: Diebold and Mariano's statistic on the mean difference of absolute errors of each
-- origin month (accelerators of a month err together), its variance with Bartlett weights over the origins
-- that share months with it (Newey & West), held against Student's t at as many degrees of freedom as there
-- are forecasts without a common month (`independent_count`), less one. Under four of those nothing is said.
-- Generation `all` takes them together; two marts keep the total and its parts apart.
-- Source: Diebold & Mariano (1995), Journal of Business & Economic Statistics 13(3), 253; Harvey, Leybourne &
-- Newbold (1997), International Journal of Forecasting 13(2), 281; quantile of t: Abramowitz & Stegun 26.7.5.
-- grain: price_segment, generation, method, horizon_months
with scored as (
    select
        tests.*,
        specs.architecture,
        still.error_pct as no_change_error,
        line.error_pct as straight_line_error,
        fall.error_pct as fall_error
    from marts.residual_backtest as tests
    left join staging.accelerators as specs on tests.accelerator = specs.accelerator
    left join marts.residual_backtest as still
        on tests.price_segment = still.price_segment
        and tests.accelerator = still.accelerator
        and tests.horizon_months = still.horizon_months
        and tests.period_end_on = still.period_end_on
        and still.method = 'no_change'
    left join marts.residual_backtest as line
        on tests.price_segment = line.price_segment
        and tests.accelerator = line.accelerator
        and tests.horizon_months = line.horizon_months
        and tests.period_end_on = line.period_end_on
        and line.method = 'straight_line_6_years'
    left join marts.residual_backtest as fall
        on tests.price_segment = fall.price_segment
        and tests.accelerator = fall.accelerator
        and tests.horizon_months = fall.horizon_months
        and tests.period_end_on = fall.period_end_on
        and fall.method = 'fall_26_pct_per_year'
    where tests.is_scored
),

grouped as (
    select
        scored.*,
        'all' as generation
    from scored
    union all
    select
        scored.*,
        scored.architecture as generation
    from scored
    where scored.architecture is not null
),

origins as (
    select
        grouped.price_segment,
        grouped.generation,
        grouped.method,
        grouped.horizon_months,
        year(grouped.period_end_on) * 12 + month(grouped.period_end_on) as month_number,
        avg(abs(grouped.error_pct) - abs(grouped.no_change_error)) as loss_difference
    from grouped
    where grouped.method <> 'no_change'
    group by all
),

means as (
    select
        origins.price_segment,
        origins.generation,
        origins.method,
        origins.horizon_months,
        avg(origins.loss_difference) as mean_difference,
        count(*) as origin_count
    from origins
    group by all
),

-- Origins fewer months apart than the horizon share some of their months.
tested as (
    select
        means.price_segment,
        means.generation,
        means.method,
        means.horizon_months,
        means.origin_count,
        means.mean_difference / sqrt(
            sum(
                (1 - abs(one.month_number - other.month_number) / means.horizon_months::double)
                * (one.loss_difference - means.mean_difference)
                * (other.loss_difference - means.mean_difference)
            ) / (means.origin_count * means.origin_count)
        ) as statistic,
        -- Forecasts that fit side by side into the months of the origins.
        least(
            means.origin_count,
            (max(one.month_number) - min(one.month_number)) // means.horizon_months + 1
        ) as independent_count
    from means
    join origins as one using (price_segment, generation, method, horizon_months)
    join origins as other
        on one.price_segment = other.price_segment
        and one.generation = other.generation
        and one.method = other.method
        and one.horizon_months = other.horizon_months
        and abs(one.month_number - other.month_number) < one.horizon_months
    group by
        means.price_segment,
        means.generation,
        means.method,
        means.horizon_months,
        means.origin_count,
        means.mean_difference
    having max(abs(one.loss_difference - means.mean_difference)) > 1e-9
),

judged as (
    select
        tested.*,
        -- The 97.5 % quantile of Student's t.
        1.959964 + 2.372 / (tested.independent_count - 1)
        + 2.823 / pow(tested.independent_count - 1, 2) as critical_value
    from tested
    where tested.independent_count >= 4
)

select
    grouped.price_segment,
    grouped.generation,
    grouped.method,
    grouped.horizon_months,
    count(*) as forecast_count,
    count(distinct grouped.accelerator) as accelerator_count,
    min(grouped.period_end_on) as first_on,
    max(grouped.period_end_on) as last_on,
    avg(grouped.error_pct) as bias_pct,
    avg(abs(grouped.error_pct)) as mean_absolute_error_pct,
    100 * avg(case when grouped.is_within_band then 1.0 when not grouped.is_within_band then 0.0 end)
        as within_band_pct,
    avg(abs(grouped.no_change_error)) as no_change_absolute_error_pct,
    avg(abs(grouped.straight_line_error)) as straight_line_absolute_error_pct,
    avg(abs(grouped.fall_error)) as fall_26_absolute_error_pct,
    avg(abs(grouped.error_pct)) < avg(abs(grouped.no_change_error)) as is_better_than_no_change,
    max(tested.statistic) as diebold_mariano_statistic,
    max(tested.independent_count) as independent_count,
    case
        when grouped.method = 'no_change' then null
        when max(judged.statistic) > max(judged.critical_value) then 'worse than no change'
        when max(judged.statistic) < -max(judged.critical_value) then 'better than no change'
        when max(judged.statistic) is not null then 'not told apart from no change'
        else 'too few independent forecasts'
    end as verdict_of_test
from grouped
left join tested using (price_segment, generation, method, horizon_months)
left join judged using (price_segment, generation, method, horizon_months)
group by grouped.price_segment, grouped.generation, grouped.method, grouped.horizon_months
order by grouped.price_segment, grouped.generation, grouped.horizon_months, mean_absolute_error_pct
