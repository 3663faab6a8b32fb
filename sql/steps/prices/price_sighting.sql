-- What each source said a provider charged for one accelerator-hour in one region on one UTC day: of a
-- marketplace the median over its machines. The rows that marts.provider_price_daily carries on and judges.
-- by day: observed_on
-- grain: source, provider, accelerator, market, term_months, basis, region, observed_on
select
    source,
    provider,
    accelerator,
    market,
    term_months,
    basis,
    region,
    min(region_group) as region_group,
    observed_on,
    median(price_usd_per_gpu_hour) as price_usd_per_gpu_hour,
    min(instance_type) as instance_type,
    -- The host mart has one row per machine.
    case
        when max(host_id) <> 'list' then count(*)
        else max(host_count)
    end as host_count,
    sum(offer_count)::bigint as offer_count,
    max(refresh_days) as refresh_days,
    max(flag) as flag,
    min(source_url) as source_url,
    min(licence) as licence
from marts.host_price_daily
group by all
