-- CoreWeave's debt at the end of June 2025, with and without collateral. Drawn: balances filed. Committed: as
-- filed. High reading: committed, what is drawn under instruments without a stated commitment, and what was only
-- announced.
with classes as (
    select * from marts.gpu_debt_market
    where borrower = 'CoreWeave' and period_end_on = date '2025-06-30'
),

addresses as (
    select distinct unnest(string_split(classes.source_urls, ' ')) as source_url from classes
),

market as (
    select
        classes.period_end_on,
        sum(classes.filed_drawn_usd) as filed_drawn_usd,
        sum(classes.filed_committed_usd) as filed_committed_usd,
        sum(classes.announced_committed_usd) as announced_committed_usd,
        (select string_agg(addresses.source_url, ' ' order by addresses.source_url) from addresses)
            as source_urls
    from classes
    group by classes.period_end_on
),

open_ended as (
    select coalesce(sum(stack.principal_usd), 0) as drawn_usd
    from marts.issuer_debt_stack as stack
    join marts.facility as facility on stack.facility_id = facility.facility_id
    where stack.issuer = 'CoreWeave'
    and stack.balance_on = date '2025-06-30'
    and facility.commitment_usd is null
)

select
    market.filed_drawn_usd as measured_value,
    least(market.filed_drawn_usd, market.filed_committed_usd) as measured_low_value,
    market.filed_committed_usd + coalesce(market.announced_committed_usd, 0) + open_ended.drawn_usd
        as measured_high_value,
    market.period_end_on as measured_on,
    'drawn ' || cast(round(market.filed_drawn_usd / 1e9, 2) as varchar) || ' bn, committed '
    || cast(round(market.filed_committed_usd / 1e9, 2) as varchar) || ' bn, drawn where no commitment is stated '
    || cast(round(open_ended.drawn_usd / 1e9, 2) as varchar) || ' bn, announced besides '
    || cast(round(coalesce(market.announced_committed_usd, 0) / 1e9, 2) as varchar) || ' bn' as measure,
    cast(null as varchar) as gap_reason,
    (select max(everything.known_at) from marts.facility as everything) as known_at,
    market.source_urls
from market
cross join open_ended
