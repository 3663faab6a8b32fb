-- What each provider charged for one accelerator-hour in each month: the median over the days and regions in
-- which it can be known (`provider_price_daily`), so that two months are compared seller by seller. Steps that
-- wait for a second sighting are left out; `seen_day_count` counts days, carried ones included. A month that is not
-- over by the newest day held has no row.
-- grain: accelerator, tier, market, term_months, basis, provider, period_end_on
select
    accelerator,
    tier,
    market,
    term_months,
    basis,
    provider,
    last_day(observed_on) as period_end_on,
    median(price_usd_per_gpu_hour) as price_usd_per_gpu_hour,
    count(distinct observed_on) as seen_day_count,
    min(source_url) as source_url
from marts.provider_price_daily
where
    sighting_status = 'confirmed'
    and last_day(observed_on) <= (select max(observed_on) from marts.provider_price_daily)
group by accelerator, tier, market, term_months, basis, provider, last_day(observed_on)
order by accelerator, tier, market, term_months, basis, provider, period_end_on
