-- How much debt stood behind AI infrastructure at each month's end, by borrower and by what secures it: details
-- only, so that any sum over borrowers and classes of one month is right; gpu_debt_market_total is that sum.
-- Commitment and drawn are apart, and what is filed, announced and told by the press are apart: no
-- column adds across. A facility counts from the day it closed (was announced, first
-- owed or known, where only that is stated) until its final maturity or until it is repaid, and once:
-- not where its amount lies in a larger one, not while rumoured, never if it was not executed.
-- Its commitment is that of the version in force at the month's end, or of the first. Drawn is what the
-- borrower's facilities owed on one day (balance_on), of the days of their last balances the one that most of
-- the debt is of: balances of other days stand apart in other_day_drawn_usd, since a sum of June and March is
-- no debt of any day. Where there is no balance it is unknown and counted, never zero, and drawn_bound says
-- that the sum is the least there is. Months end with the newest fact, not with the clock.
-- grain: period_end_on, borrower, collateral_class
with facilities as (
    select
        facility_id,
        borrower,
        collateral_class,
        facility_kind,
        deal_status,
        counted_from_on
    from marts.facility
    where is_counted
),

newest_fact as (
    select max(known_at) as known_at from staging.facility_terms
    union all
    select max(known_at) as known_at from staging.facility_balances
),

bounds as (
    select
        (select min(counted_from_on) from facilities) as first_on,
        (select cast(max(known_at) at time zone 'UTC' as date) from newest_fact) as last_on
),

month_starts as (
    select
        cast(unnest(generate_series(
            cast(date_trunc('month', first_on) as date),
            cast(date_trunc('month', last_on) as date),
            interval 1 month
        )) as date) as month_on,
        last_on
    from bounds
),

months as (
    select last_day(month_on) as period_end_on
    from month_starts
    where last_day(month_on) <= last_on
),

-- The version of a facility's terms at a month's end, of the kind of document the facility rests on.
standing as (
    select
        months.period_end_on,
        facilities.facility_id,
        facilities.borrower,
        facilities.collateral_class,
        facilities.facility_kind,
        facilities.deal_status,
        terms.commitment_usd,
        terms.maturity_on,
        terms.source_url
    from months
    join facilities on facilities.counted_from_on <= months.period_end_on
    join steps.facility_terms as terms
        on facilities.facility_id = terms.facility_id
        and facilities.deal_status = terms.deal_status
    qualify row_number() over (
        partition by months.period_end_on, facilities.facility_id
        order by
            terms.in_force_from_on > months.period_end_on,
            case when terms.in_force_from_on <= months.period_end_on
                then terms.in_force_from_on end desc nulls last,
            terms.in_force_from_on
    ) = 1
),

balances as (
    select
        stated.facility_id,
        stated.balance_on,
        stated.principal_usd,
        stated.undrawn_usd,
        max(stated.principal_usd) over facility_days as peak_usd,
        lead(stated.balance_on) over facility_days as next_balance_on
    from steps.facility_balance as stated
    where stated.principal_usd is not null
    window facility_days as (partition by stated.facility_id order by stated.balance_on)
),

-- A zero after a debt is a repayment, except for a line that can be drawn again.
alive as (
    select
        standing.*,
        balances.balance_on,
        balances.principal_usd
    from standing
    left join balances
        on standing.facility_id = balances.facility_id
        and balances.balance_on <= standing.period_end_on
        and (balances.next_balance_on is null or balances.next_balance_on > standing.period_end_on)
    where (standing.maturity_on is null or standing.maturity_on > standing.period_end_on)
    and not coalesce(
        balances.principal_usd = 0
        and balances.peak_usd > 0
        and coalesce(balances.undrawn_usd, 0) = 0
        and standing.facility_kind <> 'revolver',
        false
    )
),

-- The one day on which the borrower's debt of the month is read; of two days with as much, the newer.
days as (
    select
        alive.period_end_on,
        alive.borrower,
        alive.balance_on as as_of_on
    from alive
    where alive.balance_on is not null
    group by alive.period_end_on, alive.borrower, alive.balance_on
    qualify row_number() over (
        partition by alive.period_end_on, alive.borrower
        order by sum(alive.principal_usd) desc, alive.balance_on desc
    ) = 1
),

read as (
    select
        alive.*,
        case when alive.balance_on = days.as_of_on then alive.principal_usd end as drawn_usd,
        case when alive.balance_on <> days.as_of_on then alive.principal_usd end as other_day_usd
    from alive
    left join days on alive.period_end_on = days.period_end_on and alive.borrower = days.borrower
)

select
    read.period_end_on,
    read.borrower,
    read.collateral_class,
    count(*) as facility_count,
    count(*) filter (where read.deal_status = 'filed') as filed_facility_count,
    count(*) filter (where read.deal_status = 'announced') as announced_facility_count,
    count(*) filter (where read.deal_status = 'press') as press_facility_count,
    sum(case when read.deal_status = 'filed' then read.drawn_usd end) as filed_drawn_usd,
    sum(case when read.deal_status = 'filed' then read.commitment_usd end)
        as filed_committed_usd,
    sum(case when read.deal_status = 'announced' then read.drawn_usd end)
        as announced_drawn_usd,
    sum(case when read.deal_status = 'announced' then read.commitment_usd end)
        as announced_committed_usd,
    sum(case when read.deal_status = 'press' then read.drawn_usd end) as press_drawn_usd,
    sum(case when read.deal_status = 'press' then read.commitment_usd end)
        as press_estimate_usd,
    count(*) filter (where read.principal_usd is null) as facilities_without_balance_count,
    count(*) filter (where read.commitment_usd is null) as facilities_without_commitment_count,
    sum(read.other_day_usd) as other_day_drawn_usd,
    count(read.other_day_usd) as facilities_of_other_day_count,
    case when count(*) > count(read.drawn_usd) then 'lower' else 'stated' end as drawn_bound,
    case when count(*) > count(read.commitment_usd) then 'lower' else 'stated' end as committed_bound,
    max(case when read.drawn_usd is not null then read.balance_on end) as balance_on,
    min(read.balance_on) as oldest_balance_on,
    string_agg(distinct read.source_url, ' ' order by read.source_url) as source_urls
from read
group by read.period_end_on, read.borrower, read.collateral_class
order by read.period_end_on desc, read.borrower, read.collateral_class
