-- A provider whose spot price is the same fraction of on-demand for ten or more accelerators and regions
-- sets it by list: it belongs to `administered` and into no level (METHODS 1.4).
-- severity: warn
with ratios as (
    select
        spot.provider,
        spot.observed_on,
        spot.price_usd_per_gpu_hour / on_demand.price_usd_per_gpu_hour as ratio
    from marts.provider_price_daily as spot
    join marts.provider_price_daily as on_demand
        on spot.provider = on_demand.provider
        and spot.accelerator = on_demand.accelerator
        and spot.basis = on_demand.basis
        and spot.region = on_demand.region
        and spot.observed_on = on_demand.observed_on
    where spot.market = 'spot'
    and spot.sighting_status = 'confirmed'
    and on_demand.market = 'on_demand'
    and on_demand.sighting_status = 'confirmed'
)

select
    provider,
    observed_on,
    count(*) as item_count,
    min(ratio) as min_ratio,
    max(ratio) as max_ratio
from ratios
group by provider, observed_on
having count(*) >= 10
and max(ratio) - min(ratio) < 0.01
