-- How well each method has forecast prices, by segment and horizon, all accelerators together: error, bias, how
-- often the band held the outcome, the errors of the baselines on the same forecasts, and whether the method is told
-- apart from no change (steps.backtest_group). By generation: residual_backtest_by_generation.
-- grain: price_segment, method, horizon_months
select * exclude (generation)
from steps.backtest_group
where generation = 'all'
order by price_segment, horizon_months, method
