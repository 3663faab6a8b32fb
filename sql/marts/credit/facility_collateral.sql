-- What each facility has paid for, lot by lot: a lot is what was newly drawn between two filed balances, and
-- its cost is the draw over the advance rate, since filings state neither (C = draw / a): the least there can be
-- where the rate is filed, an estimate where it or the draw is assumed (cost_bound). A
-- facility whose balance only falls has the one lot it began with. Its terms are those in force on the day
-- of the balance that shows it. All evidence held bounds the day of the draw: the balance before or the
-- closing from below, the balance and the last day on which the agreement lets draw from above; the middle
-- counts, and the two ends are the uncertainty. `inputs_assumed` names everything that is not filed; a
-- facility without balance, closing day, advance rate or life has no lot. A lot is known when its balance,
-- the terms and whatever stands in for a term are.
-- grain: facility_id, lot_number
with standing as (
    select
        days.balance_on,
        terms.*
    from steps.facility_day as days
    join steps.facility_terms as terms
        on days.facility_id = terms.facility_id and days.in_force_from_on = terms.in_force_from_on
    where days.balance_basis = 'filed'
),

facilities as (
    select
        facility.facility_id,
        facility.balance_on,
        facility.closed_on,
        facility.draws_end_on,
        coalesce(facility.advance_rate_pct, rate.base_value) as advance_rate_pct,
        coalesce(facility.depreciation_life_years, life.base_value) as depreciation_life_years,
        chip.accelerator,
        funded.base_value as funded_usd,
        case when facility.advance_rate_pct is not null and funded.base_value is null
            then 'lower' else 'estimate' end as cost_bound,
        concat_ws(
            '; ',
            'cost: draw over advance rate',
            'draw dates: middle of what balances, closing and the end of draws allow',
            case when facility.advance_rate_low_pct is not null
                then 'all collateral at the higher advance rate' end,
            case when facility.advance_rate_pct is null and rate.base_value is not null
                then 'advance_rate_pct ' || cast(round(rate.base_value, 2) as varchar)
                || ' (' || rate.confidence || ': ' || rate.evidence || ')' end,
            case when facility.depreciation_life_years is null and life.base_value is not null
                then 'depreciation_life_years ' || cast(round(life.base_value, 2) as varchar)
                || ' (' || life.confidence || ': ' || life.evidence || ')' end,
            case when chip.accelerator is not null
                then 'accelerator ' || chip.accelerator
                || ' (' || chip.confidence || ': ' || chip.evidence || ')' end,
            case when funded.base_value is not null
                then 'funded_usd ' || cast(round(funded.base_value / 1e6, 1) as varchar)
                || ' million (' || funded.confidence || ': ' || funded.evidence || ')' end
        ) as inputs_assumed,
        greatest(
            facility.known_at,
            case when facility.advance_rate_pct is null then rate.known_at end,
            case when facility.depreciation_life_years is null then life.known_at end,
            chip.known_at,
            funded.known_at
        ) as known_at
    from standing as facility
    join marts.facility as counted on facility.facility_id = counted.facility_id
    left join steps.assumed_term as rate
        on facility.facility_id = rate.facility_id and rate.term = 'advance_rate_pct'
    left join steps.assumed_term as life
        on facility.facility_id = life.facility_id and life.term = 'depreciation_life_years'
    left join steps.assumed_term as chip
        on facility.facility_id = chip.facility_id and chip.term = 'accelerator'
    left join steps.assumed_term as funded
        on facility.facility_id = funded.facility_id and funded.term = 'funded_usd'
    where facility.collateral_class in ('gpu', 'chip_lease')
    and counted.is_counted
),

balances as (
    select
        filed.facility_id,
        filed.balance_on,
        filed.principal_usd,
        filed.known_at,
        lag(filed.principal_usd) over facility_days as previous_usd,
        lag(filed.balance_on) over facility_days as previous_on
    from steps.facility_balance as filed
    where filed.principal_usd is not null
    window facility_days as (partition by filed.facility_id order by filed.balance_on)
),

draws as (
    select
        balances.facility_id,
        -- A facility can owe before the day its newest terms call the closing.
        case
            when balances.previous_on is not null then balances.previous_on
            when facilities.closed_on > balances.balance_on then balances.balance_on
            else facilities.closed_on
        end as after_on,
        balances.balance_on,
        facilities.draws_end_on,
        case
            when balances.previous_on is null
                then greatest(coalesce(facilities.funded_usd, 0), balances.principal_usd)
            else balances.principal_usd - balances.previous_usd
        end as funded_usd,
        greatest(balances.known_at, facilities.known_at) as known_at,
        facilities.advance_rate_pct,
        facilities.depreciation_life_years,
        facilities.accelerator,
        facilities.cost_bound,
        facilities.inputs_assumed
    from balances
    join facilities
        on balances.facility_id = facilities.facility_id and balances.balance_on = facilities.balance_on
),

-- An end of draws before the stretch even begins contradicts the balance, which is filed: it bounds nothing.
bounded as (
    select
        draws.*,
        case when draws.draws_end_on between draws.after_on and draws.balance_on
            then draws.draws_end_on else draws.balance_on end as before_on
    from draws
)

select
    bounded.facility_id,
    row_number() over (partition by bounded.facility_id order by bounded.balance_on) as lot_number,
    bounded.after_on
    + cast(floor(datediff('day', bounded.after_on, bounded.before_on) / 2) as integer) as funded_on,
    bounded.after_on as funded_from_on,
    bounded.before_on as funded_to_on,
    bounded.funded_usd,
    100 * bounded.funded_usd / bounded.advance_rate_pct as lot_cost_usd,
    bounded.cost_bound,
    bounded.advance_rate_pct,
    bounded.depreciation_life_years,
    bounded.accelerator,
    bounded.inputs_assumed,
    bounded.known_at
from bounded
where bounded.funded_usd > 0
and bounded.after_on is not null
and bounded.advance_rate_pct > 0
and bounded.depreciation_life_years > 0
order by bounded.facility_id, lot_number
