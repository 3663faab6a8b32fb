-- The same levels as marts.gpu_price_daily, by hand in one statement: last sighting of a day, cheapest
-- machine type, carrying, confirmation, machines voting where one marketplace is alone. Left out are
-- citations, intermediate tables, quartiles, intervals, concentration and the decision to publish.
with last_seen as (
    select source, offer_id, max(observed_at) as observed_at
    from staging.gpu_offers
    where flag is null
    group by source, offer_id, (observed_at at time zone 'UTC')::date
),

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
        host_id,
        case when host_id is null then instance_type end as instance_type,
        (observed_at at time zone 'UTC')::date as seen_on,
        median(price_usd_per_gpu_hour) as price,
        max(refresh_days) as refresh_days
    from staging.gpu_offers
    semi join last_seen using (source, offer_id, observed_at)
    group by all
),

hosts as (
    select
        * exclude (instance_type, price, refresh_days),
        min(price) as price,
        max(refresh_days) as refresh_days
    from listings
    group by all
),

sighted as (
    select
        * exclude (host_id, price, refresh_days),
        median(price) as price,
        max(refresh_days) as refresh_days
    from hosts
    group by all
),

neighbours as (
    select
        *,
        lag(price) over series as before,
        lag(seen_on) over series as before_on,
        lead(price) over series as after,
        lead(seen_on) over series as after_on
    from sighted
    window series as (
        partition by source, provider, accelerator, market, term_months, basis, region
        order by seen_on
    )
),

days as (
    select
        *,
        before_on is null
        or before_on < seen_on - interval 31 day
        or before between price / 1.4 and price * 1.4
        or coalesce(after between price / 1.4 and price * 1.4, false) as is_confirmed,
        unnest(generate_series(
            seen_on,
            least(
                (seen_on + (refresh_days + 2) * interval 1 day)::date,
                coalesce(after_on - 1, (select max(seen_on) from sighted)),
                (select max(seen_on) from sighted)
            ),
            interval 1 day
        ))::date as observed_on
    from neighbours
),

places as (
    select
        provider,
        accelerator,
        market,
        term_months,
        basis,
        region,
        region_group,
        observed_on,
        median(price) as price,
        max(seen_on) as seen_on
    from days
    group by all
    having bool_or(is_confirmed) or (count(*) > 1 and max(price) <= 1.4 * min(price))
),

votes as (
    select * exclude (region, price, seen_on), median(price) as price, max(seen_on) as seen_on
    from places
    group by all
    union all by name
    select
        * exclude (region, region_group, price, seen_on),
        median(price) as price,
        max(seen_on) as seen_on,
        'all' as region_group
    from places
    group by all
),

cells as (
    select
        accelerator,
        providers.tier,
        market,
        term_months,
        basis,
        region_group,
        observed_on,
        median(price) as price,
        count(*) as provider_count,
        min(provider) as provider,
        max(seen_on) as seen_on
    from votes
    join staging.providers using (provider)
    group by all
),

machine_votes as (
    select
        cells.* exclude (price, provider_count, provider, seen_on),
        median(hosts.price) as machine_price
    from cells
    join hosts
        on cells.provider = hosts.provider
        and cells.accelerator = hosts.accelerator
        and cells.market = hosts.market
        and cells.term_months = hosts.term_months
        and cells.basis = hosts.basis
        and cells.seen_on = hosts.seen_on
        and cells.region_group in (hosts.region_group, 'all')
    where cells.provider_count = 1
    and cells.tier = 'marketplace'
    and hosts.host_id is not null
    group by all
)

select
    cells.* exclude (price, provider, seen_on),
    coalesce(machine_price, price) as median_price
from cells
left join machine_votes
    using (accelerator, tier, market, term_months, basis, region_group, observed_on)
