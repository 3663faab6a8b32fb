-- The level of a price: what one accelerator-hour rents for, by tier, market, term and region group.
-- One provider, one vote; where one marketplace is alone its machines vote. A cell that rests on too
-- little, or disagrees with itself or with the economic order, is withheld and says why (METHODS 2).
-- `all` takes each provider once over all its regions, a hyperscaler in its reference region only; the other
-- groups hold their own regions (steps.price_vote). The interval is that between two votes; how often such a pair holds the median is
-- interval_coverage_pct, exactly (75 % of three votes, not 95).
-- Steps that wait for a second sighting and prices that exclude the host never mix in.
-- by day: observed_on, 33 days before
-- grain: accelerator, tier, market, term_months, basis, region_group, observed_on
with panels as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region_group,
        observed_on,
        count(*) as provider_count,
        bool_or(is_inverted) as is_inverted,
        sum(host_count)::bigint as host_count,
        sum(offer_count)::bigint as offer_count,
        max(carried_days) as carried_days,
        max(last_seen_on) as last_seen_on,
        -- Shares of machines in a marketplace, else of votes (one each).
        case
            when tier = 'marketplace' and sum(host_count) > 0
                then sum(host_count * host_count) / (sum(host_count)::double * sum(host_count))
            else 1.0 / count(*)
        end as provider_hhi,
        min(provider) as a_provider
    from steps.price_vote
    group by accelerator, tier, market, term_months, basis, region_group, observed_on
),

-- Machines of a marketplace that is alone in its cell, on days it was seen.
machines as (
    select
        panels.accelerator,
        panels.tier,
        panels.market,
        panels.term_months,
        panels.basis,
        panels.region_group,
        panels.observed_on,
        coalesce(hosts.operator_id, hosts.host_id) as operator_id,
        hosts.price_usd_per_gpu_hour
    from panels
    join marts.host_price_daily as hosts
        on panels.a_provider = hosts.provider
        and panels.accelerator = hosts.accelerator
        and panels.market = hosts.market
        and panels.term_months = hosts.term_months
        and panels.basis = hosts.basis
        and panels.last_seen_on = hosts.observed_on
        and panels.region_group in (hosts.region_group, 'all')
    where panels.provider_count = 1
    and panels.tier = 'marketplace'
    and hosts.host_id <> 'list'
),

owners as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region_group,
        observed_on,
        operator_id,
        count(*) as machine_count
    from machines
    group by all
),

concentration as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region_group,
        observed_on,
        max(machine_count) / sum(machine_count)::double as largest_host_fraction,
        sum(machine_count * machine_count) / (sum(machine_count)::double * sum(machine_count)) as hhi
    from owners
    group by all
),

votes as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region_group,
        observed_on,
        price_usd_per_gpu_hour
    from machines
    union all
    select
        provider_votes.accelerator,
        provider_votes.tier,
        provider_votes.market,
        provider_votes.term_months,
        provider_votes.basis,
        provider_votes.region_group,
        provider_votes.observed_on,
        provider_votes.price_usd_per_gpu_hour
    from steps.price_vote as provider_votes
    anti join concentration
        using (accelerator, tier, market, term_months, basis, region_group, observed_on)
),

levels as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        region_group,
        observed_on,
        count(*) as vote_count,
        median(price_usd_per_gpu_hour) as median_price,
        quantile_cont(price_usd_per_gpu_hour, 0.25) as p25_price,
        quantile_cont(price_usd_per_gpu_hour, 0.75) as p75_price,
        min(price_usd_per_gpu_hour) as min_price,
        max(price_usd_per_gpu_hour) as max_price,
        list_sort(list(price_usd_per_gpu_hour)) as prices
    from votes
    group by all
),

measured as (
    select
        levels.*,
        levels.prices[ranks.rank_low] as interval_low_price,
        levels.prices[ranks.rank_high] as interval_high_price,
        panels.provider_count,
        coverages.interval_coverage_pct,
        coalesce(panels.is_inverted, false) as is_inverted,
        case
            when concentration.hhi is not null then levels.vote_count else panels.host_count
        end as host_count,
        panels.offer_count,
        panels.carried_days,
        panels.last_seen_on,
        coalesce(concentration.hhi, panels.provider_hhi) as hhi,
        concentration.largest_host_fraction
    from levels
    join panels using (accelerator, tier, market, term_months, basis, region_group, observed_on)
    left join concentration
        using (accelerator, tier, market, term_months, basis, region_group, observed_on)
    left join staging.interval_ranks as ranks on levels.vote_count = ranks.vote_total_count
    left join steps.interval_coverage as coverages
        on levels.vote_count = coverages.vote_total_count
),

-- Spot at or below on-demand, a longer term at or below a shorter one: prices of the same cell.
ordered as (
    select
        *,
        max(case when market = 'on_demand' and provider_count >= 3 then median_price end)
            over place as on_demand_price,
        max(case when market = 'spot' and provider_count >= 3 then median_price end)
            over place as spot_price,
        min(case when market = 'reserved' and provider_count >= 3 then median_price end)
            over shorter_terms as shorter_term_price
    from measured
    window
        place as (partition by accelerator, tier, basis, region_group, observed_on),
        shorter_terms as (
            partition by accelerator, tier, basis, region_group, observed_on
            order by term_months
            range between unbounded preceding and 1 preceding
        )
),

decided as (
    select
        *,
        case
            when tier <> 'hyperscaler' and provider_count < 3 and tier <> 'marketplace'
                then 'fewer than 3 providers'
            when tier = 'marketplace' and provider_count < 3 and host_count is null
                then 'fewer than 3 providers and an unknown number of machines'
            when tier = 'marketplace' and provider_count < 3 and host_count < 5
                then 'fewer than 3 providers and fewer than 5 machines'
            when tier = 'marketplace' and provider_count < 3 and largest_host_fraction is null
                then 'fewer than 3 providers and owners of the machines unknown'
            when tier = 'marketplace' and provider_count < 3 and largest_host_fraction > 0.5
                then 'one owner has more than half of the machines'
            when p75_price > 3 * p25_price
                then 'p75 is more than 3 times p25'
            when market in ('spot', 'on_demand') and provider_count >= 3
                and spot_price > on_demand_price
                then 'spot above on-demand'
            when provider_count < 3 and is_inverted
                then 'spot above the same provider''s on-demand price'
            when market = 'reserved' and provider_count >= 3
                and median_price > least(on_demand_price, shorter_term_price)
                then 'longer commitment dearer than a shorter one'
        end as withheld_reason
    from ordered
)

select
    accelerator,
    tier,
    market,
    term_months,
    basis,
    region_group,
    observed_on,
    case when withheld_reason is null then 'published' else 'withheld' end as publication_status,
    withheld_reason,
    case when withheld_reason is null then median_price end as median_price_usd_per_gpu_hour,
    case when withheld_reason is null then interval_low_price end
        as interval_low_price_usd_per_gpu_hour,
    case when withheld_reason is null then interval_high_price end
        as interval_high_price_usd_per_gpu_hour,
    case when withheld_reason is null and interval_low_price is not null
        then interval_coverage_pct end as interval_coverage_pct,
    case when withheld_reason is null then p25_price end as p25_price_usd_per_gpu_hour,
    case when withheld_reason is null then p75_price end as p75_price_usd_per_gpu_hour,
    case when withheld_reason is null then min_price end as min_price_usd_per_gpu_hour,
    case when withheld_reason is null then max_price end as max_price_usd_per_gpu_hour,
    provider_count,
    provider_count = 1 as single_provider,
    vote_count,
    host_count,
    offer_count,
    1.0 / hhi as effective_n,
    hhi,
    largest_host_fraction,
    carried_days,
    last_seen_on
from decided
order by accelerator, tier, market, term_months, basis, region_group, observed_on
