-- A method scored on other months than the baseline it is held against can win by choosing its months.
select
    tests.segment,
    tests.accelerator,
    tests.method,
    tests.horizon_months,
    tests.period_end_on
from marts.residual_backtest as tests
anti join (
    select * from marts.residual_backtest where method = 'no_change'
) as still using (segment, accelerator, horizon_months, period_end_on)
