-- Debt of each facility on each day it was filed, beside its collateral by two clocks: the contract's
-- (straight line over the agreed life, `ltv_contract_pct`) and the market's (`ltv_market_pct`, METHODS 8).
-- blind_gap_pct is the distance between them: how far the borrower can sink before the contract notices.
-- The market's clock is the uncontracted case: posted rent times what operators realise of it, as if the
-- customer were gone. It may put new machines far below their cost (market_value_pct_of_cost).
-- Cost is inferred from what was drawn, so it is the least there can be: where the contract LTV stands above
-- the agreement's limit, headroom is null, because no breach has been filed and collateral beyond that is not.
-- Service is what falls due in the next twelve months; dscr_market_ratio sets the machines' cash at today's
-- market rent against it. What a contract brings in is not filed, so no coverage on it is shown: the filed
-- minimum stands in dscr_min_ratio. Redacted and assumed terms are named in `inputs_assumed`. A facility
-- without any filed balance has one row, without a day. Every figure that is null has its reason. A row is
-- known when the last of what it rests on is: balance, newest terms, what is assumed, SOFR and costs; what
-- could be said earlier, with less, is in `vintage.facility_coverage`.
-- grain: facility_id, balance_on
with balances as (
    select
        filed.facility_id,
        filed.balance_on,
        filed.principal_usd,
        filed.known_at,
        filed.accession,
        filed.source_url
    from steps.facility_balance as filed
    where filed.principal_usd is not null
    union all
    select
        facility.facility_id,
        cast(null as date) as balance_on,
        cast(null as double) as principal_usd,
        facility.known_at,
        cast(null as varchar) as accession,
        facility.source_url
    from marts.facility as facility
    where facility.principal_usd is null
),

-- What falls due in the next twelve months: what is scheduled to be left now, less then.
schedules as (
    select
        schedule.facility_id,
        schedule.balance_on,
        max(case when schedule.quarter_number = 0 then schedule.principal_left_usd end)
        - max(case when schedule.quarter_number = 4 then schedule.principal_left_usd end)
            as annual_principal_due_usd
    from steps.facility_schedule as schedule
    group by all
),

collateral as (
    select
        lot.facility_id,
        lot.balance_on,
        count(*) as lot_count,
        sum(lot.lot_cost_usd) as lot_cost_usd,
        sum(lot.lot_cost_usd * lot.age_years) / sum(lot.lot_cost_usd) as collateral_age_years,
        sum(lot.depreciated_cost_usd) as depreciated_cost_usd,
        max(lot.accelerator) as accelerator,
        case when count(lot.market_value_usd) = count(*) then sum(lot.market_value_usd) end
            as market_value_usd,
        case when count(lot.low_market_value_usd) = count(*) then sum(lot.low_market_value_usd) end
            as low_market_value_usd,
        case when count(lot.high_market_value_usd) = count(*) then sum(lot.high_market_value_usd) end
            as high_market_value_usd,
        case when count(lot.resale_value_usd) = count(*) then sum(lot.resale_value_usd) end
            as resale_value_usd,
        case when count(lot.annual_rent_kept_usd) = count(*)
            then sum(lot.annual_rent_kept_usd) - sum(lot.annual_cash_cost_usd) end as annual_market_income_usd,
        sum(lot.gpu_estimate) as gpu_estimate,
        max(lot.rent_usd_per_gpu_hour) as rent_usd_per_gpu_hour,
        max(lot.valued_on) as valued_on,
        max(lot.market_missing_reason) as market_missing_reason,
        max(lot.known_at) as known_at
    from marts.facility_lot_value as lot
    group by all
),

assumed as (
    select
        lot.facility_id,
        max(lot.advance_rate_pct) as advance_rate_pct,
        max(lot.inputs_assumed) as inputs_assumed
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
        facility.facility_name,
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
        rates.sofr_pct,
        rates.fixed_fraction,
        rates.rate_missing_reason,
        balances.principal_usd * rates.interest_rate_pct / 100 as annual_interest_usd,
        schedules.annual_principal_due_usd,
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
    join marts.facility as facility on balances.facility_id = facility.facility_id
    left join assumed on balances.facility_id = assumed.facility_id
    left join steps.facility_rate as rates
        on balances.facility_id = rates.facility_id
        and balances.balance_on is not distinct from rates.balance_on
    left join schedules
        on balances.facility_id = schedules.facility_id
        and balances.balance_on = schedules.balance_on
    left join stand_ins on balances.facility_id = stand_ins.facility_id
    where facility.collateral_class in ('gpu', 'chip_lease')
    and facility.is_counted
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
        serviced.ltv_max_pct / 100 * collateral.depreciated_cost_usd as borrowing_base_usd,
        collateral.market_value_usd,
        collateral.low_market_value_usd,
        collateral.high_market_value_usd,
        collateral.resale_value_usd,
        collateral.annual_market_income_usd,
        collateral.rent_usd_per_gpu_hour,
        collateral.valued_on,
        -- A ratio to no debt says nothing.
        case when serviced.principal_usd > 0 then serviced.principal_usd end as owed_usd,
        case
            when serviced.principal_usd is null then 'no balance filed'
            when serviced.principal_usd = 0 then 'repaid in full'
            when collateral.lot_count is null then serviced.lots_missing_reason
            when collateral.depreciated_cost_usd = 0 then 'collateral is past its agreed life'
        end as contract_missing_reason,
        case
            when serviced.principal_usd is null then 'no balance filed'
            when serviced.principal_usd = 0 then 'repaid in full'
            when collateral.lot_count is null then 'no collateral known'
            when collateral.market_missing_reason is not null then collateral.market_missing_reason
            when collateral.market_value_usd = 0 then 'collateral is worth nothing at the market'
        end as market_missing_reason,
        case
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
    left join collateral
        on serviced.facility_id = collateral.facility_id
        and serviced.balance_on = collateral.balance_on
)

select
    judged.facility_id,
    judged.balance_on,
    judged.facility_name,
    judged.borrower,
    judged.issuer,
    judged.principal_usd,
    judged.commitment_usd,
    judged.maturity_on,
    judged.lot_count,
    judged.lot_cost_usd as collateral_cost_usd,
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
            case when judged.amortisation in ('unfiled_schedule', 'borrowing_base', 'not_stated')
                then 'level repayment to maturity (schedule not public)' end,
            case when judged.market_value_usd is not null
                then 'market rent, share realised, cash cost and non-GPU share (cost_inputs); '
                || 'machines counted at the newest price of a new one' end
        ),
        ''
    ) as inputs_assumed,
    judged.rent_usd_per_gpu_hour,
    judged.valued_on as price_vintage_on,
    judged.last_known_at as known_at,
    judged.accession,
    judged.source_url
from judged
order by judged.facility_id, judged.balance_on
