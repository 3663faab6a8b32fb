-- residual_backtest scores these rows as forecasts: one that knew a later month would flatter us.
select
    accelerator,
    method,
    period_end_on,
    known_at
from marts.depreciation_rate
where (known_at at time zone 'UTC')::date <> (period_end_on + interval 1 day)::date
or first_on > period_end_on
