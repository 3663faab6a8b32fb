-- What a generation is worth against its successor on the same day: the ratio of their published levels
-- beside the ratio of what they can do, in the same tier, market, term, basis and region group.
-- A pair is listed where both levels are published; who follows whom is cited in
-- `accelerator_successors`. Ratios of vendors' peak figures, without sparsity.
-- by day: observed_on
-- grain: predecessor, successor, tier, market, term_months, basis, region_group, observed_on
with levels as (
    select
        daily.accelerator,
        daily.tier,
        daily.market,
        daily.term_months,
        daily.basis,
        daily.region_group,
        daily.observed_on,
        daily.median_price_usd_per_gpu_hour as price,
        daily.provider_count,
        specs.bf16_dense_tflops,
        specs.memory_bandwidth_tb_per_s
    from marts.gpu_price_daily as daily
    left join staging.accelerators as specs on daily.accelerator = specs.accelerator
    where daily.publication_status = 'published'
),

pairs as (
    select
        pair.predecessor,
        pair.successor,
        older.tier,
        older.market,
        older.term_months,
        older.basis,
        older.region_group,
        older.observed_on,
        older.price as predecessor_price,
        newer.price as successor_price,
        newer.price / older.price as price_ratio,
        newer.bf16_dense_tflops / older.bf16_dense_tflops as bf16_ratio,
        newer.memory_bandwidth_tb_per_s / older.memory_bandwidth_tb_per_s as bandwidth_ratio,
        least(older.provider_count, newer.provider_count) as provider_count,
        pair.source_url
    from staging.accelerator_successors as pair
    join levels as older on pair.predecessor = older.accelerator
    join levels as newer
        on pair.successor = newer.accelerator
        and older.tier = newer.tier
        and older.market = newer.market
        and older.term_months = newer.term_months
        and older.basis = newer.basis
        and older.region_group = newer.region_group
        and older.observed_on = newer.observed_on
)

select
    predecessor,
    successor,
    tier,
    market,
    term_months,
    basis,
    region_group,
    observed_on,
    predecessor_price as predecessor_price_usd_per_gpu_hour,
    successor_price as successor_price_usd_per_gpu_hour,
    price_ratio,
    bf16_ratio,
    bandwidth_ratio as memory_bandwidth_ratio,
    price_ratio / bf16_ratio as price_per_bf16_ratio,
    price_ratio / bandwidth_ratio as price_per_memory_bandwidth_ratio,
    provider_count,
    source_url
from pairs
order by
    predecessor, successor, tier, market, term_months, basis, region_group, observed_on
