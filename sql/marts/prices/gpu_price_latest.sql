-- The one-line answer: what an accelerator-hour rents for now, how it changed over one, three and twelve
-- months, on how much it rests and how old it is, or why there is none. The newest week held of
-- gpu_rent, all-in prices; nothing else needs to be filtered but the accelerator and the market.
-- Changes are those of the index; null where the two weeks lie in different chains.
-- grain: accelerator, tier, market, term_months
with weeks as (
    select *
    from marts.gpu_rent
    where period = 'week'
    and basis = 'all_in'
),

newest as (
    select max(period_end_on) as newest_on from weeks
),

published as (
    select
        accelerator,
        tier,
        market,
        term_months,
        max(period_end_on) as last_published_on
    from weeks
    where publication_status = 'published'
    group by all
),

-- The newest published week at least so long before the newest one.
earlier as (
    select
        current.accelerator,
        current.tier,
        current.market,
        current.term_months,
        spans.month_count,
        max_by(past.multilateral_price_index, past.period_end_on) as multilateral_price_index
    from weeks as current
    cross join newest
    cross join (values (1), (3), (12)) as spans (month_count)
    join weeks as past
        on current.accelerator = past.accelerator
        and current.tier = past.tier
        and current.market = past.market
        and current.term_months = past.term_months
        and current.chain_started_on = past.chain_started_on
    where current.period_end_on = newest.newest_on
    and past.publication_status = 'published'
    and past.period_end_on <= (newest.newest_on - spans.month_count * interval 1 month)::date
    and past.period_end_on
        > (newest.newest_on - (spans.month_count + 1) * interval 1 month)::date
    group by all
),

spans as (
    select
        accelerator,
        tier,
        market,
        term_months,
        max(case when month_count = 1 then multilateral_price_index end) as index_1,
        max(case when month_count = 3 then multilateral_price_index end) as index_3,
        max(case when month_count = 12 then multilateral_price_index end) as index_12
    from earlier
    group by all
)

select
    weeks.accelerator,
    weeks.tier,
    weeks.market,
    weeks.term_months,
    weeks.period_end_on,
    weeks.publication_status,
    weeks.withheld_reason,
    weeks.rent_usd_per_gpu_hour,
    weeks.interval_low_rent_usd_per_gpu_hour,
    weeks.interval_high_rent_usd_per_gpu_hour,
    100 * (weeks.multilateral_price_index / spans.index_1 - 1) as change_1_month_pct,
    100 * (weeks.multilateral_price_index / spans.index_3 - 1) as change_3_months_pct,
    100 * (weeks.multilateral_price_index / spans.index_12 - 1) as change_12_months_pct,
    weeks.provider_count,
    weeks.single_provider,
    weeks.item_count,
    weeks.last_observed_on,
    weeks.unobserved_days,
    last.period_end_on as last_published_on,
    last.rent_usd_per_gpu_hour as last_published_rent_usd_per_gpu_hour,
    weeks.known_at
from weeks
join newest on weeks.period_end_on = newest.newest_on
join published using (accelerator, tier, market, term_months)
join weeks as last
    on weeks.accelerator = last.accelerator
    and weeks.tier = last.tier
    and weeks.market = last.market
    and weeks.term_months = last.term_months
    and published.last_published_on = last.period_end_on
left join spans
    on weeks.accelerator = spans.accelerator
    and weeks.tier = spans.tier
    and weeks.market = spans.market
    and weeks.term_months = spans.term_months
order by weeks.accelerator, weeks.tier, weeks.market, weeks.term_months
