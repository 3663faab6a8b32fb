-- What an accelerator-hour rents for when only the market moves it: the level of a fixed panel of items,
-- moved by the index, by week and month. Every value, decay, coverage and stress rests on this table, never
-- on the median of whoever was there. The panel is renewed each January (`reference_on`); what that did
-- stands in steps.panel_movement. A period without enough providers keeps the rent of the last one that had
-- them, for at most 31 days after its last look (`last_observed_on`); after that it is withheld.
-- The interval (95 %) is that of the index since `reference_on`, null under three providers; how far apart
-- the panel's providers are is in p25 and p75.
-- by day: period_end_on, all days
-- grain: period, accelerator, tier, market, term_months, basis, period_end_on
with movement as (
    select *
    from steps.panel_movement
),

first_published as (
    select
        period,
        accelerator,
        tier,
        market,
        term_months,
        basis,
        min(period_end_on) as first_on
    from movement
    where publication_status = 'published'
    group by all
),

ends as (
    select distinct
        period,
        period_end_on,
        known_at
    from movement
),

cells as (
    select
        first_published.period,
        first_published.accelerator,
        first_published.tier,
        first_published.market,
        first_published.term_months,
        first_published.basis,
        ends.period_end_on,
        ends.known_at
    from first_published
    join ends
        on first_published.period = ends.period
        and first_published.first_on <= ends.period_end_on
),

-- The last published period of the cell, this one or an earlier one.
stood as (
    select
        cells.*,
        movement.withheld_reason,
        max(case when movement.publication_status = 'published' then movement.period_end_on end) over (
            partition by
                cells.period, cells.accelerator, cells.tier, cells.market, cells.term_months,
                cells.basis
            order by cells.period_end_on
        ) as rent_of_on
    from cells
    left join movement using (
        period, accelerator, tier, market, term_months, basis, period_end_on
    )
),

rented as (
    select
        stood.*,
        movement.log_rent,
        movement.log_rent_reach,
        movement.p25_log_rent,
        movement.p75_log_rent,
        movement.provider_count,
        movement.item_count,
        movement.host_count,
        movement.last_observed_on,
        movement.multilateral_price_index,
        movement.chain_started_on,
        movement.reference_on,
        movement.reference_provider_count,
        datediff('day', movement.last_observed_on, stood.period_end_on) as unobserved_days
    from stood
    join movement
        on stood.period = movement.period
        and stood.accelerator = movement.accelerator
        and stood.tier = movement.tier
        and stood.market = movement.market
        and stood.term_months = movement.term_months
        and stood.basis = movement.basis
        and stood.rent_of_on = movement.period_end_on
),

decided as (
    select
        *,
        case
            when unobserved_days > 31
                then coalesce(withheld_reason || ' since ', 'no price observed since ')
                || last_observed_on
            when log_rent is null then 'no price in a reference region'
        end as reason
    from rented
)

select
    period,
    accelerator,
    tier,
    market,
    term_months,
    basis,
    period_end_on,
    case when reason is null then 'published' else 'withheld' end as publication_status,
    reason as withheld_reason,
    case when reason is null then exp(log_rent) end as rent_usd_per_gpu_hour,
    case when reason is null then exp(log_rent - log_rent_reach) end
        as interval_low_rent_usd_per_gpu_hour,
    case when reason is null then exp(log_rent + log_rent_reach) end
        as interval_high_rent_usd_per_gpu_hour,
    case when reason is null then exp(p25_log_rent) end as p25_rent_usd_per_gpu_hour,
    case when reason is null then exp(p75_log_rent) end as p75_rent_usd_per_gpu_hour,
    case when reason is null then multilateral_price_index end as multilateral_price_index,
    chain_started_on,
    provider_count,
    provider_count = 1 as single_provider,
    item_count,
    host_count,
    reference_on,
    reference_provider_count,
    last_observed_on,
    unobserved_days,
    known_at
from decided
order by period, accelerator, tier, market, term_months, basis, period_end_on
