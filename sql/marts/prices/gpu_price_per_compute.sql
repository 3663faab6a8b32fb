-- What the work costs: the level per dense BF16 PFLOP/s, per TB/s of memory bandwidth, per GiB of memory
-- and per kilowatt of thermal design power, for one hour (METHODS 4).
-- Peak figures of the vendor, without sparsity; what a program reaches is less. A part whose figure
-- nobody cites (no BF16 on T4 and V100) has null and says which; FP16 never stands in for BF16.
-- by day: observed_on
-- grain: accelerator, tier, market, term_months, basis, region_group, observed_on
select
    levels.accelerator,
    levels.tier,
    levels.market,
    levels.term_months,
    levels.basis,
    levels.region_group,
    levels.observed_on,
    levels.publication_status,
    levels.withheld_reason,
    levels.median_price_usd_per_gpu_hour,
    levels.median_price_usd_per_gpu_hour / (specs.bf16_dense_tflops / 1000)
        as price_usd_per_bf16_pflop_hour,
    levels.median_price_usd_per_gpu_hour / specs.memory_bandwidth_tb_per_s
        as price_usd_per_tb_per_s_hour,
    levels.median_price_usd_per_gpu_hour / specs.memory_gib as price_usd_per_gib_hour,
    levels.median_price_usd_per_gpu_hour / (specs.tdp_w / 1000) as price_usd_per_tdp_kw_hour,
    case
        when specs.accelerator is null then 'no specification known on the day'
        else nullif(
            concat_ws(
                ', ',
                case when specs.bf16_dense_tflops is null then 'no dense BF16 figure' end,
                case when specs.memory_bandwidth_tb_per_s is null then 'no memory bandwidth' end,
                case when specs.memory_gib is null then 'no memory size' end,
                case when specs.tdp_w is null then 'no thermal design power' end
            ),
            ''
        )
    end as missing_specification_reason,
    levels.provider_count
from marts.gpu_price_daily as levels
left join staging.accelerators as specs on levels.accelerator = specs.accelerator
order by
    levels.accelerator,
    levels.tier,
    levels.market,
    levels.term_months,
    levels.basis,
    levels.region_group,
    levels.observed_on
