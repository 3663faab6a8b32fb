-- A median outside its own votes means the aggregation mixed units or groups.
select * from marts.gpu_price_daily
where median_price_usd_per_gpu_hour
    not between min_price_usd_per_gpu_hour and max_price_usd_per_gpu_hour
or interval_low_price_usd_per_gpu_hour > interval_high_price_usd_per_gpu_hour
