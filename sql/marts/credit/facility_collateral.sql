-- What each facility has paid for, lot by lot: a lot is what was newly drawn between two filed balances, and
-- its cost is the draw over the advance rate, since filings state neither (METHODS 8: C = draw / a). A
-- facility whose balance only falls has the one lot it began with. `inputs_assumed` names everything that is
-- not filed; a facility without balance, closing day, advance rate or life has no lot. A lot is known when
-- its balance, the terms and whatever stands in for a term are.
-- grain: facility_id, lot_number
with facilities as (
    select
        facility.facility_id,
        facility.closed_on,
        coalesce(facility.advance_rate_pct, rate.base_value) as advance_rate_pct,
        coalesce(facility.depreciation_life_years, life.base_value) as depreciation_life_years,
        chip.accelerator,
        funded.base_value as funded_usd,
        concat_ws(
            '; ',
            'cost: draw over advance rate',
            'draw dates: middle between filed balances',
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
    from marts.facility as facility
    left join steps.assumed_term as rate
        on facility.facility_id = rate.facility_id and rate.term = 'advance_rate_pct'
    left join steps.assumed_term as life
        on facility.facility_id = life.facility_id and life.term = 'depreciation_life_years'
    left join steps.assumed_term as chip
        on facility.facility_id = chip.facility_id and chip.term = 'accelerator'
    left join steps.assumed_term as funded
        on facility.facility_id = funded.facility_id and funded.term = 'funded_usd'
    where facility.collateral_class in ('gpu', 'chip_lease')
    and facility.is_counted
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
        case
            when balances.previous_on is null
                then greatest(coalesce(facilities.funded_usd, 0), balances.principal_usd)
            else balances.principal_usd - balances.previous_usd
        end as funded_usd,
        greatest(balances.known_at, facilities.known_at) as known_at,
        facilities.advance_rate_pct,
        facilities.depreciation_life_years,
        facilities.accelerator,
        facilities.inputs_assumed
    from balances
    join facilities on balances.facility_id = facilities.facility_id
)

select
    draws.facility_id,
    row_number() over (partition by draws.facility_id order by draws.balance_on) as lot_number,
    draws.after_on
    + cast(floor(datediff('day', draws.after_on, draws.balance_on) / 2) as integer) as funded_on,
    draws.after_on as funded_from_on,
    draws.balance_on as funded_to_on,
    draws.funded_usd,
    100 * draws.funded_usd / draws.advance_rate_pct as lot_cost_usd,
    draws.advance_rate_pct,
    draws.depreciation_life_years,
    draws.accelerator,
    draws.inputs_assumed,
    draws.known_at
from draws
where draws.funded_usd > 0
and draws.after_on is not null
and draws.advance_rate_pct > 0
and draws.depreciation_life_years > 0
order by draws.facility_id, lot_number
