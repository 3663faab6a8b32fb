-- Ends of a range that cross, or a value under nothing, come from an input read the wrong way round.
select
    accelerator,
    clock,
    tier,
    age_years,
    period_end_on,
    low_value_usd_per_gpu,
    value_usd_per_gpu,
    high_value_usd_per_gpu
from marts.residual_value
where value_usd_per_gpu < 0
or low_value_usd_per_gpu > value_usd_per_gpu + 0.01
or high_value_usd_per_gpu < value_usd_per_gpu - 0.01
