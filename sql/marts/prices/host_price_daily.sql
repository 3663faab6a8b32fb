-- What one machine of a marketplace, or one region of a list-price provider, asked on one UTC day.
-- The same machine listed as 1x, 2x, 4x and 8x is one machine: its value is the median of its offers.
-- A list price is the cheapest machine type that carries the accelerator, so that a bigger host does
-- not read as a dearer GPU (docs/decisions/0003); zones of one region are its median.
-- Flagged offers (bid floors, stale prices, teasers, spot at the on-demand price) stay out; spot that
-- a provider administers stays, with its flag, and enters no level (METHODS 1.4).
-- by day: observed_on
-- grain: source, provider, accelerator, market, term_months, basis, region, host_id, observed_on
with last_seen as (
    select
        source,
        offer_id,
        max(observed_at) as observed_at
    from staging.gpu_offers
    where flag is null
    or flag = 'administered'
    group by source, offer_id, (observed_at at time zone 'UTC')::date
),

-- The moment of a sighting is part of its key, so that the last one of the day is found again by it.
offers as (
    select
        *,
        (observed_at at time zone 'UTC')::date as observed_on
    from staging.gpu_offers
    semi join last_seen using (source, offer_id, observed_at)
),

-- One value per machine; zones and repeated listings of one machine type of a list are pooled here.
listings as (
    select
        source,
        provider,
        accelerator,
        market,
        term_months,
        basis,
        case when host_id is null then region else region_group end as region,
        region_group,
        coalesce(host_id, 'list') as host_id,
        case when host_id is null then instance_type end as instance_type,
        max(operator_id) as operator_id,
        max(flag) as flag,
        observed_on,
        median(price_usd_per_gpu_hour) as price_usd_per_gpu_hour,
        max(host_count) as host_count,
        sum(coalesce(offer_count, 1))::bigint as offer_count,
        max(refresh_days) as refresh_days,
        min(source_url) as source_url,
        min(licence) as licence
    from offers
    group by all
)

select
    source,
    provider,
    accelerator,
    market,
    term_months,
    basis,
    region,
    region_group,
    host_id,
    operator_id,
    flag,
    observed_on,
    price_usd_per_gpu_hour,
    instance_type,
    host_count,
    (sum(offer_count) over place)::bigint as offer_count,
    refresh_days,
    source_url,
    licence
from listings
window place as (
    partition by
        source, provider, accelerator, market, term_months, basis, region, host_id, observed_on
)
qualify row_number() over (
    partition by
        source, provider, accelerator, market, term_months, basis, region, host_id, observed_on
    order by price_usd_per_gpu_hour, instance_type
) = 1
