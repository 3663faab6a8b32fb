-- The one vote of a provider in a cell and a day: its median over the regions of the group. The group `all` holds
-- all its regions; of a hyperscaler only its reference region (steps.reference_region), because a median over
-- cheap and dear regions moves with those that a recorder prints. `is_inverted`: spot above the same provider's
-- on-demand price in the same place, one against one.
-- by day: observed_on
-- grain: accelerator, tier, market, term_months, basis, region_group, observed_on, provider
with placed as (
    select
        provider,
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region_group,
        observed_on,
        price_usd_per_gpu_hour,
        host_count,
        offer_count,
        carried_days,
        last_seen_on
    from marts.provider_price_daily
    where sighting_status = 'confirmed'
    union all
    select
        prices.provider,
        prices.accelerator,
        prices.tier,
        prices.market,
        prices.term_months,
        prices.basis,
        'all' as region_group,
        prices.observed_on,
        prices.price_usd_per_gpu_hour,
        prices.host_count,
        prices.offer_count,
        prices.carried_days,
        prices.last_seen_on
    from marts.provider_price_daily as prices
    left join steps.reference_region as reference on prices.provider = reference.provider
    where prices.sighting_status = 'confirmed'
    -- The reference region before `global`; without either the provider has no vote.
    qualify prices.tier <> 'hyperscaler'
    or reference.region is null
    or prices.region = reference.region
    or (
        prices.region = 'global'
        and not bool_or(prices.region = reference.region) over (
            partition by
                prices.provider, prices.accelerator, prices.market, prices.term_months, prices.basis,
                prices.observed_on
        )
    )
),

provider_votes as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region_group,
        observed_on,
        provider,
        median(price_usd_per_gpu_hour) as price_usd_per_gpu_hour,
        sum(host_count)::bigint as host_count,
        sum(offer_count)::bigint as offer_count,
        min(carried_days) as carried_days,
        max(last_seen_on) as last_seen_on
    from placed
    group by all
),

-- Spot held against the same provider's on-demand price in the same place, one against one.
opposed as (
    select
        *,
        market = 'spot' and price_usd_per_gpu_hour > max(
            case when market = 'on_demand' then price_usd_per_gpu_hour end
        ) over same_place
        or market = 'on_demand' and price_usd_per_gpu_hour < max(
            case when market = 'spot' then price_usd_per_gpu_hour end
        ) over same_place as is_inverted
    from provider_votes
    window same_place as (
        partition by accelerator, tier, basis, region_group, observed_on, provider
    )
)

select *
from opposed
