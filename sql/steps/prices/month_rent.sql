-- What each provider asked for an accelerator in a month, all-in and without a term: one price, the median of
-- its confirmed days and regions, so that each counts once, as it was known when the month named by `known_at`
-- ended; what was known of the part by then stands beside it. Months of the look-back are answered again at
-- later ends: what stands is the answer given when the month itself ended (docs/decisions/0141).
-- lookback_days: 100
-- grain: provider, accelerator, market, period_end_on, known_at
select
    prices.provider,
    prices.accelerator,
    prices.market,
    last_day(prices.observed_on) as period_end_on,
    median(prices.price_usd_per_gpu_hour) as price_usd_per_gpu_hour,
    parts.available_on,
    -- Parts that are sold as sockets of a training machine: one quality class through the generations.
    parts.is_training_part,
    specs.memory_bandwidth_tb_per_s,
    specs.bf16_dense_tflops,
    specs.memory_gib
from marts.provider_price_daily as prices
left join steps.part as parts on prices.accelerator = parts.accelerator
left join staging.accelerators as specs on prices.accelerator = specs.accelerator
where prices.sighting_status = 'confirmed'
and prices.basis = 'all_in'
and prices.market in ('on_demand', 'spot')
and prices.term_months = 0
group by all
