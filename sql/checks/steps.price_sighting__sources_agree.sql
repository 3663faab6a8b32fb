-- Two sources more than a tenth apart on one provider's price of one day. Neither wins: the provider's
-- price is the median of the sources that stand that day, cited by the newest sighting; a step that one
-- source alone reports is confirmed only by the other (METHODS 1.6). Listed so that a person looks.
-- severity: warn
select
    provider,
    accelerator,
    market,
    term_months,
    basis,
    region,
    observed_on,
    count(*) as source_count,
    min(price_usd_per_gpu_hour) as min_price,
    max(price_usd_per_gpu_hour) as max_price,
    min(source) as a_source,
    max(source) as another_source
from steps.price_sighting
group by provider, accelerator, market, term_months, basis, region, observed_on
having max(price_usd_per_gpu_hour) > 1.1 * min(price_usd_per_gpu_hour)
