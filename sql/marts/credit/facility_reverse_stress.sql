-- How far rents must move, from those of the newest filed balance, until a threshold is met: market LTV of
-- 100 %, market LTV at the agreement's own limit, coverage at its covenant at the market, cash cost covered.
-- Value is linear in rent piece by piece (each lot is worth its rent less its costs over its length of use,
-- which is held, never less than nothing), so the multiplier is in closed form. The share of posted rent that
-- operators realise multiplies rent, so the same solution says at which realisation the conclusion flips
-- (threshold_realisation_pct; above 100 % none does). rent_change_pct above zero is no cushion but a shortfall: the
-- threshold is met already, and rents must rise so far to leave it; rent_may_fall_pct and rent_must_rise_pct keep
-- the two apart. trips_on is the first quarter end on which the contract's own clock breaks, rents on the base path.
-- grain: facility_id, threshold
with lots as (
    select
        lot.facility_id,
        lot.lot_number,
        lot.earned_usd,
        lot.spent_usd,
        lot.other_value_usd
    from marts.facility_lot_value as lot
    join steps.facility_start as starts
        on lot.facility_id = starts.facility_id and lot.balance_on = starts.balance_on
),

others as (
    select
        lots.facility_id,
        sum(lots.other_value_usd) as other_value_usd
    from lots
    group by all
    having count(lots.earned_usd) = count(*)
),

-- Lots in the order in which rising rents give them value: what the first of them earn and spend together.
sums as (
    select
        lots.facility_id,
        sum(lots.earned_usd) over by_multiplier as earned_usd,
        sum(lots.spent_usd) over by_multiplier as spent_usd
    from lots
    where lots.earned_usd > 0
    window by_multiplier as (
        partition by lots.facility_id order by lots.spent_usd / lots.earned_usd, lots.lot_number
        rows between unbounded preceding and current row
    )
),

wanted as (
    select
        starts.facility_id,
        'market_ltv_100' as threshold,
        starts.principal_usd as value_usd
    from steps.facility_start as starts
    union all
    select
        starts.facility_id,
        'market_ltv_at_contract_limit' as threshold,
        100 * starts.principal_usd / starts.ltv_max_pct as value_usd
    from steps.facility_start as starts
),

-- Value is the largest of those sums, so it reaches what is wanted where the first of them does. Where the
-- part that is not accelerators is enough, no rent is needed; where no lot has value at any rent, none helps.
solved as (
    select
        wanted.facility_id,
        wanted.threshold,
        case
            when max(wanted.value_usd) <= max(others.other_value_usd) then 0.0
            else min((wanted.value_usd - others.other_value_usd + sums.spent_usd) / sums.earned_usd)
        end as rent_multiplier
    from wanted
    join others on wanted.facility_id = others.facility_id
    left join sums on wanted.facility_id = sums.facility_id
    group by all
),

income as (
    select
        lot.facility_id,
        sum(lot.annual_rent_kept_usd) as annual_rent_kept_usd,
        sum(lot.annual_cash_cost_usd) as annual_cash_cost_usd
    from marts.facility_lot_value as lot
    join steps.facility_start as starts
        on lot.facility_id = starts.facility_id and lot.balance_on = starts.balance_on
    group by all
    having count(lot.annual_rent_kept_usd) = count(*)
),

answers as (
    select
        wanted.facility_id,
        wanted.threshold,
        solved.rent_multiplier,
        starts.market_missing_reason as stress_missing_reason
    from wanted
    join steps.facility_start as starts on wanted.facility_id = starts.facility_id
    left join solved
        on wanted.facility_id = solved.facility_id and wanted.threshold = solved.threshold
    union all
    select
        starts.facility_id,
        'dscr_covenant' as threshold,
        (starts.dscr_min_ratio * starts.annual_debt_service_usd + income.annual_cash_cost_usd)
        / nullif(income.annual_rent_kept_usd, 0) as rent_multiplier,
        coalesce(
            case
                when starts.dscr_min_ratio is not null then null
                when starts.contract_coverage_min_ratio is not null
                    then 'the covenant counts contracted cash, which rents do not move'
                else 'no coverage covenant filed'
            end,
            case when starts.annual_debt_service_usd is null then starts.dscr_missing_reason end,
            starts.market_missing_reason
        ) as stress_missing_reason
    from steps.facility_start as starts
    left join income on starts.facility_id = income.facility_id
    union all
    select
        starts.facility_id,
        'cash_cost' as threshold,
        income.annual_cash_cost_usd / nullif(income.annual_rent_kept_usd, 0) as rent_multiplier,
        starts.market_missing_reason as stress_missing_reason
    from steps.facility_start as starts
    left join income on starts.facility_id = income.facility_id
),

trips as (
    select
        stress.facility_id,
        min(stress.period_end_on) filter (where stress.is_base_broken) as trips_on,
        case
            when count(stress.is_base_broken) > 0 then 'kept to the end of the schedule'
            else coalesce(max(stress.stress_missing_reason), 'no borrowing base known')
        end as trips_missing_reason
    from marts.facility_stress as stress
    where stress.scenario = 'base'
    group by stress.facility_id
)

select
    answers.facility_id,
    answers.threshold,
    starts.balance_on,
    answers.rent_multiplier,
    100 * (answers.rent_multiplier - 1) as rent_change_pct,
    case when answers.rent_multiplier < 1 then 100 * (1 - answers.rent_multiplier) end as rent_may_fall_pct,
    case when answers.rent_multiplier >= 1 then 100 * (answers.rent_multiplier - 1) end as rent_must_rise_pct,
    answers.rent_multiplier * starts.rent_usd_per_gpu_hour as threshold_rent_usd_per_gpu_hour,
    starts.rent_usd_per_gpu_hour,
    answers.rent_multiplier >= 1 as is_already_met,
    realised.base_value as realisation_pct,
    case when answers.rent_multiplier * realised.base_value <= 100
        then answers.rent_multiplier * realised.base_value end as threshold_realisation_pct,
    case
        when answers.rent_multiplier is null
            then coalesce(answers.stress_missing_reason, 'no rent in reach')
        when realised.base_value is null then 'no realisation known'
        when answers.rent_multiplier * realised.base_value > 100 then 'not met at full realisation'
    end as realisation_missing_reason,
    trips.trips_on,
    case when trips.trips_on is null then coalesce(
        trips.trips_missing_reason, 'no scenario of this facility'
    ) end as trips_missing_reason,
    case when answers.rent_multiplier is null
        then coalesce(answers.stress_missing_reason, 'no rent in reach') end as stress_missing_reason,
    starts.inputs_assumed,
    starts.price_vintage_on,
    starts.last_observed_on,
    starts.known_at
from answers
join steps.facility_start as starts on answers.facility_id = starts.facility_id
left join trips on answers.facility_id = trips.facility_id
left join steps.cost_input as realised on realised.input = 'realisation'
order by answers.facility_id, answers.threshold
