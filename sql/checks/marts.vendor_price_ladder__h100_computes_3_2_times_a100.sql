-- Magnitude: 989 against 312 dense BF16 TFLOPS (NVIDIA data sheets) is 3.17; a sparse figure on one side
-- would double or halve every ratio of the pair.
select * from marts.vendor_price_ladder
where predecessor = 'nvidia-a100-sxm4-80gb'
and successor = 'nvidia-h100-sxm-80gb'
and abs(bf16_ratio - 3.17) > 0.02
