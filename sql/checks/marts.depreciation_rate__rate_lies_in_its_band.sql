-- A band that does not hold its own estimate, or turns a price negative, comes from a broken bootstrap.
select
    accelerator,
    method,
    period_end_on,
    rate_pct_per_year,
    interval_low_rate_pct_per_year,
    interval_high_rate_pct_per_year
from marts.depreciation_rate
where rate_pct_per_year not between interval_low_rate_pct_per_year and interval_high_rate_pct_per_year
or (method <> 'book' and interval_low_rate_pct_per_year < -100)
