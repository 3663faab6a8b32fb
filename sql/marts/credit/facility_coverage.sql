-- Debt of each facility on each day it is known, beside its collateral by two clocks: the contract's
-- (straight line over the agreed life, `ltv_contract_pct`) and the market's (`ltv_market_pct`).
-- blind_gap_pct is the distance between them: how far the borrower can sink before the contract notices.
-- The market's clock is the uncontracted case: posted rent times what operators realise of it, as if the
-- customer were gone. It may put new machines far below their cost (market_value_pct_of_cost).
-- Cost is inferred from what was drawn, so it is the least there can be and the contract LTV the most (an
-- estimate, where rate or balance is assumed: ltv_contract_bound): where the contract LTV stands above
-- the agreement's limit, headroom is null, because no breach has been filed and collateral beyond that is not.
-- Terms are those in force on the row's day; a day between two filed balances, or before the first, says so in
-- balance_basis. Low and high LTVs take the collateral as young and as old as its uncertain draws allow; at the
-- market they also move every cited input. Service is what falls due in the next twelve months; dscr_market_ratio sets the machines' cash at today's
-- market rent against it. What a contract brings in is not filed, so no coverage on it is shown: the filed
-- minimum stands in dscr_min_ratio. Redacted and assumed terms are named in `inputs_assumed`. A facility
-- without any filed balance has one row, without a day. Every figure that is null has its reason. A row is
-- known when the last of what it rests on is: balance, newest terms, what is assumed, SOFR and costs; what
-- could be said earlier, with less, is in `vintage.facility_coverage`.
-- grain: facility_id, balance_on
with balances as (
    select
        days.facility_id,
        days.balance_on,
        days.balance_basis,
        days.principal_usd,
        days.balance_from_on,
        days.balance_to_on,
        days.in_force_from_on,
        days.evidence,
        days.confidence,
        days.known_at,
        days.accession,
        days.source_url
    from steps.facility_day as days
    union all
    select
        terms.facility_id,
        cast(null as date) as balance_on,
        'not_filed' as balance_basis,
        cast(null as double) as principal_usd,
        cast(null as date) as balance_from_on,
        cast(null as date) as balance_to_on,
        terms.in_force_from_on,
        cast(null as varchar) as evidence,
        cast(null as varchar) as confidence,
        terms.known_at,
        cast(null as varchar) as accession,
        terms.source_url
    from steps.facility_terms as terms
    where terms.in_force_to_on is null
    and terms.facility_id not in (select days.facility_id from steps.facility_day as days)
),

-- What falls due in the next twelve months: what is scheduled to be left now, less then.
schedules as (
    select
        schedule.facility_id,
        schedule.balance_on,
        max(case when schedule.quarter_number = 0 then schedule.principal_left_usd end)
        - max(case when schedule.quarter_number = 4 then schedule.principal_left_usd end)
            as annual_principal_due_usd,
        max(schedule.schedule_basis) as schedule_basis,
        max(schedule.quarter_fall_usd) as quarter_fall_usd,
        max(schedule.fell_from_on) as fell_from_on
    from steps.facility_schedule as schedule
    group by all
),

assumed as (
    select
        lot.facility_id,
        max(lot.advance_rate_pct) as advance_rate_pct,
        max(lot.inputs_assumed) as inputs_assumed,
        case when bool_and(lot.cost_bound = 'lower') then 'lower' else 'estimate' end
            as cost_bound
    from marts.facility_collateral as lot
    group by all
),

-- Terms that something stands in for, to tell why there is no collateral.
stand_ins as (
    select
        terms.facility_id,
        bool_or(terms.term = 'advance_rate_pct') as has_advance_rate,
        bool_or(terms.term = 'depreciation_life_years') as has_life
    from steps.assumed_term as terms
    where terms.base_value is not null
    group by all
),

serviced as (
    select
        balances.*,
        counted.facility_name,
        facility.borrower,
        facility.issuer,
        facility.maturity_on,
        facility.amortisation,
        facility.commitment_usd,
        facility.redacted_terms,
        facility.spread_bps,
        facility.spread_high_bps,
        facility.dscr_min_ratio,
        facility.dscr_tested_from_on,
        facility.contract_coverage_min_ratio,
        assumed.advance_rate_pct,
        coalesce(facility.ltv_max_pct, assumed.advance_rate_pct) as ltv_max_pct,
        assumed.inputs_assumed as collateral_assumed,
        assumed.cost_bound,
        rates.sofr_pct,
        rates.fixed_fraction,
        rates.rate_missing_reason,
        balances.principal_usd * rates.interest_rate_pct / 100 as annual_interest_usd,
        schedules.annual_principal_due_usd,
        schedules.schedule_basis,
        schedules.quarter_fall_usd,
        schedules.fell_from_on,
        case
            when facility.advance_rate_pct is null and not coalesce(stand_ins.has_advance_rate, false)
                then 'no advance rate filed or assumed'
            when facility.depreciation_life_years is null and not coalesce(stand_ins.has_life, false)
                then 'no depreciation life filed or assumed'
            when facility.closed_on is null then 'no closing day known'
            else 'no draw known'
        end as lots_missing_reason,
        greatest(balances.known_at, facility.known_at, rates.known_at) as row_known_at
    from balances
    join steps.facility_terms as facility
        on balances.facility_id = facility.facility_id
        and balances.in_force_from_on = facility.in_force_from_on
    join marts.facility as counted on balances.facility_id = counted.facility_id
    left join assumed on balances.facility_id = assumed.facility_id
    left join steps.facility_rate as rates
        on balances.facility_id = rates.facility_id
        and balances.balance_on is not distinct from rates.balance_on
    left join schedules
        on balances.facility_id = schedules.facility_id
        and balances.balance_on = schedules.balance_on
    left join stand_ins on balances.facility_id = stand_ins.facility_id
    where facility.collateral_class in ('gpu', 'chip_lease')
    and counted.is_counted
),

judged as (
    select
        serviced.*,
        collateral.lot_count,
        collateral.lot_cost_usd,
        collateral.collateral_age_years,
        collateral.accelerator,
        collateral.gpu_estimate,
        collateral.depreciated_cost_usd,
        collateral.low_depreciated_cost_usd,
        collateral.high_depreciated_cost_usd,
        serviced.ltv_max_pct / 100 * collateral.depreciated_cost_usd as borrowing_base_usd,
        collateral.market_value_usd,
        collateral.low_market_value_usd,
        collateral.high_market_value_usd,
        collateral.resale_value_usd,
        collateral.annual_market_income_usd,
        collateral.rent_usd_per_gpu_hour,
        collateral.valued_on,
        collateral.last_observed_on,
        -- A ratio to no debt says nothing.
        case when serviced.principal_usd > 0 then serviced.principal_usd end as owed_usd,
        case
            when serviced.principal_usd is null and serviced.balance_on is not null
                then 'no balance filed up to this day'
            when serviced.principal_usd is null then 'no balance filed'
            when serviced.principal_usd = 0 then 'repaid in full'
            when collateral.lot_count is null then serviced.lots_missing_reason
            when collateral.depreciated_cost_usd = 0 then 'collateral is past its agreed life'
        end as contract_missing_reason,
        case
            when serviced.principal_usd is null and serviced.balance_on is not null
                then 'no balance filed up to this day'
            when serviced.principal_usd is null then 'no balance filed'
            when serviced.principal_usd = 0 then 'repaid in full'
            when collateral.lot_count is null then 'no collateral known'
            when collateral.market_missing_reason is not null then collateral.market_missing_reason
            when collateral.market_value_usd = 0 then 'collateral is worth nothing at the market'
        end as market_missing_reason,
        case
            when serviced.principal_usd is null and serviced.balance_on is not null
                then 'no balance filed up to this day'
            when serviced.principal_usd is null then 'no balance filed'
            when serviced.principal_usd = 0 then 'repaid in full'
            when serviced.rate_missing_reason is not null then serviced.rate_missing_reason
            when serviced.annual_principal_due_usd is null then 'no maturity filed'
            when collateral.annual_market_income_usd is null
                then coalesce(collateral.market_missing_reason, 'no collateral known')
            when collateral.annual_market_income_usd <= 0 then 'rent does not cover cash cost'
        end as dscr_missing_reason,
        greatest(serviced.row_known_at, collateral.known_at) as last_known_at
    from serviced
    left join steps.facility_value as collateral
        on serviced.facility_id = collateral.facility_id
        and serviced.balance_on = collateral.balance_on
)

select
    judged.facility_id,
    judged.balance_on,
    judged.balance_basis,
    judged.facility_name,
    judged.borrower,
    judged.issuer,
    judged.principal_usd,
    judged.commitment_usd,
    judged.maturity_on,
    judged.lot_count,
    judged.lot_cost_usd as collateral_cost_usd,
    case when judged.lot_cost_usd is not null then judged.cost_bound end
        as cost_bound,
    judged.collateral_age_years,
    judged.accelerator,
    judged.gpu_estimate,
    judged.advance_rate_pct,
    judged.ltv_max_pct,
    judged.depreciated_cost_usd,
    judged.borrowing_base_usd,
    case when judged.borrowing_base_usd >= judged.owed_usd
        then judged.borrowing_base_usd - judged.owed_usd end as base_headroom_usd,
    100 * judged.owed_usd / nullif(judged.depreciated_cost_usd, 0) as ltv_contract_pct,
    case
        when judged.owed_usd / nullif(judged.depreciated_cost_usd, 0) is null then null
        when judged.cost_bound = 'lower' and judged.balance_basis = 'filed' then 'upper'
        else 'estimate'
    end as ltv_contract_bound,
    100 * judged.owed_usd / nullif(judged.high_depreciated_cost_usd, 0) as low_ltv_contract_pct,
    100 * judged.owed_usd / nullif(judged.low_depreciated_cost_usd, 0) as high_ltv_contract_pct,
    judged.market_value_usd,
    100 * judged.market_value_usd / nullif(judged.lot_cost_usd, 0)
        as market_value_pct_of_cost,
    judged.low_market_value_usd,
    judged.high_market_value_usd,
    100 * judged.owed_usd / nullif(judged.market_value_usd, 0) as ltv_market_pct,
    100 * judged.owed_usd / nullif(judged.high_market_value_usd, 0) as low_ltv_market_pct,
    100 * judged.owed_usd / nullif(judged.low_market_value_usd, 0) as high_ltv_market_pct,
    100 * judged.owed_usd / nullif(judged.resale_value_usd, 0) as ltv_resale_pct,
    100 * judged.owed_usd / nullif(judged.market_value_usd, 0)
    - 100 * judged.owed_usd / nullif(judged.depreciated_cost_usd, 0) as blind_gap_pct,
    judged.sofr_pct,
    judged.fixed_fraction,
    judged.annual_interest_usd,
    judged.schedule_basis,
    judged.annual_principal_due_usd,
    judged.annual_interest_usd + judged.annual_principal_due_usd as annual_debt_service_usd,
    judged.annual_market_income_usd,
    case when judged.dscr_missing_reason is null
        then judged.annual_market_income_usd / nullif(judged.annual_interest_usd + judged.annual_principal_due_usd, 0)
    end as dscr_market_ratio,
    judged.dscr_min_ratio,
    judged.dscr_tested_from_on,
    judged.contract_coverage_min_ratio,
    case
        when judged.contract_missing_reason is not null then judged.contract_missing_reason
        when judged.borrowing_base_usd < judged.owed_usd
            then 'collateral beyond draw over advance rate is not filed; no breach is reported'
    end as headroom_missing_reason,
    judged.contract_missing_reason,
    judged.market_missing_reason,
    judged.dscr_missing_reason,
    nullif(
        concat_ws(
            '; ',
            judged.collateral_assumed,
            case when judged.redacted_terms is not null
                then 'redacted in the filing: ' || replace(judged.redacted_terms, '|', ', ') end,
            case when judged.spread_high_bps > judged.spread_bps
                then 'all of it at the lowest spread' end,
            case when judged.fixed_fraction > 0 and judged.fixed_fraction < 1
                then 'drawn in the proportion of its tranches' end,
            case judged.balance_basis
                when 'between_filed' then 'balance between those filed of '
                    || cast(judged.balance_from_on as varchar) || ' and '
                    || cast(judged.balance_to_on as varchar) || ', moved evenly'
                when 'filed' then case when judged.confidence <> 'high'
                    then 'balance (' || judged.confidence || ': ' || judged.evidence || ')' end
            end,
            case
                when judged.schedule_basis = 'as_balances_fell' then 'repaid as its balances fell from '
                    || cast(judged.fell_from_on as varchar) || ' on: '
                    || cast(round(judged.quarter_fall_usd / 1e6, 1) as varchar) || ' million a quarter'
                when judged.amortisation in ('unfiled_schedule', 'borrowing_base', 'not_stated')
                    then 'level repayment to maturity (schedule not public)'
            end,
            case when judged.market_value_usd is not null
                then 'market rent, share realised, cash cost and non-GPU share (cost_inputs); '
                || 'machines counted at the newest price of a new one' end
        ),
        ''
    ) as inputs_assumed,
    judged.rent_usd_per_gpu_hour,
    judged.valued_on as price_vintage_on,
    judged.last_observed_on,
    judged.confidence,
    judged.last_known_at as known_at,
    judged.accession,
    judged.source_url
from judged
order by judged.facility_id, judged.balance_on
