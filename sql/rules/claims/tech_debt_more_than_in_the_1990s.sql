-- A year of borrowing now over a year of the bubble's, in money of today. Then: telecom bonds of 1996 to 2001 per
-- year, and with syndicated loans of 1999 to 2001. Now: bonds of hyperscalers and of technology companies in a year
-- as others count them. Least: the smaller count now over bonds and loans then; greatest: the larger over bonds.
with per_year as (
    select
        series_name,
        scope,
        period_start_on,
        period_end_on,
        today_usd_per_year,
        known_at,
        source_urls
    from marts.tech_debt_issuance
    where tally_measure = 'gross_issuance' and today_usd_per_year is not null
),

old_bonds as (
    select * from per_year where series_name = 'telecom_bonds_malik'
),

old_loans as (
    select * from per_year where series_name = 'telecom_syndicated_loans_thomson'
),

now as (
    select
        min(today_usd_per_year) as low_usd,
        max(today_usd_per_year) as high_usd,
        max(period_end_on) as period_end_on,
        string_agg(
            series_name || ' ' || cast(round(today_usd_per_year / 1e9) as varchar) || ' bn to '
            || cast(period_end_on as varchar), ', ' order by series_name
        ) as told,
        max(known_at) as known_at,
        string_agg(distinct source_urls, ' ' order by source_urls) as source_urls
    from (
        select * from per_year
        where series_name in ('hyperscaler_bonds_bofa', 'tech_bond_issuance_dealogic', 'tech_ai_debt_ubs')
        and period_end_on >= date '2025-01-01'
        and datediff('day', period_start_on, period_end_on) > 350
        qualify row_number() over (partition by series_name order by period_end_on desc, scope) = 1
    ) as newest
)

select
    now.high_usd / (old_bonds.today_usd_per_year + old_loans.today_usd_per_year) as measured_value,
    now.low_usd / (old_bonds.today_usd_per_year + old_loans.today_usd_per_year) as measured_low_value,
    now.high_usd / old_bonds.today_usd_per_year as measured_high_value,
    now.period_end_on as measured_on,
    'a year now: ' || now.told || '; then, telecom alone: bonds '
    || cast(round(old_bonds.today_usd_per_year / 1e9) as varchar) || ' bn, loans '
    || cast(round(old_loans.today_usd_per_year / 1e9) as varchar) || ' bn a year of today' as measure,
    case when now.low_usd is null then 'no count of a year since 2025 was known' end as gap_reason,
    greatest(now.known_at, old_bonds.known_at) as known_at,
    now.source_urls || ' ' || old_bonds.source_urls || ' ' || old_loans.source_urls as source_urls
from now
cross join old_bonds
cross join old_loans
