-- The bare definition (METHODS 2.1, 2.2): machine, place, provider, level, each the median of the one
-- before, for every region group and for the world. What a person writes without our rules.
with machines as (
    select
        provider,
        accelerator,
        market,
        term_months,
        basis,
        case when host_id is null then region else region_group end as region,
        region_group,
        coalesce(host_id, 'list') as host_id,
        (observed_at at time zone 'UTC')::date as observed_on,
        median(price_usd_per_gpu_hour) as price
    from staging.gpu_offers
    group by all
),

places as (
    select * exclude (host_id, price), median(price) as price
    from machines
    group by all
),

votes as (
    select * exclude (region, price), median(price) as price
    from places
    group by all
    union all by name
    select * exclude (region, region_group, price), median(price) as price, 'all' as region_group
    from places
    group by all
)

select
    accelerator,
    providers.tier,
    market,
    term_months,
    basis,
    region_group,
    observed_on,
    median(price) as median_price,
    count(*) as provider_count
from votes
join staging.providers using (provider)
group by all
