-- The back-test of residual_backtest_summary for each generation of accelerators apart: a method can be right on
-- chips that grow old and wrong on those in demand.
-- grain: price_segment, generation, method, horizon_months
select *
from steps.backtest_group
where generation <> 'all'
order by price_segment, generation, horizon_months, method
