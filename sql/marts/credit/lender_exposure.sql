-- Who holds the debt at each quarter's end: a row per fund and facility, and for each facility that stands
-- a row of what no public holder accounts for, the balance less the par identified.
-- A fund's holding is that of its last report in the quarter (reported_on). The remainder is measured
-- against the last balance on or before the quarter's end (balance_on); where none is known it is unknown,
-- not zero. More identified par than balance is a contradiction between filings, left negative and flagged.
-- What an SPV or a tranche inside a larger facility owes is set against the larger one. Holdings whose
-- facility no rule tells lower no remainder, so it is the most there can be (par_bound). Quarters end with the newest fact, not with the clock.
-- grain: period_end_on, borrower, facility_id, holder_kind, fund_cik, fund
with newest_fact as (
    select cast(max(known_at) at time zone 'UTC' as date) as last_on from marts.lender_mark
),

dated as (
    select
        marks.*,
        cast(date_trunc('quarter', marks.period_end_on) + interval 3 month - interval 1 day as date)
            as quarter_end_on
    from marts.lender_mark as marks
),

reported as (
    select dated.*
    from dated
    join newest_fact on dated.quarter_end_on <= newest_fact.last_on
    qualify dense_rank() over (
        partition by dated.fund_cik, dated.fund, dated.quarter_end_on
        order by dated.period_end_on desc
    ) = 1
),

identified as (
    select
        reported.quarter_end_on as period_end_on,
        coalesce(facility.borrower, reported.borrower) as borrower,
        reported.facility_id,
        reported.fund_cik,
        reported.fund,
        max(reported.adviser) as adviser,
        max(reported.vehicle) as vehicle,
        max(reported.period_end_on) as reported_on,
        count(*) as holding_count,
        sum(reported.par_usd) as par_usd,
        sum(reported.fair_value_usd) as fair_value_usd,
        sum(reported.unfunded_usd) as unfunded_usd,
        case
            when count(reported.net_assets_pct) = count(*) then sum(reported.net_assets_pct)
            when max(reported.fund_net_assets_usd) > 0
                then 100 * sum(reported.fair_value_usd) / max(reported.fund_net_assets_usd)
        end as net_assets_pct,
        min(reported.source_url) as source_url
    from reported
    left join marts.facility as facility on reported.facility_id = facility.facility_id
    group by
        reported.quarter_end_on,
        coalesce(facility.borrower, reported.borrower),
        reported.facility_id,
        reported.fund_cik,
        reported.fund
),

quarters as (
    select distinct period_end_on from identified
),

balances as (
    select
        quarters.period_end_on,
        stated.facility_id,
        stated.balance_on,
        stated.principal_usd,
        stated.source_url
    from quarters
    join steps.facility_balance as stated on stated.balance_on <= quarters.period_end_on
    where stated.principal_usd is not null
    qualify row_number() over (
        partition by quarters.period_end_on, stated.facility_id
        order by stated.balance_on desc
    ) = 1
),

by_facility as (
    select
        identified.period_end_on,
        coalesce(facility.parent_facility_id, identified.facility_id) as facility_id,
        sum(identified.holding_count) as holding_count,
        sum(identified.par_usd) as par_usd,
        sum(identified.unfunded_usd) as unfunded_usd
    from identified
    left join marts.facility as facility on identified.facility_id = facility.facility_id
    where identified.facility_id is not null
    group by
        identified.period_end_on, coalesce(facility.parent_facility_id, identified.facility_id)
),

remainders as (
    select
        quarters.period_end_on,
        facility.borrower,
        facility.facility_id,
        by_facility.holding_count,
        coalesce(by_facility.par_usd, 0) as identified_par_usd,
        balances.balance_on,
        balances.principal_usd,
        coalesce(balances.source_url, facility.source_url) as source_url
    from quarters
    cross join marts.facility as facility
    -- The terms in force on the day; before the first of them none has ended.
    left join steps.facility_terms as terms
        on facility.facility_id = terms.facility_id
        and terms.in_force_from_on <= quarters.period_end_on
        and (terms.in_force_to_on is null or terms.in_force_to_on >= quarters.period_end_on)
    left join by_facility
        on quarters.period_end_on = by_facility.period_end_on
        and facility.facility_id = by_facility.facility_id
    left join balances
        on quarters.period_end_on = balances.period_end_on
        and facility.facility_id = balances.facility_id
    where facility.is_counted
    and (
        by_facility.facility_id is not null
        or (
            facility.counted_from_on <= quarters.period_end_on
            and (terms.maturity_on is null or terms.maturity_on > quarters.period_end_on)
        )
    )
)

select
    identified.period_end_on,
    identified.borrower,
    identified.facility_id,
    'identified' as holder_kind,
    identified.adviser,
    identified.vehicle,
    identified.fund,
    identified.fund_cik,
    identified.reported_on,
    identified.holding_count,
    identified.par_usd,
    'stated' as par_bound,
    identified.fair_value_usd,
    identified.unfunded_usd,
    identified.net_assets_pct,
    cast(null as date) as balance_on,
    cast(null as double) as principal_usd,
    cast(null as double) as identified_par_usd,
    false as is_over_identified,
    cast(null as double) as identified_pct,
    cast(null as varchar) as remainder_note,
    cast(null as varchar) as remainder_missing_reason,
    identified.source_url
from identified
union all
select
    remainders.period_end_on,
    remainders.borrower,
    remainders.facility_id,
    'unidentified' as holder_kind,
    cast(null as varchar) as adviser,
    cast(null as varchar) as vehicle,
    cast(null as varchar) as fund,
    cast(null as varchar) as fund_cik,
    cast(null as date) as reported_on,
    cast(0 as bigint) as holding_count,
    remainders.principal_usd - remainders.identified_par_usd as par_usd,
    case when remainders.principal_usd is not null then 'upper' end as par_bound,
    cast(null as double) as fair_value_usd,
    cast(null as double) as unfunded_usd,
    cast(null as double) as net_assets_pct,
    remainders.balance_on,
    remainders.principal_usd,
    remainders.identified_par_usd,
    coalesce(remainders.identified_par_usd > remainders.principal_usd, false)
        as is_over_identified,
    100 * remainders.identified_par_usd / nullif(remainders.principal_usd, 0) as identified_pct,
    'held by banks, insurers, private funds and funds outside the schedules read, or not yet read: unseen, '
    || 'not absent, and no sign of what those holders think' as remainder_note,
    case when remainders.principal_usd is null then 'no balance known by this day' end
        as remainder_missing_reason,
    remainders.source_url
from remainders
order by period_end_on desc, borrower, facility_id, holder_kind, fund_cik, fund
