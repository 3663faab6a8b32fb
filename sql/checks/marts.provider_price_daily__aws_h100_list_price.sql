-- Magnitude: AWS p5.48xlarge in us-east-1 listed at USD 98.32 and from 2025-06-05 at USD 55.04 an hour
-- for 8 H100 (AWS price list); a lost divisor or unit is wrong by 8x and breaks nothing else.
select * from marts.provider_price_daily
where provider = 'aws'
and accelerator = 'nvidia-h100-sxm-80gb'
and market = 'on_demand'
and region = 'us-east-1'
and observed_on between date '2025-05-01' and date '2026-07-31'
and abs(
    price_usd_per_gpu_hour
    - case when observed_on < date '2025-06-05' then 98.32 / 8 else 55.04 / 8 end
) > 0.001
