-- A method scored on other months than the baseline it is held against can win by choosing its months.
select
    tests.price_segment,
    tests.accelerator,
    tests.method,
    tests.horizon_months,
    tests.period_end_on
from marts.residual_backtest as tests
anti join (
    select * from marts.residual_backtest where method = 'no_change'
) as still using (price_segment, accelerator, horizon_months, period_end_on)
