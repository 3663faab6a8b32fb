-- A relative outside its own interval, or an R2 outside 0 to 1, means the wrong month effects were read.
select
    market_scope,
    period_end_on,
    price_relative,
    interval_low_price_relative,
    interval_high_price_relative,
    r_squared
from marts.gpu_price_quality_adjusted
where price_relative not between interval_low_price_relative and interval_high_price_relative
or r_squared not between 0 and 1
