-- What each provider charged for one accelerator-hour, by region, on every UTC day it can be known.
-- A marketplace's value is the median over its machines. An observation stands for as long as its
-- source's rhythm says (refresh_days) and is carried at most 3 days beyond that (METHODS 2.3), never
-- past the newest observation held. A step of more than 40 % from the sighting before waits as
-- `unconfirmed` for a second sighting or a second source (METHODS 1.6); at Azure any step does. Spot that a provider sets by
-- list rather than by auction has sighting_status `administered`. `confirmed_on`: the second look at a step, from
-- which on its row is what it says.
-- by day: observed_on, all days
-- grain: provider, accelerator, market, term_months, basis, region, observed_on
with neighbours as (
    select
        *,
        lag(price_usd_per_gpu_hour) over series as price_before,
        lag(observed_on) over series as seen_before_on,
        lead(price_usd_per_gpu_hour) over series as price_after,
        lead(observed_on) over series as next_seen_on
    from steps.price_sighting
    window series as (
        partition by source, provider, accelerator, market, term_months, basis, region
        order by observed_on
    )
),

-- Azure's meters flip between two prices 30 % apart for hours: there any step waits.
limited as (
    select
        *,
        case when provider = 'azure' and market <> 'spot' then 1.001 else 1.4 end as largest_step
    from neighbours
),

-- A step is judged against a sighting of the same month; after a longer silence there is no step.
stepped as (
    select
        *,
        coalesce(
            seen_before_on >= observed_on - interval 31 day
            and greatest(price_usd_per_gpu_hour, price_before)
                > largest_step * least(price_usd_per_gpu_hour, price_before),
            false
        ) as is_step,
        -- greatest() and least() pass over nulls: nothing seen after would be the same again.
        price_after is not null
        and greatest(price_usd_per_gpu_hour, price_after)
            <= largest_step * least(price_usd_per_gpu_hour, price_after) as is_seen_again
    from limited
),

judged as (
    select
        *,
        not is_step or is_seen_again as is_confirmed,
        case when is_step and is_seen_again then next_seen_on end as confirmed_on
    from stepped
),

newest as (
    select max(observed_on) as newest_on from steps.price_sighting
),

standing as (
    select
        judged.*,
        (judged.observed_on + (judged.refresh_days - 1) * interval 1 day)::date as stands_until_on,
        least(
            (judged.observed_on + (judged.refresh_days + 2) * interval 1 day)::date,
            coalesce((judged.next_seen_on - interval 1 day)::date, newest.newest_on),
            newest.newest_on
        ) as carried_until_on
    from judged
    cross join newest
),

days as (
    select
        standing.*,
        unnest(generate_series(observed_on, carried_until_on, interval 1 day))::date as day_on
    from standing
),

-- Most prices have one source: only those of several are grouped, which is what takes memory.
shared as (
    select
        provider,
        accelerator,
        market,
        term_months,
        basis,
        region
    from standing
    group by all
    having min(source) <> max(source)
),

-- Where several sources read one provider on one day, the provider's value is their median and the
-- citation that of the newest sighting. A source has at most one sighting standing on a day.
combined as (
    select
        provider,
        accelerator,
        market,
        term_months,
        basis,
        region,
        day_on as observed_on,
        min(region_group) as region_group,
        median(price_usd_per_gpu_hour) as price_usd_per_gpu_hour,
        max(observed_on) as last_seen_on,
        min(greatest(datediff('day', stands_until_on, day_on), 0)) as carried_days,
        max(host_count) as host_count,
        sum(offer_count)::bigint as offer_count,
        count(*) as source_count,
        max(flag) as flag,
        bool_or(is_confirmed) as is_any_confirmed,
        bool_or(is_confirmed and confirmed_on is null) as is_any_plain,
        count(*) > 1 and max(price_usd_per_gpu_hour) <= 1.4 * min(price_usd_per_gpu_hour) as is_agreed,
        min(confirmed_on) as first_confirmed_on,
        min_by(
            struct_pack(
                instance_type := instance_type,
                source := source,
                source_url := source_url,
                licence := licence
            ),
            (datediff('day', observed_on, day_on), source)
        ) as cited
    from days
    semi join shared using (provider, accelerator, market, term_months, basis, region)
    group by provider, accelerator, market, term_months, basis, region, day_on
),

valued as (
    select
        provider,
        accelerator,
        market,
        term_months,
        basis,
        region,
        observed_on,
        region_group,
        price_usd_per_gpu_hour,
        last_seen_on,
        carried_days,
        host_count,
        offer_count,
        source_count,
        flag,
        is_any_confirmed or is_agreed as is_confirmed,
        case when not (is_any_plain or is_agreed) then first_confirmed_on end as confirmed_on,
        combined.cited.instance_type as instance_type,
        combined.cited.source as source,
        combined.cited.source_url as source_url,
        combined.cited.licence as licence
    from combined
    union all
    select
        provider,
        accelerator,
        market,
        term_months,
        basis,
        region,
        day_on as observed_on,
        region_group,
        price_usd_per_gpu_hour,
        observed_on as last_seen_on,
        greatest(datediff('day', stands_until_on, day_on), 0) as carried_days,
        host_count,
        offer_count,
        1 as source_count,
        flag,
        is_confirmed,
        confirmed_on,
        instance_type,
        source,
        source_url,
        licence
    from days
    anti join shared using (provider, accelerator, market, term_months, basis, region)
)

select
    valued.provider,
    valued.accelerator,
    valued.market,
    valued.term_months,
    valued.basis,
    valued.region,
    valued.observed_on,
    providers.tier,
    valued.region_group,
    valued.price_usd_per_gpu_hour,
    case
        when valued.flag is not null then valued.flag
        when valued.is_confirmed then 'confirmed'
        else 'unconfirmed'
    end as sighting_status,
    valued.confirmed_on,
    valued.last_seen_on,
    valued.carried_days,
    valued.instance_type,
    valued.host_count,
    valued.offer_count,
    valued.source_count,
    valued.source,
    valued.source_url,
    valued.licence
from valued
join staging.providers as providers on valued.provider = providers.provider
order by
    valued.provider,
    valued.accelerator,
    valued.market,
    valued.term_months,
    valued.basis,
    valued.region,
    valued.observed_on
