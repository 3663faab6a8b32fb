-- How far the holders of one facility disagree about its value at one report date.
-- Advisers vote, not funds: what one manager says through five funds is one opinion, the mean of its
-- holdings' value over par weighted by par. Left out of the statistics, and counted beside them, are
-- holdings whose par is mostly or wholly undrawn, since netted fees make their value over par no mark.
-- Every maturity that holders or versions of the terms state is listed: each draw
-- may run its own years, so a conflict is a question and not an error.
-- grain: facility_id, period_end_on
with held as (
    select
        marks.*,
        coalesce(marks.adviser, marks.fund) as opinion,
        marks.par_basis in ('funded', 'not_stated') and marks.fv_to_par_pct is not null as is_vote
    from marts.lender_mark as marks
    where marks.facility_id is not null
),

opinions as (
    select
        facility_id,
        period_end_on,
        opinion,
        sum(fv_to_par_pct * par_usd) / sum(par_usd) as fv_to_par_pct
    from held
    where is_vote
    group by all
),

spread as (
    select
        facility_id,
        period_end_on,
        count(*) as adviser_count,
        min(fv_to_par_pct) as low_fv_to_par_pct,
        median(fv_to_par_pct) as median_fv_to_par_pct,
        max(fv_to_par_pct) as high_fv_to_par_pct
    from opinions
    group by all
),

ends as (
    select
        facility_id,
        period_end_on,
        opinion,
        row_number() over (
            partition by facility_id, period_end_on order by fv_to_par_pct, opinion
        ) as from_low,
        row_number() over (
            partition by facility_id, period_end_on order by fv_to_par_pct desc, opinion
        ) as from_high
    from opinions
),

named as (
    select
        facility_id,
        period_end_on,
        max(case when from_low = 1 then opinion end) as low_adviser,
        max(case when from_high = 1 then opinion end) as high_adviser
    from ends
    group by all
),

counted as (
    select
        facility_id,
        period_end_on,
        max(borrower) as borrower,
        count(*) as holding_count,
        count(distinct fund_cik || fund) as fund_count,
        count(*) filter (where is_vote) as marked_holding_count,
        count(*) filter (where par_basis = 'mostly_unfunded') as mostly_unfunded_count,
        count(*) filter (where par_basis = 'unfunded') as unfunded_count,
        count(*) filter (where is_non_accrual) as non_accrual_count,
        sum(case when is_vote then par_usd end) as marked_par_usd,
        min(maturity_on) as maturity_low_on,
        max(maturity_on) as maturity_high_on,
        count(distinct maturity_on) as maturity_count,
        string_agg(distinct cast(maturity_on as varchar), ', ' order by cast(maturity_on as varchar))
            as maturities,
        max(known_at) as known_at
    from held
    group by all
)

select
    counted.facility_id,
    counted.period_end_on,
    counted.borrower,
    coalesce(spread.adviser_count, 0) as adviser_count,
    counted.fund_count,
    counted.holding_count,
    counted.marked_holding_count,
    counted.mostly_unfunded_count,
    counted.unfunded_count,
    counted.non_accrual_count,
    counted.marked_par_usd,
    spread.low_fv_to_par_pct,
    spread.median_fv_to_par_pct,
    spread.high_fv_to_par_pct,
    spread.high_fv_to_par_pct - spread.low_fv_to_par_pct as fv_to_par_spread_pct,
    named.low_adviser,
    named.high_adviser,
    counted.maturity_count,
    counted.maturities,
    counted.maturity_low_on,
    counted.maturity_high_on,
    facility.maturities as issuer_maturities,
    counted.maturity_count > 1
    or coalesce(counted.maturity_high_on > facility.maturity_on, false) as is_maturity_conflict,
    counted.known_at
from counted
left join spread
    on counted.facility_id = spread.facility_id
    and counted.period_end_on = spread.period_end_on
left join named
    on counted.facility_id = named.facility_id
    and counted.period_end_on = named.period_end_on
left join marts.facility as facility on counted.facility_id = facility.facility_id
order by counted.period_end_on desc, counted.facility_id
