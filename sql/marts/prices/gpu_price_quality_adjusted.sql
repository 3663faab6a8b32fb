-- Rent at constant quality: one month against the last published one, and the chain of these, from a
-- rolling 12-month time-dummy hedonic regression (METHODS 3) on memory bandwidth, dense BF16 throughput,
-- memory, market and provider. Prices are all-in and without a term; each provider has one price per
-- accelerator, market and month, the median of its confirmed days and regions, so each counts once per
-- cell. `market_scope` all holds on-demand and spot together, with an effect for spot.
-- Estimated when the month ends with what was known then, and never restated (docs/decisions/0010): a
-- price that becomes public after its month is not in it. A month without any price has no row.
-- method: pipeline.methods.hedonic.fit
-- lookback_days: 100
-- grain: market_scope, period_end_on
select
    prices.provider,
    prices.accelerator,
    prices.market,
    last_day(prices.observed_on) as period_end_on,
    median(prices.price_usd_per_gpu_hour) as price_usd_per_gpu_hour,
    specs.memory_bandwidth_tb_per_s,
    specs.bf16_dense_tflops,
    specs.memory_gib
from marts.provider_price_daily as prices
left join staging.accelerators as specs on prices.accelerator = specs.accelerator
where prices.sighting_status = 'confirmed'
and prices.basis = 'all_in'
and prices.market in ('on_demand', 'spot')
and prices.term_months = 0
group by all
order by period_end_on, prices.market, prices.provider, prices.accelerator
