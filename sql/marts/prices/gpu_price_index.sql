-- The movement of a price: a matched-model (Jevons) index, chained over the days a panel exists, base
-- 100, beside the level, with every change split into market, entry, exit and restatement (METHODS 3).
-- A link compares the same providers in the same regions on both of its days, so that a panel that grows
-- from 7 to 28 providers does not read as a fall. Within a provider regions count equally, then each
-- provider has one vote, as in the level (docs/decisions/0008).
-- The panel price is that mean over everyone present; its change is what the four parts add up to. The
-- median of `gpu_price_daily` (world) stands beside it. Where nothing is common to both days the chain
-- starts again at 100 (`chain_started_on`). A link across silent days says how many.
-- A price whose bundle changed (an offer flagged `restatement`) moves the panel, never the index.
-- Drift: a provider that leaves at one price and returns at another moves entry and exit only. The
-- bridged index compares it with its own last price, up to 366 days back, and counts providers that are
-- away as unchanged: it lags, but does not lose what happened between two looks of a sparse record.
-- by day: observed_on, all days
-- grain: accelerator, tier, market, term_months, basis, observed_on
with provider_levels as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        observed_on,
        provider,
        count(*) as item_count,
        (sum(log_price::decimal(18, 12))::double / count(*))::decimal(18, 12) as log_price
    from steps.panel_item
    group by accelerator, tier, market, term_months, basis, observed_on, provider
),

panels as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        observed_on,
        sum(item_count)::bigint as item_count,
        count(*) as provider_count,
        sum(log_price)::double / count(*) as log_level
    from provider_levels
    group by accelerator, tier, market, term_months, basis, observed_on
),

days as (
    select
        *,
        lag(observed_on) over cell as before_on,
        lag(item_count) over cell as item_before_count,
        lag(log_level) over cell as log_level_before
    from panels
    window cell as (
        partition by accelerator, tier, market, term_months, basis
        order by observed_on
    )
),

-- Items with an earlier price: on the panel's day before (a link), or within 366 days (a bridge).
seen_before as (
    select
        items.accelerator,
        items.tier,
        items.market,
        items.term_months,
        items.basis,
        items.observed_on,
        items.provider,
        items.log_price::decimal(18, 12) as log_price,
        items.log_price_before::decimal(18, 12) as log_price_before,
        items.log_price::decimal(18, 12) - items.log_price_before::decimal(18, 12) as log_change,
        items.item_before_on = days.before_on as is_common,
        items.item_before_on = days.before_on and not items.is_item_restated as is_matched,
        items.item_before_on >= items.observed_on - interval 366 day and not items.is_item_restated
            as is_bridged
    from steps.panel_item as items
    join days
        on items.accelerator = days.accelerator
        and items.tier = days.tier
        and items.market = days.market
        and items.term_months = days.term_months
        and items.basis = days.basis
        and items.observed_on = days.observed_on
    where items.item_before_on is not null
),

provider_links as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        observed_on,
        provider,
        count(case when is_common then 1 end) as common_count,
        count(case when is_matched then 1 end) as matched_count,
        sum(case when is_common then log_price end)::double
            / nullif(count(case when is_common then 1 end), 0) as log_common,
        sum(case when is_common then log_price_before end)::double
            / nullif(count(case when is_common then 1 end), 0) as log_common_before,
        sum(case when is_matched then log_change end)::double
            / nullif(count(case when is_matched then 1 end), 0) as matched_change,
        sum(case when is_bridged then log_change end)::double
            / nullif(count(case when is_bridged then 1 end), 0) as bridged_change
    from seen_before
    group by accelerator, tier, market, term_months, basis, observed_on, provider
),

links as (
    select
        accelerator,
        tier,
        market,
        term_months,
        basis,
        observed_on,
        sum(common_count)::bigint as common_count,
        sum(matched_count)::bigint as matched_count,
        count(matched_change) as matched_provider_count,
        sum(log_common::decimal(18, 12))::double / nullif(count(log_common), 0) as log_common,
        sum(log_common_before::decimal(18, 12))::double / nullif(count(log_common), 0)
            as log_common_before,
        sum(matched_change::decimal(18, 12))::double / nullif(count(matched_change), 0)
            as matched_change,
        coalesce(sum(bridged_change::decimal(18, 12))::double, 0) as bridged_sum
    from provider_links
    group by accelerator, tier, market, term_months, basis, observed_on
),

split as (
    select
        days.accelerator,
        days.tier,
        days.market,
        days.term_months,
        days.basis,
        days.observed_on,
        days.before_on,
        days.provider_count,
        days.item_count,
        days.log_level,
        days.log_level - days.log_level_before as panel_change,
        coalesce(links.matched_count, 0) as matched_count,
        coalesce(links.matched_provider_count, 0) as matched_provider_count,
        days.item_count - coalesce(links.common_count, 0) as entered_count,
        coalesce(days.item_before_count, 0) - coalesce(links.common_count, 0) as exited_count,
        coalesce(links.common_count, 0) - coalesce(links.matched_count, 0) as restated_count,
        case when days.before_on is not null then coalesce(links.matched_change, 0) end
            as market_change,
        -- Without anything in common there is nothing to hold entry and exit against: all is entry.
        days.log_level - coalesce(links.log_common, days.log_level_before) as entry_change,
        coalesce(links.log_common_before, days.log_level_before) - days.log_level_before
            as exit_change,
        case
            when days.before_on is not null
                then coalesce(links.log_common - links.log_common_before, 0)
                    - coalesce(links.matched_change, 0)
        end as restatement_change,
        coalesce(links.common_count, 0) = 0 as starts_chain,
        remembered.remembered_provider_count,
        remembered.remembered_provider_count = 0 as starts_bridge,
        coalesce(links.bridged_sum / nullif(remembered.remembered_provider_count, 0), 0)
            as bridged_change,
        case when days.tier = 'hyperscaler' then 1 else 3 end as needed_count
    from days
    join steps.panel_memory as remembered
        using (accelerator, tier, market, term_months, basis, observed_on)
    left join links using (accelerator, tier, market, term_months, basis, observed_on)
),

chains as (
    select
        *,
        max(case when starts_chain then observed_on end) over until_now as chain_started_on,
        max(case when starts_bridge then observed_on end) over until_now as bridge_started_on
    from split
    window until_now as (
        partition by accelerator, tier, market, term_months, basis
        order by observed_on
        rows between unbounded preceding and current row
    )
),

chained as (
    select
        *,
        case
            when starts_chain then provider_count < needed_count
            else matched_provider_count < needed_count
        end as is_thin,
        100 * exp((sum(case when starts_chain then 0 else market_change::decimal(18, 12) end)
            over chain)::double) as price_index,
        100 * exp((sum(case when starts_bridge then 0 else bridged_change::decimal(18, 12) end)
            over bridge)::double) as bridged_price_index,
        (sum(case when not starts_chain and matched_provider_count < needed_count then 1 else 0 end)
            over chain)::bigint as thin_link_count
    from chains
    window
        chain as (
            partition by accelerator, tier, market, term_months, basis, chain_started_on
            order by observed_on
            rows between unbounded preceding and current row
        ),
        bridge as (
            partition by accelerator, tier, market, term_months, basis, bridge_started_on
            order by observed_on
            rows between unbounded preceding and current row
        )
)

select
    chained.accelerator,
    chained.tier,
    chained.market,
    chained.term_months,
    chained.basis,
    chained.observed_on,
    case when chained.is_thin then 'withheld' else 'published' end as publication_status,
    case
        when chained.is_thin and chained.starts_chain then 'fewer than 3 providers'
        when chained.is_thin then 'fewer than 3 providers on both days of the link'
    end as withheld_reason,
    case when not chained.is_thin then chained.price_index end as price_index,
    case when chained.remembered_provider_count >= chained.needed_count
        then chained.bridged_price_index end as bridged_price_index,
    case when chained.provider_count >= chained.needed_count then exp(chained.log_level) end
        as panel_price_usd_per_gpu_hour,
    levels.median_price_usd_per_gpu_hour,
    chained.panel_change as panel_log_change,
    chained.market_change as market_log_change,
    chained.entry_change as entry_log_change,
    chained.exit_change as exit_log_change,
    chained.restatement_change as restatement_log_change,
    chained.provider_count,
    chained.matched_provider_count,
    chained.remembered_provider_count,
    chained.item_count,
    chained.matched_count,
    chained.entered_count,
    chained.exited_count,
    chained.restated_count,
    datediff('day', chained.before_on, chained.observed_on) as days_since_previous,
    chained.thin_link_count,
    chained.chain_started_on,
    chained.bridge_started_on
from chained
left join marts.gpu_price_daily as levels
    on chained.accelerator = levels.accelerator
    and chained.tier = levels.tier
    and chained.market = levels.market
    and chained.term_months = levels.term_months
    and chained.basis = levels.basis
    and chained.observed_on = levels.observed_on
    and levels.region_group = 'all'
order by
    chained.accelerator,
    chained.tier,
    chained.market,
    chained.term_months,
    chained.basis,
    chained.observed_on
