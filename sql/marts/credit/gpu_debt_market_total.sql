-- How much debt stood behind AI infrastructure at each month's end in all: the sum of gpu_debt_market, one row a
-- month, the secured part of it beside. What is filed, announced and told by the press never adds across. Each
-- borrower counts at its own day (gpu_debt_market.balance_on).
-- grain: period_end_on
with addresses as (
    select distinct
        market.period_end_on,
        unnest(string_split(market.source_urls, ' ')) as source_url
    from marts.gpu_debt_market as market
),

cited as (
    select
        addresses.period_end_on,
        string_agg(addresses.source_url, ' ' order by addresses.source_url) as source_urls
    from addresses
    group by addresses.period_end_on
)

select
    market.period_end_on,
    cast(sum(market.facility_count) as bigint) as facility_count,
    cast(sum(market.filed_facility_count) as bigint) as filed_facility_count,
    cast(sum(market.announced_facility_count) as bigint) as announced_facility_count,
    cast(sum(market.press_facility_count) as bigint) as press_facility_count,
    count(distinct market.borrower) as borrower_count,
    sum(market.filed_drawn_usd) as filed_drawn_usd,
    sum(market.filed_committed_usd) as filed_committed_usd,
    sum(market.announced_drawn_usd) as announced_drawn_usd,
    sum(market.announced_committed_usd) as announced_committed_usd,
    sum(market.press_drawn_usd) as press_drawn_usd,
    sum(market.press_estimate_usd) as press_estimate_usd,
    sum(case when market.collateral_class <> 'unsecured' then market.filed_drawn_usd end)
        as secured_filed_drawn_usd,
    sum(case when market.collateral_class <> 'unsecured' then market.filed_committed_usd end)
        as secured_filed_committed_usd,
    cast(sum(market.facilities_without_balance_count) as bigint) as facilities_without_balance_count,
    cast(sum(market.facilities_without_commitment_count) as bigint) as facilities_without_commitment_count,
    sum(market.other_day_drawn_usd) as other_day_drawn_usd,
    cast(sum(market.facilities_of_other_day_count) as bigint) as facilities_of_other_day_count,
    case when bool_or(market.drawn_bound = 'lower') then 'lower' else 'stated' end as drawn_bound,
    case when bool_or(market.committed_bound = 'lower') then 'lower' else 'stated' end as committed_bound,
    max(market.balance_on) as balance_on,
    min(market.oldest_balance_on) as oldest_balance_on,
    max(cited.source_urls) as source_urls
from marts.gpu_debt_market as market
left join cited on market.period_end_on = cited.period_end_on
group by market.period_end_on
order by market.period_end_on desc
