-- Debt secured by GPUs at the end of June 2025: drawn as filed, committed as filed, and with what was only
-- announced or told by the press. The words say when commitments on record did pass 20 billion.
with borrowers as (
    select * from marts.gpu_debt_market
    where collateral_class = 'gpu'
),

addresses as (
    select distinct unnest(string_split(borrowers.source_urls, ' ')) as source_url
    from borrowers
    where borrowers.period_end_on = date '2025-06-30'
),

months as (
    select
        borrowers.period_end_on,
        sum(borrowers.filed_drawn_usd) as filed_drawn_usd,
        sum(borrowers.filed_committed_usd) as filed_committed_usd,
        sum(borrowers.filed_committed_usd) + coalesce(sum(borrowers.announced_committed_usd), 0)
        + coalesce(sum(borrowers.press_estimate_usd), 0) as all_usd,
        cast(sum(borrowers.facility_count) as bigint) as facility_count,
        cast(sum(borrowers.facilities_without_commitment_count) as bigint)
            as facilities_without_commitment_count,
        (select string_agg(addresses.source_url, ' ' order by addresses.source_url) from addresses)
            as source_urls
    from borrowers
    group by borrowers.period_end_on
),

passed as (
    select min(period_end_on) as passed_on from months where all_usd > 2e10
)

select
    months.filed_committed_usd as measured_value,
    least(months.filed_drawn_usd, months.filed_committed_usd) as measured_low_value,
    months.all_usd as measured_high_value,
    months.period_end_on as measured_on,
    'drawn ' || cast(round(months.filed_drawn_usd / 1e9, 2) as varchar) || ' bn and committed '
    || cast(round(months.filed_committed_usd / 1e9, 2) as varchar) || ' bn as filed, all on record '
    || cast(round(months.all_usd / 1e9, 2) as varchar) || ' bn in '
    || cast(months.facility_count as varchar) || ' facilities, '
    || cast(months.facilities_without_commitment_count as varchar) || ' of them without an amount; '
    || coalesce('above 20 bn from ' || cast(passed.passed_on as varchar), 'not above 20 bn since')
        as measure,
    cast(null as varchar) as gap_reason,
    (select max(everything.known_at) from marts.facility as everything) as known_at,
    months.source_urls
from months
cross join passed
where months.period_end_on = date '2025-06-30'
