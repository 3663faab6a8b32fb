-- Magnitude: AWS cut p5.48xlarge from USD 98.32 to 55.04 an hour on 2025-06-05 (AWS price list), ln -0.58,
-- while the other hyperscalers stood still; the matched change must be AWS's share of that.
-- severity: warn
select * from marts.gpu_price_index
where accelerator = 'nvidia-h100-sxm-80gb'
and tier = 'hyperscaler'
and market = 'on_demand'
and basis = 'all_in'
and observed_on = date '2025-06-05'
and matched_provider_count > 0
and abs(market_log_change * matched_provider_count - ln(55.04 / 98.32)) > 0.01
