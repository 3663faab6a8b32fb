-- What each source said one item cost on one UTC day, where that was public before the day ended: the rows that
-- steps.item_price lets stand and judges. At a hyperscaler an item is a region and a machine type; elsewhere
-- both are `any`: one recorder prints a region and another `global` for the same price.
-- by day: observed_on
-- grain: source, provider, accelerator, market, term_months, basis, region, instance_type, observed_on
with prompt as (
    select
        offers.source,
        offers.provider,
        offers.accelerator,
        providers.tier,
        offers.market,
        offers.term_months,
        offers.basis,
        offers.region,
        offers.instance_type,
        offers.host_id,
        offers.host_count,
        offers.refresh_days,
        offers.price_usd_per_gpu_hour,
        (offers.observed_at at time zone 'UTC')::date as observed_on
    from staging.gpu_offers as offers
    join staging.providers as providers on offers.provider = providers.provider
    where offers.flag is null
    and greatest(offers.known_at, providers.known_at)
        <= ((offers.observed_at at time zone 'UTC')::date + interval 1 day)::timestamp
        at time zone 'UTC'
),

-- One value per machine; of a list, one per region and machine type.
listed as (
    select
        source,
        provider,
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region,
        instance_type,
        host_id,
        observed_on,
        median(price_usd_per_gpu_hour) as price,
        max(host_count) as host_count,
        max(refresh_days) as refresh_days
    from prompt
    group by all
),

-- The cheapest machine type of a list (docs/decisions/0003), but at a hyperscaler each is an item.
placed as (
    select
        source,
        provider,
        accelerator,
        tier,
        market,
        term_months,
        basis,
        case when tier = 'hyperscaler' then region else 'any' end as place,
        case when tier = 'hyperscaler' then coalesce(instance_type, 'any') else 'any' end
            as machine,
        region,
        host_id,
        observed_on,
        min(price) as lowest_price,
        median(price) as price,
        max(host_count) as host_count,
        max(refresh_days) as refresh_days
    from listed
    group by all
)

select
    source,
    provider,
    accelerator,
    tier,
    market,
    term_months,
    basis,
    place as region,
    machine as instance_type,
    observed_on,
    median(case when host_id is null then lowest_price else price end) as price_usd_per_gpu_hour,
    case when max(host_id) is not null then count(*) else max(host_count) end as host_count,
    max(refresh_days) as refresh_days
from placed
group by all
