-- What each facility owed on each day worth a row, and which version of its terms was in force then: every
-- day of a filed balance, and every quarter end between two balances of its borrower. Between two filed
-- balances the debt moves evenly from one to the other (`between_filed`); before the first it is not known
-- (`not_filed`), and after the last there is no row. A day before the first version of the terms goes by the
-- first. What is known only later, because the next balance is, has the later `known_at`.
-- grain: facility_id, balance_on
with filed as (
    select
        balances.*,
        lead(balances.balance_on) over facility_days as next_on,
        lead(balances.principal_usd) over facility_days as next_usd,
        lead(balances.known_at) over facility_days as next_known_at,
        lead(balances.confidence) over facility_days as next_confidence
    from steps.facility_balance as balances
    where balances.principal_usd is not null
    window facility_days as (
        partition by balances.facility_id order by balances.balance_on
    )
),

stretches as (
    select
        filed.facility_id,
        min(filed.balance_on) as first_on,
        max(filed.balance_on) as last_on
    from filed
    group by all
),

facilities as (
    select
        terms.facility_id,
        terms.borrower,
        coalesce(least(terms.closed_on, stretches.first_on), stretches.first_on) as from_on,
        stretches.first_on,
        stretches.last_on
    from steps.facility_terms as terms
    join stretches on terms.facility_id = stretches.facility_id
    where terms.in_force_to_on is null
),

borrowers as (
    select
        facilities.borrower,
        min(facilities.first_on) as first_on,
        max(facilities.last_on) as last_on
    from facilities
    group by all
),

quarter_starts as (
    select
        borrowers.borrower,
        borrowers.first_on,
        borrowers.last_on,
        cast(unnest(generate_series(
            cast(date_trunc('quarter', borrowers.first_on) as date),
            cast(date_trunc('quarter', borrowers.last_on) as date),
            interval 3 month
        )) as date) as start_on
    from borrowers
),

days as (
    select
        filed.facility_id,
        filed.balance_on
    from filed
    union
    select
        facilities.facility_id,
        last_day(cast(quarter_starts.start_on + interval 2 month as date)) as balance_on
    from quarter_starts
    join facilities
        on quarter_starts.borrower = facilities.borrower
        and last_day(cast(quarter_starts.start_on + interval 2 month as date)) >= facilities.from_on
        and last_day(cast(quarter_starts.start_on + interval 2 month as date)) < facilities.last_on
    where last_day(cast(quarter_starts.start_on + interval 2 month as date)) >= quarter_starts.first_on
),

owed as (
    select
        days.facility_id,
        days.balance_on,
        case
            when filed.facility_id is null then 'not_filed'
            when filed.balance_on = days.balance_on then 'filed'
            else 'between_filed'
        end as balance_basis,
        case
            when filed.balance_on = days.balance_on then filed.principal_usd
            else filed.principal_usd + (filed.next_usd - filed.principal_usd)
                * datediff('day', filed.balance_on, days.balance_on)
                / datediff('day', filed.balance_on, filed.next_on)
        end as principal_usd,
        filed.balance_on as balance_from_on,
        case when filed.balance_on < days.balance_on then filed.next_on end as balance_to_on,
        case when filed.balance_on = days.balance_on then filed.accession end as accession,
        case when filed.balance_on = days.balance_on then filed.evidence end as evidence,
        case
            when filed.balance_on = days.balance_on then filed.confidence
            when 'low' in (filed.confidence, filed.next_confidence) then 'low'
            when filed.facility_id is not null then 'medium'
        end as confidence,
        case
            when filed.balance_on < days.balance_on then greatest(filed.known_at, filed.next_known_at)
            else filed.known_at
        end as known_at,
        filed.source_url
    from days
    left join filed
        on days.facility_id = filed.facility_id
        and filed.balance_on <= days.balance_on
        and (filed.next_on > days.balance_on or filed.balance_on = days.balance_on)
)

select
    owed.facility_id,
    owed.balance_on,
    owed.balance_basis,
    owed.principal_usd,
    owed.balance_from_on,
    owed.balance_to_on,
    terms.in_force_from_on,
    owed.accession,
    owed.evidence,
    owed.confidence,
    coalesce(owed.known_at, terms.known_at) as known_at,
    coalesce(owed.source_url, terms.source_url) as source_url
from owed
join steps.facility_terms as terms on owed.facility_id = terms.facility_id
qualify row_number() over (
    partition by owed.facility_id, owed.balance_on
    order by
        terms.in_force_from_on > owed.balance_on,
        case when terms.in_force_from_on <= owed.balance_on then terms.in_force_from_on end desc nulls last,
        terms.in_force_from_on
) = 1
order by owed.facility_id, owed.balance_on
