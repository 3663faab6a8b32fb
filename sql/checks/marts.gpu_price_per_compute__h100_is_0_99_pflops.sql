-- Magnitude: an H100 SXM does 989 dense BF16 TFLOPS and moves 3.35 TB/s (NVIDIA data sheet); the sparse
-- figure, twice as high, would halve the price of its work.
select * from marts.gpu_price_per_compute
where accelerator = 'nvidia-h100-sxm-80gb'
and (
    abs(price_usd_per_bf16_pflop_hour * 0.9895 / median_price_usd_per_gpu_hour - 1) > 0.01
    or abs(price_usd_per_tb_per_s_hour * 3.35 / median_price_usd_per_gpu_hour - 1) > 0.01
)
