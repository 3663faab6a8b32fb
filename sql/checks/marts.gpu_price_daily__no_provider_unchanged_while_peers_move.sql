-- A price that stood still for a year while its cell's level moved by more than a fifth may be a row
-- nobody maintains or a hard-coded fallback, or a list price that really stands still.
-- severity: warn
with newest as (
    select
        provider,
        accelerator,
        market,
        term_months,
        basis,
        region,
        max(observed_on) as newest_on
    from marts.provider_price_daily
    where sighting_status = 'confirmed'
    group by provider, accelerator, market, term_months, basis, region
),

years as (
    select
        prices.provider,
        prices.accelerator,
        prices.tier,
        prices.market,
        prices.term_months,
        prices.basis,
        prices.region,
        newest.newest_on,
        min(prices.observed_on) as since_on,
        max(prices.price_usd_per_gpu_hour) as price_usd_per_gpu_hour
    from marts.provider_price_daily as prices
    join newest using (provider, accelerator, market, term_months, basis, region)
    where prices.sighting_status = 'confirmed'
    and prices.observed_on >= newest.newest_on - interval 365 day
    group by all
    having min(prices.price_usd_per_gpu_hour) = max(prices.price_usd_per_gpu_hour)
    and min(prices.observed_on) <= newest.newest_on - interval 360 day
)

select
    years.*,
    was.median_price_usd_per_gpu_hour as median_before,
    level.median_price_usd_per_gpu_hour as median_now
from years
join marts.gpu_price_daily as was
    on years.accelerator = was.accelerator
    and years.tier = was.tier
    and years.market = was.market
    and years.term_months = was.term_months
    and years.basis = was.basis
    and years.since_on = was.observed_on
join marts.gpu_price_daily as level
    on years.accelerator = level.accelerator
    and years.tier = level.tier
    and years.market = level.market
    and years.term_months = level.term_months
    and years.basis = level.basis
    and years.newest_on = level.observed_on
where was.region_group = 'all'
and level.region_group = 'all'
and abs(ln(level.median_price_usd_per_gpu_hour / was.median_price_usd_per_gpu_hour)) > ln(1.2)
