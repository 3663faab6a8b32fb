-- Ours beside levels other indices publish, each quoted singly with its citation and the day it became
-- known: publishers rewrite their history, so a comparison holds for that vintage only.
-- Ours is the published world level, host included, of the same accelerator, tier, market and term, on
-- the day or up to 7 days before. An index that pools tiers (`all`) has no level of ours to stand beside.
-- A difference is a question about method and panel, not a correction of either.
-- grain: publisher, index_name, tier, observed_on, known_at
with candidates as (
    select
        indices.publisher,
        indices.index_name,
        indices.tier,
        indices.level_on,
        indices.known_at,
        ours.median_price_usd_per_gpu_hour,
        ours.provider_count,
        ours.observed_on,
        row_number() over (
            partition by
                indices.publisher,
                indices.index_name,
                indices.tier,
                indices.level_on,
                indices.known_at
            order by ours.observed_on desc
        ) as nearness
    from staging.published_indices as indices
    join marts.gpu_price_daily as ours
        on indices.accelerator = ours.accelerator
        and indices.tier = ours.tier
        and indices.market = ours.market
        and indices.term_months = ours.term_months
        and ours.observed_on <= indices.level_on
        and ours.observed_on >= indices.level_on - interval 7 day
    where ours.region_group = 'all'
    and ours.basis = 'all_in'
    and ours.publication_status = 'published'
)

select
    indices.publisher,
    indices.index_name,
    indices.accelerator,
    indices.tier,
    indices.market,
    indices.term_months,
    indices.level_on as observed_on,
    indices.known_at,
    indices.level_usd_per_gpu_hour,
    ours.median_price_usd_per_gpu_hour as our_price_usd_per_gpu_hour,
    ours.observed_on as our_observed_on,
    ours.provider_count,
    ours.median_price_usd_per_gpu_hour / indices.level_usd_per_gpu_hour - 1 as difference_fraction,
    case
        when ours.observed_on is not null then null
        when indices.tier = 'all' then 'the index pools tiers'
        else 'no published level of ours on the day or the 7 days before'
    end as missing_reason,
    indices.confidence,
    indices.source_url
from staging.published_indices as indices
left join candidates as ours
    on indices.publisher = ours.publisher
    and indices.index_name = ours.index_name
    and indices.tier = ours.tier
    and indices.level_on = ours.level_on
    and indices.known_at = ours.known_at
    and ours.nearness = 1
order by indices.publisher, indices.index_name, indices.tier, indices.level_on, indices.known_at
