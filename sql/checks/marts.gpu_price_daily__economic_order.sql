-- Spot should not cost more than on-demand of the same cell; listed so that a person looks (METHODS 2.6).
-- severity: warn
select
    spot.accelerator,
    spot.tier,
    spot.basis,
    spot.region_group,
    spot.observed_on,
    spot.median_price_usd_per_gpu_hour as spot_price,
    on_demand.median_price_usd_per_gpu_hour as on_demand_price
from marts.gpu_price_daily as spot
join marts.gpu_price_daily as on_demand
    using (accelerator, tier, basis, region_group, observed_on)
where spot.market = 'spot'
and on_demand.market = 'on_demand'
and spot.median_price_usd_per_gpu_hour > on_demand.median_price_usd_per_gpu_hour
