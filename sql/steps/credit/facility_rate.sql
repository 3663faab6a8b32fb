-- What a facility's debt costs on each day of a filed balance; where none is filed, one row without a day.
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
    select distinct balances.balance_on
    from steps.facility_balance as balances
    where balances.principal_usd is not null
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

rated as (
    select
        terms.facility_id,
        balances.balance_on,
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
    from steps.facility_terms as terms
    left join steps.facility_balance as balances
        on terms.facility_id = balances.facility_id and balances.principal_usd is not null
    left join tranches on terms.facility_id = tranches.facility_id
    left join overnight on balances.balance_on = overnight.balance_on
    where terms.in_force_to_on is null
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
