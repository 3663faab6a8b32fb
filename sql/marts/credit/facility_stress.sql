-- What each scenario does to each facility over the ten years after its newest filed balance, if the schedule is
-- kept: debt run down, collateral by both clocks, service, and which promise breaks. Whether the cash is there to
-- keep it is facility_waterfall's question. Rents move as steps.facility_rent_path says: `base` is the path the
-- value itself rests on, the others move it; after its last quarter a scenario moves no more; a quarter it leaves
-- out has no result, and so have those after it. Machines grow older meanwhile: each quarter the income clock of
-- the start is read at their age of then, and what they would earn moves in proportion to rent, their length of
-- use held, never below nothing.
-- Take-or-pay: rent paid under a contract does not move, and is not filed, so dscr_ratio is null until the
-- scenario defaults the customer (for good) or the contract ends, and at the market from then on. SOFR moves
-- only the floating debt that need not be hedged. Collateral is what draws over the advance rate can at least
-- have paid for; it is never raised so that the agreement holds, and inputs_assumed says where it falls short.
-- What operators realise of posted rent is one quotation: is_under_water is also told at 40 and at 80 %.
-- grain: facility_id, scenario, quarter_number
with moved as (
    select
        lot.facility_id,
        paths.scenario,
        lot.quarter_number,
        -- What the lot would earn at the scenario's rent; in the commodity path it keeps its cash cost in a year.
        paths.utilisation_multiplier * case
            when paths.rent_multiplier is not null then paths.rent_multiplier * lot.earned_usd
            when paths.scenario_kind = 'commodity' and lot.annual_rent_kept_usd > 0
                then lot.annual_cash_cost_usd / lot.annual_rent_kept_usd * lot.earned_usd
            -- Without rent at the start there is nothing to scale: what only covers its cost is worth nothing.
            when paths.scenario_kind = 'commodity' then 0 * lot.earned_usd
        end as earned_usd,
        lot.spent_usd,
        paths.utilisation_multiplier * case
            when paths.rent_multiplier is not null then paths.rent_multiplier * lot.annual_rent_kept_usd
            when paths.scenario_kind = 'commodity' then lot.annual_cash_cost_usd
        end as annual_rent_kept_usd,
        lot.annual_cash_cost_usd,
        -- Rent that only covers its cost does so whatever is realised.
        case when paths.rent_multiplier is not null then 0.4 / cases.realisation_fraction else 1 end as at_40,
        case when paths.rent_multiplier is not null then 0.8 / cases.realisation_fraction else 1 end as at_80,
        cases.known_at,
        coalesce(
            lot.market_missing_reason,
            case when paths.rent_multiplier is null and paths.scenario_kind <> 'commodity'
                then 'the scenario states no rent' end
        ) as market_missing_reason
    from steps.facility_lot_quarter as lot
    join steps.facility_rent_path as paths
        on lot.facility_id = paths.facility_id and lot.quarter_number = paths.quarter_number
    left join steps.income_case as cases on cases.value_case = 'base'
),

rented as (
    select
        moved.facility_id,
        moved.scenario,
        moved.quarter_number,
        case when count(moved.earned_usd - moved.spent_usd) = count(*)
            then sum(greatest(moved.earned_usd - moved.spent_usd, 0)) end as gpu_value_usd,
        case when count(moved.at_40 * moved.earned_usd - moved.spent_usd) = count(*)
            then sum(greatest(moved.at_40 * moved.earned_usd - moved.spent_usd, 0)) end as gpu_value_at_40_usd,
        case when count(moved.at_80 * moved.earned_usd - moved.spent_usd) = count(*)
            then sum(greatest(moved.at_80 * moved.earned_usd - moved.spent_usd, 0)) end as gpu_value_at_80_usd,
        case when count(moved.annual_rent_kept_usd - moved.annual_cash_cost_usd) = count(*)
            then sum(moved.annual_rent_kept_usd - moved.annual_cash_cost_usd) / 4 end as quarter_market_income_usd,
        max(moved.market_missing_reason) as market_missing_reason,
        max(moved.known_at) as known_at
    from moved
    group by all
),

scored as (
    select
        facility.facility_id,
        paths.scenario,
        facility.quarter_number,
        facility.period_end_on,
        paths.scenario_kind,
        paths.rent_multiplier,
        paths.sofr_shift_bps,
        facility.principal_usd,
        facility.depreciated_cost_usd,
        facility.ltv_max_pct,
        case when paths.scenario_kind is not null
            then rented.gpu_value_usd + facility.other_value_usd end as market_value_usd,
        case when paths.scenario_kind is not null
            then rented.gpu_value_at_40_usd + facility.other_value_usd end as market_value_at_40_usd,
        case when paths.scenario_kind is not null
            then rented.gpu_value_at_80_usd + facility.other_value_usd end as market_value_at_80_usd,
        rented.quarter_market_income_usd,
        facility.quarter_principal_due_usd,
        -- A quarter of a year.
        case when paths.scenario_kind is not null
            then facility.principal_usd * rates.interest_rate_pct / 400 end as quarter_interest_usd,
        paths.has_offtaker_defaulted or facility.period_end_on > facility.contract_ends_on
            as is_at_market,
        facility.dscr_min_ratio,
        facility.is_dscr_tested,
        rates.rate_missing_reason as interest_missing_reason,
        rented.market_missing_reason,
        case when paths.rate_pct_per_year is null
            then facility.inputs_assumed || '; no rate of decline, so base rents stand still'
            else facility.inputs_assumed end as inputs_assumed,
        facility.price_vintage_on,
        facility.last_observed_on,
        greatest(facility.known_at, paths.known_at, coalesce(rented.known_at, paths.known_at)) as known_at
    from steps.facility_quarter as facility
    join steps.facility_rent_path as paths
        on facility.facility_id = paths.facility_id and facility.quarter_number = paths.quarter_number
    left join steps.facility_scenario_rate as rates
        on facility.facility_id = rates.facility_id
        and facility.balance_on = rates.balance_on
        and paths.scenario = rates.scenario
        and paths.quarter_number = rates.quarter_number
    left join rented
        on facility.facility_id = rented.facility_id
        and paths.scenario = rented.scenario
        and facility.quarter_number = rented.quarter_number
),

judged as (
    select
        scored.*,
        case when scored.scenario_kind is not null and scored.principal_usd > 0
            then scored.principal_usd end as owed_usd,
        case when scored.principal_usd > 0
            then scored.quarter_market_income_usd
                / nullif(scored.quarter_interest_usd + scored.quarter_principal_due_usd, 0) end as dscr_market_ratio
    from scored
)

select
    judged.facility_id,
    judged.scenario,
    judged.quarter_number,
    judged.period_end_on,
    judged.rent_multiplier,
    judged.sofr_shift_bps,
    judged.principal_usd,
    judged.depreciated_cost_usd,
    judged.ltv_max_pct / 100 * judged.depreciated_cost_usd as borrowing_base_usd,
    100 * judged.owed_usd / nullif(judged.depreciated_cost_usd, 0) as ltv_contract_pct,
    judged.market_value_usd,
    100 * judged.owed_usd / nullif(judged.market_value_usd, 0) as ltv_market_pct,
    judged.quarter_interest_usd,
    judged.quarter_principal_due_usd,
    judged.quarter_market_income_usd,
    judged.dscr_market_ratio,
    coalesce(judged.is_at_market, false) as is_at_market,
    case when judged.is_at_market then judged.dscr_market_ratio end as dscr_ratio,
    judged.owed_usd > judged.ltv_max_pct / 100 * judged.depreciated_cost_usd as is_base_broken,
    judged.owed_usd > judged.market_value_usd as is_under_water,
    judged.owed_usd > judged.market_value_at_40_usd as is_under_water_at_40_pct,
    judged.owed_usd > judged.market_value_at_80_usd as is_under_water_at_80_pct,
    case when judged.is_at_market and judged.is_dscr_tested
        then judged.dscr_market_ratio < judged.dscr_min_ratio end as is_dscr_broken,
    case
        when judged.scenario_kind is null then 'the scenario leaves out a quarter up to this one'
        when judged.principal_usd is null then 'no maturity filed'
        when judged.principal_usd = 0 then 'repaid'
        else nullif(
            concat_ws(
                '; ',
                case
                    when judged.depreciated_cost_usd is null
                        then 'collateral was past its agreed life at the start'
                    when judged.depreciated_cost_usd = 0 then 'collateral is past its agreed life'
                end,
                judged.market_missing_reason,
                case when judged.market_value_usd = 0
                    then 'collateral is worth nothing at the market' end,
                judged.interest_missing_reason
            ), ''
        )
    end as stress_missing_reason,
    judged.inputs_assumed,
    judged.price_vintage_on,
    judged.last_observed_on,
    judged.known_at
from judged
order by judged.facility_id, judged.scenario, judged.quarter_number
