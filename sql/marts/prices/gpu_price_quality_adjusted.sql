-- Rent at constant quality: one month against the last published one, and the chain of these, from a
-- rolling 12-month time-dummy hedonic regression (METHODS 3) on memory bandwidth, dense BF16 throughput,
-- memory, market and provider. Prices are all-in and without a term; each provider has one price per
-- accelerator, market and month (steps.month_rent), so each counts once per cell. `market_scope` all holds
-- on-demand and spot together, with an effect for spot.
-- Estimated when the month ends with what was known then, and never restated (docs/decisions/0010): a
-- price that becomes public after its month is not in it. A month without any price has no row.
-- method: pipeline.methods.hedonic.fit
-- grain: market_scope, period_end_on
select
    provider,
    accelerator,
    market,
    period_end_on,
    price_usd_per_gpu_hour,
    memory_bandwidth_tb_per_s,
    bf16_dense_tflops,
    memory_gib,
    known_at
from steps.month_rent
order by known_at, period_end_on, market, provider, accelerator
