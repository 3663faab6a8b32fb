-- What a facility's debt costs on each day it is known to owe, by the terms in force that day; where no
-- balance is filed, one row without a day, by today's.
-- The fixed part bears its coupon, the rest SOFR (never below its floor) and the lowest spread. Which part is
-- fixed its tranches say, by commitment, where it has both kinds. A move of SOFR reaches `unhedged_fraction`
-- alone: the floating part less what must be hedged. `rate_missing_reason` says why there is no rate.
-- grain: facility_id, balance_on
with tranches as (
    select
        part.parent_facility_id as facility_id,
        sum(case when part.benchmark = 'fixed' then part.commitment_usd else 0 end)
        / sum(part.commitment_usd) as fixed_fraction
    from steps.facility_terms as part
    where part.in_force_to_on is null
    and part.parent_facility_id is not null
    and part.commitment_usd > 0
    group by all
),

days as (
    select distinct owed.balance_on
    from steps.facility_day as owed
    where owed.principal_usd is not null
),

-- SOFR of the day, or of the last business day within a week.
overnight as (
    select
        days.balance_on,
        rate.rate_pct as sofr_pct,
        rate.known_at
    from days
    join staging.rates as rate
        on rate.rate_name = 'SOFR'
        and rate.observed_on <= days.balance_on
        and rate.observed_on > days.balance_on - interval 7 day
    qualify row_number() over (
        partition by days.balance_on
        order by rate.observed_on desc, rate.known_at desc, rate.source
    ) = 1
),

-- The version of each day; today's, without a day, where nothing is filed.
standing as (
    select
        owed.facility_id,
        owed.balance_on,
        owed.in_force_from_on
    from steps.facility_day as owed
    where owed.principal_usd is not null
    union all
    select
        terms.facility_id,
        cast(null as date) as balance_on,
        terms.in_force_from_on
    from steps.facility_terms as terms
    where terms.in_force_to_on is null
    and terms.facility_id not in (
        select owed.facility_id from steps.facility_day as owed where owed.principal_usd is not null
    )
),

rated as (
    select
        standing.facility_id,
        standing.balance_on,
        overnight.sofr_pct,
        terms.benchmark_floor_pct,
        case when terms.benchmark_floor_pct > overnight.sofr_pct then terms.benchmark_floor_pct
            else overnight.sofr_pct end as benchmark_rate_pct,
        terms.spread_bps,
        terms.fixed_rate_pct,
        coalesce(terms.hedged_min_pct, 0) / 100 as hedged_fraction,
        case
            when terms.spread_bps is null and terms.fixed_rate_pct is null then null
            when terms.spread_bps is null then 1.0
            when terms.fixed_rate_pct is null then 0.0
            else coalesce(tranches.fixed_fraction, 0.0)
        end as fixed_fraction,
        greatest(terms.known_at, overnight.known_at) as known_at
    from standing
    join steps.facility_terms as terms
        on standing.facility_id = terms.facility_id
        and standing.in_force_from_on = terms.in_force_from_on
    left join tranches on standing.facility_id = tranches.facility_id
    left join overnight on standing.balance_on = overnight.balance_on
)

select
    rated.facility_id,
    rated.balance_on,
    rated.sofr_pct,
    rated.benchmark_floor_pct,
    rated.benchmark_rate_pct,
    rated.fixed_fraction,
    (1 - rated.fixed_fraction) * (1 - rated.hedged_fraction) as unhedged_fraction,
    case when rated.fixed_fraction > 0 then rated.fixed_fraction * rated.fixed_rate_pct else 0 end
    + case when rated.fixed_fraction < 1
        then (1 - rated.fixed_fraction) * (rated.benchmark_rate_pct + rated.spread_bps / 100)
        else 0 end
    + case when rated.fixed_fraction is not null then 0 end as interest_rate_pct,
    case
        when rated.fixed_fraction is null
        or (rated.fixed_fraction > 0 and rated.fixed_rate_pct is null)
            then 'no interest rate filed'
        when rated.fixed_fraction < 1 and rated.sofr_pct is null then 'no SOFR for the day'
    end as rate_missing_reason,
    rated.known_at
from rated
order by rated.facility_id, rated.balance_on
