-- What each scenario does to each facility over the ten years after its newest filed balance: debt run down,
-- collateral by both clocks, service, and which promise breaks. Rents move by the scenario's multiplier of
-- the rent at the start; after its last quarter a scenario stands still; a quarter it leaves out has no
-- result, and so have those after it. In the commodity path (no multiplier) rent is what covers cash cost.
-- Take-or-pay: rent paid under a contract does not move, and is not filed, so dscr_ratio is null until the
-- scenario defaults the customer or the contract ends, and at the market from then on. SOFR moves only the
-- floating debt that need not be hedged. The agreement is taken to hold at the start: where cost inferred from
-- draws is too little for that, the contract's clock counts as much more as it takes, and inputs_assumed says so.
-- grain: facility_id, scenario, quarter_number
with starts as (
    select coverage.*
    from marts.facility_coverage as coverage
    where coverage.outstanding_usd > 0
    and coverage.collateral_cost_usd is not null
    qualify row_number() over (
        partition by coverage.facility_id order by coverage.period_end_on desc
    ) = 1
),

quarters as (
    select cast(unnest(generate_series(0, 40, 1)) as bigint) as quarter_number
),

-- How far each scenario goes without a gap.
steps as (
    select
        scenario.*,
        max(scenario.quarter_number) over (partition by scenario.scenario) as last_quarter,
        coalesce(
            lead(scenario.quarter_number) over (
                partition by scenario.scenario order by scenario.quarter_number
            ),
            scenario.quarter_number + 1
        ) > scenario.quarter_number + 1 as is_before_gap
    from staging.scenarios as scenario
),

gaps as (
    select
        steps.scenario,
        max(steps.last_quarter) as last_quarter,
        min(case when steps.is_before_gap then steps.quarter_number end) as whole_until
    from steps
    group by all
),

paths as (
    select
        gaps.scenario,
        quarters.quarter_number,
        steps.scenario_kind,
        steps.rent_multiplier,
        coalesce(steps.utilisation_multiplier, 1) as utilisation_multiplier,
        coalesce(steps.sofr_shift_bps, 0) as sofr_shift_bps,
        steps.is_offtaker_default
    from gaps
    join quarters
        on gaps.whole_until is null or quarters.quarter_number <= gaps.whole_until
    join steps
        on gaps.scenario = steps.scenario
        and steps.quarter_number = least(quarters.quarter_number, gaps.last_quarter)
    union all
    select
        gaps.scenario,
        quarters.quarter_number,
        cast(null as varchar) as scenario_kind,
        cast(null as double) as rent_multiplier,
        cast(null as double) as utilisation_multiplier,
        cast(null as double) as sofr_shift_bps,
        cast(null as boolean) as is_offtaker_default
    from gaps
    join quarters on quarters.quarter_number > gaps.whole_until
),

-- Debt that is left: level repayment from the later of the start and the first repayment to maturity.
debts as (
    select
        starts.facility_id,
        quarters.quarter_number,
        starts.period_end_on as started_on,
        cast(starts.period_end_on + interval 3 month * quarters.quarter_number as date) as period_end_on,
        starts.outstanding_usd as start_usd,
        case
            when starts.maturity_on is null then null
            when 3 * quarters.quarter_number >= datediff('month', starts.period_end_on, starts.maturity_on)
                then 0
            when facility.amortisation = 'bullet' then starts.outstanding_usd
            else starts.outstanding_usd
                * least(
                    (
                        datediff('month', starts.period_end_on, starts.maturity_on)
                        - 3 * quarters.quarter_number
                    )
                    / (
                        datediff('month', starts.period_end_on, starts.maturity_on)
                        - greatest(
                            coalesce(
                                datediff('month', starts.period_end_on, facility.amortisation_from_on),
                                0
                            ), 0
                        )
                    ), 1
                )
        end as outstanding_usd,
        starts.ltv_max_pct,
        greatest(starts.ltv_contract_pct / starts.ltv_max_pct, 1) as collateral_factor,
        starts.fixed_fraction,
        starts.sofr_pct,
        starts.dscr_min_ratio,
        starts.dscr_tested_from_on,
        concat_ws(
            '; ',
            starts.inputs_assumed,
            case when starts.ltv_contract_pct > starts.ltv_max_pct
                then 'collateral of the contract clock raised by '
                || cast(round(100 * (starts.ltv_contract_pct / starts.ltv_max_pct - 1), 1) as varchar)
                || ' % so that the agreement holds at the start' end
        ) as inputs_assumed,
        starts.price_vintage_on,
        starts.known_at,
        facility.amortisation,
        facility.fixed_rate_pct,
        facility.spread_bps,
        coalesce(facility.hedged_min_pct, 0) / 100 as hedged_fraction,
        case when facility.offtake_months is not null and facility.closed_on is not null
            then cast(facility.closed_on + interval 1 month * facility.offtake_months as date)
        end as contract_ends_on
    from starts
    join marts.facility as facility on starts.facility_id = facility.facility_id
    cross join quarters
),

-- The contract's clock does not know the scenario.
contract as (
    select
        debts.facility_id,
        debts.quarter_number,
        max(debts.collateral_factor) * sum(
            lot.lot_cost_usd
            * greatest(1 - (lot.age_years + debts.quarter_number / 4) / lot.depreciation_life_years, 0)
        ) as depreciated_cost_usd,
        sum(
            (1 - lot.gpu_fraction) * lot.lot_cost_usd
            * greatest(1 - (lot.age_years + debts.quarter_number / 4) / lot.depreciation_life_years, 0)
        ) as other_value_usd
    from debts
    join marts.facility_lot_value as lot
        on debts.facility_id = lot.facility_id and debts.started_on = lot.period_end_on
    group by all
),

-- Where repayment follows the borrowing base, what the base no longer covers is repaid as well.
owed as (
    select
        debts.facility_id,
        debts.quarter_number,
        case when debts.amortisation = 'borrowing_base'
            then least(
                debts.outstanding_usd,
                debts.ltv_max_pct / 100 * contract.depreciated_cost_usd
            )
            else debts.outstanding_usd
        end as outstanding_usd
    from debts
    join contract
        on debts.facility_id = contract.facility_id
        and debts.quarter_number = contract.quarter_number
),

serviced as (
    select
        debts.facility_id,
        debts.quarter_number,
        debts.period_end_on,
        owed.outstanding_usd,
        owed.outstanding_usd
        - lead(owed.outstanding_usd, 1, 0) over (
            partition by debts.facility_id order by debts.quarter_number
        ) as principal_due_usd,
        debts.ltv_max_pct,
        debts.fixed_fraction,
        debts.sofr_pct,
        debts.fixed_rate_pct,
        debts.spread_bps,
        debts.hedged_fraction,
        debts.contract_ends_on,
        debts.dscr_min_ratio,
        debts.dscr_tested_from_on,
        debts.inputs_assumed,
        debts.price_vintage_on,
        debts.known_at
    from debts
    join owed
        on debts.facility_id = owed.facility_id and debts.quarter_number = owed.quarter_number
),

rented as (
    select
        debts.facility_id,
        paths.scenario,
        debts.quarter_number,
        case when count(lot.earned_usd) = count(*) then
            sum(
                greatest(
                    lot.earned_usd * paths.utilisation_multiplier
                    * coalesce(
                        paths.rent_multiplier,
                        case when paths.scenario_kind = 'commodity'
                            then lot.cash_cost_usd / lot.rent_kept_usd end
                    )
                    - lot.spent_usd, 0
                )
            )
        end as gpu_value_usd,
        case when count(lot.rent_kept_usd) = count(*) then
            sum(
                lot.rent_kept_usd * paths.utilisation_multiplier
                * coalesce(
                    paths.rent_multiplier,
                    case when paths.scenario_kind = 'commodity'
                        then lot.cash_cost_usd / lot.rent_kept_usd end
                )
                - lot.cash_cost_usd
            ) / 4
        end as market_income_usd,
        max(lot.market_missing_reason) as market_missing_reason
    from debts
    join paths on debts.quarter_number = paths.quarter_number
    join marts.facility_lot_value as lot
        on debts.facility_id = lot.facility_id and debts.started_on = lot.period_end_on
    group by all
),

scored as (
    select
        serviced.facility_id,
        paths.scenario,
        serviced.quarter_number,
        serviced.period_end_on,
        serviced.outstanding_usd,
        paths.scenario_kind,
        paths.rent_multiplier,
        paths.sofr_shift_bps,
        contract.depreciated_cost_usd,
        serviced.ltv_max_pct,
        rented.gpu_value_usd + contract.other_value_usd as market_value_usd,
        rented.market_income_usd,
        serviced.principal_due_usd,
        -- A quarter of a year; the hedged part of the floating debt keeps the rate of the start.
        serviced.outstanding_usd / 400 * (
            case when serviced.fixed_fraction > 0 then serviced.fixed_fraction * serviced.fixed_rate_pct
                else 0 end
            + case when serviced.fixed_fraction < 1 then
                (1 - serviced.fixed_fraction) * (
                    serviced.sofr_pct + serviced.spread_bps / 100
                    + (1 - serviced.hedged_fraction) * paths.sofr_shift_bps / 100
                )
                else 0 end
        ) as interest_usd,
        paths.is_offtaker_default or serviced.period_end_on > serviced.contract_ends_on
            as is_at_market,
        serviced.dscr_min_ratio,
        coalesce(serviced.period_end_on >= serviced.dscr_tested_from_on, true) as is_dscr_tested,
        case
            when paths.scenario_kind is null then 'the scenario leaves out a quarter before this one'
            when serviced.outstanding_usd is null then 'no maturity filed'
            when serviced.outstanding_usd = 0 then 'repaid'
            else rented.market_missing_reason
        end as stress_missing_reason,
        serviced.inputs_assumed,
        serviced.price_vintage_on,
        serviced.known_at
    from serviced
    join paths on serviced.quarter_number = paths.quarter_number
    join contract
        on serviced.facility_id = contract.facility_id
        and serviced.quarter_number = contract.quarter_number
    left join rented
        on serviced.facility_id = rented.facility_id
        and paths.scenario = rented.scenario
        and serviced.quarter_number = rented.quarter_number
),

judged as (
    select
        scored.*,
        case when scored.scenario_kind is not null and scored.outstanding_usd > 0
            then 100 * scored.outstanding_usd / nullif(scored.depreciated_cost_usd, 0) end as ltv_contract_pct,
        case when scored.outstanding_usd > 0
            then 100 * scored.outstanding_usd / nullif(scored.market_value_usd, 0) end as ltv_market_pct,
        case when scored.outstanding_usd > 0
            then scored.market_income_usd
                / nullif(scored.interest_usd + scored.principal_due_usd, 0) end as dscr_market_ratio
    from scored
)

select
    judged.facility_id,
    judged.scenario,
    judged.quarter_number,
    judged.period_end_on,
    judged.rent_multiplier,
    judged.sofr_shift_bps,
    judged.outstanding_usd,
    judged.depreciated_cost_usd,
    judged.ltv_max_pct / 100 * judged.depreciated_cost_usd as borrowing_base_usd,
    judged.ltv_contract_pct,
    judged.market_value_usd,
    judged.ltv_market_pct,
    judged.interest_usd,
    judged.principal_due_usd,
    judged.market_income_usd,
    judged.dscr_market_ratio,
    coalesce(judged.is_at_market, false) as is_at_market,
    case when judged.is_at_market then judged.dscr_market_ratio end as dscr_ratio,
    -- At the start the two are equal by construction, but for the last digit.
    judged.ltv_contract_pct > judged.ltv_max_pct + 1e-9 as is_base_broken,
    judged.ltv_market_pct > 100
    or (judged.outstanding_usd > 0 and judged.market_value_usd <= 0) as is_under_water,
    case when judged.is_at_market and judged.is_dscr_tested
        then judged.dscr_market_ratio < judged.dscr_min_ratio end as is_dscr_broken,
    judged.stress_missing_reason,
    judged.inputs_assumed,
    judged.price_vintage_on,
    judged.known_at
from judged
order by judged.facility_id, judged.scenario, judged.quarter_number
