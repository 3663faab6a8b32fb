-- What each facility's collateral is worth and its market LTV where operators realise 40, 50, 60, 70 or 80 % of the
-- posted rent: one quotation stands behind that share (cost_inputs, realisation), and it alone can decide whether
-- a loan is under water. `realisation_verdict` says whether it does; `breakeven_realisation_pct` is where the
-- collateral equals the debt. What lots earn moves in proportion, what they spend does not, the length of use is
-- held, and no lot is worth less than nothing.
-- grain: facility_id, balance_on, realisation_pct
with parts_realised as (
    select unnest([40.0, 50.0, 60.0, 70.0, 80.0])::double as realisation_pct
),

base as (
    select
        100 * cases.realisation_fraction as realisation_pct,
        cases.known_at
    from steps.income_case as cases
    where cases.value_case = 'base'
),

owed as (
    select
        coverage.facility_id,
        coverage.balance_on,
        coverage.principal_usd,
        coverage.market_missing_reason,
        coverage.last_observed_on,
        coverage.known_at
    from marts.facility_coverage as coverage
    where coverage.balance_on is not null
    and coverage.principal_usd > 0
),

valued as (
    select
        owed.facility_id,
        owed.balance_on,
        parts_realised.realisation_pct,
        case
            -- `greatest` passes over nulls: without a cited part there is no value.
            when count(base.realisation_pct * (lot.earned_usd - lot.spent_usd)) = count(*)
                then sum(
                    lot.other_value_usd + greatest(
                        lot.earned_usd * parts_realised.realisation_pct / base.realisation_pct
                        - lot.spent_usd,
                        0
                    )
                )
        end as market_value_usd,
        greatest(max(owed.known_at), max(lot.known_at), max(base.known_at)) as known_at
    from owed
    join marts.facility_lot_value as lot
        on owed.facility_id = lot.facility_id and owed.balance_on = lot.balance_on
    cross join parts_realised
    cross join base
    group by owed.facility_id, owed.balance_on, parts_realised.realisation_pct
),

-- Value is the largest of the sums over the first lots that a rising rent gives value to.
sums as (
    select
        lot.facility_id,
        lot.balance_on,
        sum(lot.earned_usd) over by_rent as earned_usd,
        sum(lot.spent_usd) over by_rent as spent_usd,
        sum(lot.other_value_usd) over (partition by lot.facility_id, lot.balance_on)
            as other_value_usd
    from marts.facility_lot_value as lot
    where lot.earned_usd > 0
    window by_rent as (
        partition by lot.facility_id, lot.balance_on
        order by lot.spent_usd / lot.earned_usd, lot.lot_number
        rows between unbounded preceding and current row
    )
),

even as (
    select
        owed.facility_id,
        owed.balance_on,
        greatest(
            min(
                base.realisation_pct * (owed.principal_usd - sums.other_value_usd + sums.spent_usd)
                / sums.earned_usd
            ),
            0
        ) as breakeven_realisation_pct
    from owed
    join sums on owed.facility_id = sums.facility_id and owed.balance_on = sums.balance_on
    cross join base
    group by owed.facility_id, owed.balance_on
)

select
    valued.facility_id,
    valued.balance_on,
    valued.realisation_pct,
    owed.principal_usd,
    valued.market_value_usd,
    100 * owed.principal_usd / nullif(valued.market_value_usd, 0) as ltv_market_pct,
    owed.principal_usd > valued.market_value_usd as is_under_water,
    case when valued.market_value_usd is not null then even.breakeven_realisation_pct end
        as breakeven_realisation_pct,
    case
        when valued.market_value_usd is null then null
        when min(valued.market_value_usd) over facility_days >= owed.principal_usd
            then 'covered at every part realised from 40 to 80 %'
        when max(valued.market_value_usd) over facility_days < owed.principal_usd
            then 'under water at every part realised from 40 to 80 %'
        else 'decided by the part realised alone'
    end as realisation_verdict,
    owed.market_missing_reason,
    owed.last_observed_on,
    valued.known_at
from valued
join owed on valued.facility_id = owed.facility_id and valued.balance_on = owed.balance_on
left join even on valued.facility_id = even.facility_id and valued.balance_on = even.balance_on
window facility_days as (partition by valued.facility_id, valued.balance_on)
order by valued.facility_id, valued.balance_on, valued.realisation_pct
