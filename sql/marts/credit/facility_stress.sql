-- What each scenario does to each facility over the ten years after its newest filed balance: debt run down,
-- collateral by both clocks, service, and which promise breaks. Rents move by the scenario's multiplier of
-- the rent at the start; after its last quarter a scenario stands still; a quarter it leaves out has no
-- result, and so have those after it. In the commodity path (no multiplier) rent is what covers cash cost.
-- Machines grow older meanwhile: each quarter the income clock of the start is read at their age of then,
-- and what they would earn moves in proportion to rent, their length of use held, never below nothing.
-- Take-or-pay: rent paid under a contract does not move, and is not filed, so dscr_ratio is null until the
-- scenario defaults the customer (for good) or the contract ends, and at the market from then on. SOFR moves
-- only the floating debt that need not be hedged. The agreement is taken to hold at the start: where cost
-- inferred from draws is too little for that, the contract's clock counts as much more as it takes, and
-- inputs_assumed says so.
-- grain: facility_id, scenario, quarter_number
with newest as (
    select coverage.*
    from marts.facility_coverage as coverage
    where coverage.period_end_on is not null
    qualify row_number() over (
        partition by coverage.facility_id order by coverage.period_end_on desc
    ) = 1
),

-- What is repaid by now is not stressed from an older balance.
starts as (
    select newest.*
    from newest
    where newest.outstanding_usd > 0
    and newest.collateral_cost_usd is not null
),

-- One quarter more than is shown, so that the last one knows what falls due in it.
quarters as (
    select cast(unnest(generate_series(0, 41, 1)) as bigint) as quarter_number
),

-- How far each scenario goes without a gap; a customer that has defaulted stays so.
steps as (
    select
        scenario.*,
        max(scenario.quarter_number) over (partition by scenario.scenario) as last_quarter,
        bool_or(scenario.is_offtaker_default) over (
            partition by scenario.scenario order by scenario.quarter_number
        ) as has_defaulted,
        scenario.quarter_number - coalesce(
            lag(scenario.quarter_number) over (
                partition by scenario.scenario order by scenario.quarter_number
            ),
            -1
        ) > 1 as is_after_gap
    from staging.scenarios as scenario
),

gaps as (
    select
        steps.scenario,
        max(steps.last_quarter) as last_quarter,
        min(case when steps.is_after_gap then steps.quarter_number end) as broken_at,
        max(steps.known_at) as known_at
    from steps
    group by all
),

-- The last quarter before the first gap: all of them where there is none, none where the start is missing.
ends as (
    select
        gaps.scenario,
        gaps.last_quarter,
        gaps.known_at,
        case
            when gaps.broken_at is null then 40
            else coalesce(
                max(case when steps.quarter_number < gaps.broken_at then steps.quarter_number end), -1
            )
        end as whole_until
    from gaps
    join steps on gaps.scenario = steps.scenario
    group by gaps.scenario, gaps.last_quarter, gaps.known_at, gaps.broken_at
),

paths as (
    select
        ends.scenario,
        quarters.quarter_number,
        steps.scenario_kind,
        steps.rent_multiplier,
        coalesce(steps.utilisation_multiplier, 1) as utilisation_multiplier,
        coalesce(steps.sofr_shift_bps, 0) as sofr_shift_bps,
        steps.has_defaulted,
        ends.known_at
    from ends
    join quarters on quarters.quarter_number <= ends.whole_until
    join steps
        on ends.scenario = steps.scenario
        and steps.quarter_number = least(quarters.quarter_number, ends.last_quarter)
    where quarters.quarter_number <= 40
    union all
    select
        ends.scenario,
        quarters.quarter_number,
        cast(null as varchar) as scenario_kind,
        cast(null as double) as rent_multiplier,
        cast(null as double) as utilisation_multiplier,
        cast(null as double) as sofr_shift_bps,
        cast(null as boolean) as has_defaulted,
        ends.known_at
    from ends
    join quarters on quarters.quarter_number > ends.whole_until
    where quarters.quarter_number <= 40
),

-- Debt that is left: level repayment from the later of the start and the first repayment to maturity.
debts as (
    select
        starts.facility_id,
        quarters.quarter_number,
        starts.period_end_on as started_on,
        case
            when starts.period_end_on = last_day(starts.period_end_on)
                then last_day(
                    cast(starts.period_end_on + interval 3 month * quarters.quarter_number as date)
                )
            else cast(starts.period_end_on + interval 3 month * quarters.quarter_number as date)
        end as period_end_on,
        case
            when starts.maturity_on is null then null
            when 3 * quarters.quarter_number >= datediff('month', starts.period_end_on, starts.maturity_on)
                and quarters.quarter_number > 0
                then 0
            when facility.amortisation = 'bullet' then starts.outstanding_usd
            else starts.outstanding_usd
                * least(
                    (
                        datediff('month', starts.period_end_on, starts.maturity_on)
                        - 3 * quarters.quarter_number
                    )
                    / greatest(
                        datediff('month', starts.period_end_on, starts.maturity_on)
                        - greatest(
                            coalesce(
                                datediff('month', starts.period_end_on, facility.amortisation_from_on),
                                0
                            ), 0
                        ), 1
                    ), 1
                )
        end as level_usd,
        starts.outstanding_usd as start_usd,
        starts.ltv_max_pct,
        -- Of collateral past its agreed life no multiple makes the agreement hold: then it is unknown.
        case when starts.ltv_contract_pct is not null
            then greatest(starts.ltv_contract_pct / starts.ltv_max_pct, 1) end as collateral_factor,
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
                || ' % so that the agreement holds at the start' end,
            case when starts.fixed_fraction < 1 and facility.hedged_min_pct is null
                then 'no hedge filed, so all floating interest moves' end
        ) as inputs_assumed,
        starts.price_vintage_on,
        starts.known_at,
        facility.amortisation,
        facility.benchmark_floor_pct,
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

positions as (
    select
        debts.facility_id,
        debts.quarter_number,
        debts.collateral_factor,
        lot.lot_number,
        lot.accelerator,
        lot.valued_on,
        lot.gpu_estimate,
        lot.rent_kept_usd,
        lot.cash_cost_usd,
        lot.market_missing_reason,
        lot.age_years + debts.quarter_number / 4 as age_years,
        lot.lot_cost_usd
        * greatest(1 - (lot.age_years + debts.quarter_number / 4) / lot.depreciation_life_years, 0)
            as depreciated_cost_usd,
        lot.gpu_fraction
    from debts
    join marts.facility_lot_value as lot
        on debts.facility_id = lot.facility_id and debts.started_on = lot.period_end_on
),

-- The contract's clock does not know the scenario.
contract as (
    select
        positions.facility_id,
        positions.quarter_number,
        max(positions.collateral_factor) * sum(positions.depreciated_cost_usd) as depreciated_cost_usd,
        sum((1 - positions.gpu_fraction) * positions.depreciated_cost_usd) as other_value_usd
    from positions
    group by all
),

-- Where repayment follows the borrowing base, what the base no longer covers is repaid as well.
owed as (
    select
        debts.facility_id,
        debts.quarter_number,
        case
            -- A facility past its maturity still owes what was filed.
            when debts.quarter_number = 0 and debts.level_usd is not null then debts.start_usd
            when debts.amortisation = 'borrowing_base'
                and debts.level_usd > debts.ltv_max_pct / 100 * contract.depreciated_cost_usd
                then debts.ltv_max_pct / 100 * contract.depreciated_cost_usd
            else debts.level_usd
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
        - lead(owed.outstanding_usd) over (
            partition by debts.facility_id order by debts.quarter_number
        ) as principal_due_usd,
        debts.ltv_max_pct,
        debts.fixed_fraction,
        debts.sofr_pct,
        debts.benchmark_floor_pct,
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

-- The income clock of the start at the age of the quarter, between two whole years.
aged as (
    select
        positions.facility_id,
        positions.quarter_number,
        positions.lot_number,
        positions.gpu_estimate * (
            (1 - (positions.age_years - floor(positions.age_years))) * younger.earned_usd_per_gpu
            + case when positions.age_years > floor(positions.age_years)
                then (positions.age_years - floor(positions.age_years)) * older.earned_usd_per_gpu
                else 0 end
        ) as earned_usd,
        positions.gpu_estimate * (
            (1 - (positions.age_years - floor(positions.age_years))) * younger.spent_usd_per_gpu
            + case when positions.age_years > floor(positions.age_years)
                then (positions.age_years - floor(positions.age_years)) * older.spent_usd_per_gpu
                else 0 end
        ) as spent_usd,
        positions.rent_kept_usd,
        positions.cash_cost_usd,
        positions.market_missing_reason
    from positions
    left join marts.residual_value as younger
        on positions.accelerator = younger.accelerator
        and younger.clock = 'income_market'
        and younger.tier = 'neocloud'
        and younger.status = 'published'
        and positions.valued_on = younger.period_end_on
        and floor(positions.age_years) = younger.age_years
    left join marts.residual_value as older
        on positions.accelerator = older.accelerator
        and older.clock = 'income_market'
        and older.tier = 'neocloud'
        and older.status = 'published'
        and positions.valued_on = older.period_end_on
        and floor(positions.age_years) + 1 = older.age_years
),

-- What each lot would earn at the scenario's rent. In the commodity path it keeps its cash cost in a year.
moved as (
    select
        aged.facility_id,
        paths.scenario,
        aged.quarter_number,
        paths.utilisation_multiplier * case
            when paths.rent_multiplier is not null then paths.rent_multiplier * aged.earned_usd
            when paths.scenario_kind = 'commodity' and aged.rent_kept_usd > 0
                then aged.cash_cost_usd / aged.rent_kept_usd * aged.earned_usd
            -- Without rent at the start there is nothing to scale: what only covers its cost is worth nothing.
            when paths.scenario_kind = 'commodity' then 0 * aged.earned_usd
        end as earned_usd,
        aged.spent_usd,
        paths.utilisation_multiplier * case
            when paths.rent_multiplier is not null then paths.rent_multiplier * aged.rent_kept_usd
            when paths.scenario_kind = 'commodity' then aged.cash_cost_usd
        end as rent_kept_usd,
        aged.cash_cost_usd,
        case
            when aged.market_missing_reason is not null then aged.market_missing_reason
            when aged.earned_usd is null then 'older than the income clock goes'
            when paths.rent_multiplier is null and paths.scenario_kind <> 'commodity'
                then 'the scenario states no rent'
        end as market_missing_reason
    from aged
    join paths on aged.quarter_number = paths.quarter_number
),

rented as (
    select
        moved.facility_id,
        moved.scenario,
        moved.quarter_number,
        case when count(moved.earned_usd - moved.spent_usd) = count(*)
            then sum(greatest(moved.earned_usd - moved.spent_usd, 0)) end as gpu_value_usd,
        case when count(moved.rent_kept_usd - moved.cash_cost_usd) = count(*)
            then sum(moved.rent_kept_usd - moved.cash_cost_usd) / 4 end as market_income_usd,
        max(moved.market_missing_reason) as market_missing_reason
    from moved
    group by all
),

scored as (
    select
        serviced.facility_id,
        paths.scenario,
        serviced.quarter_number,
        serviced.period_end_on,
        paths.scenario_kind,
        paths.rent_multiplier,
        paths.sofr_shift_bps,
        serviced.outstanding_usd,
        contract.depreciated_cost_usd,
        serviced.ltv_max_pct,
        case when paths.scenario_kind is not null
            then rented.gpu_value_usd + contract.other_value_usd end as market_value_usd,
        rented.market_income_usd,
        serviced.principal_due_usd,
        -- A quarter of a year; the hedged part of the floating debt keeps the rate of the start.
        case when serviced.fixed_fraction is not null and paths.scenario_kind is not null
            then serviced.outstanding_usd / 400 * (
                case when serviced.fixed_fraction > 0
                    then serviced.fixed_fraction * serviced.fixed_rate_pct
                    else 0 end
                + case when serviced.fixed_fraction < 1 then
                    (1 - serviced.fixed_fraction) * (
                        serviced.hedged_fraction
                        * case when serviced.benchmark_floor_pct > serviced.sofr_pct
                            then serviced.benchmark_floor_pct else serviced.sofr_pct end
                        + (1 - serviced.hedged_fraction)
                        * case
                            when serviced.benchmark_floor_pct
                                > serviced.sofr_pct + paths.sofr_shift_bps / 100
                                then serviced.benchmark_floor_pct
                            else serviced.sofr_pct + paths.sofr_shift_bps / 100
                        end
                        + serviced.spread_bps / 100
                    )
                    else 0 end
            ) end as interest_usd,
        paths.has_defaulted or serviced.period_end_on > serviced.contract_ends_on as is_at_market,
        serviced.dscr_min_ratio,
        coalesce(serviced.period_end_on >= serviced.dscr_tested_from_on, true) as is_dscr_tested,
        case when serviced.fixed_fraction is null
            or (serviced.fixed_fraction > 0 and serviced.fixed_rate_pct is null)
            then 'no interest rate filed'
            when serviced.fixed_fraction < 1 and serviced.sofr_pct is null then 'no SOFR for the day'
        end as interest_missing_reason,
        rented.market_missing_reason,
        serviced.inputs_assumed,
        serviced.price_vintage_on,
        greatest(serviced.known_at, paths.known_at) as known_at
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
            then scored.outstanding_usd end as owed_usd,
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
    100 * judged.owed_usd / nullif(judged.depreciated_cost_usd, 0) as ltv_contract_pct,
    judged.market_value_usd,
    100 * judged.owed_usd / nullif(judged.market_value_usd, 0) as ltv_market_pct,
    judged.interest_usd,
    judged.principal_due_usd,
    judged.market_income_usd,
    judged.dscr_market_ratio,
    coalesce(judged.is_at_market, false) as is_at_market,
    case when judged.is_at_market then judged.dscr_market_ratio end as dscr_ratio,
    -- At the start the two are equal by construction, but for the last digit.
    judged.owed_usd * (1 - 1e-11) > judged.ltv_max_pct / 100 * judged.depreciated_cost_usd
        as is_base_broken,
    judged.owed_usd > judged.market_value_usd as is_under_water,
    case when judged.is_at_market and judged.is_dscr_tested
        then judged.dscr_market_ratio < judged.dscr_min_ratio end as is_dscr_broken,
    case
        when judged.scenario_kind is null then 'the scenario leaves out a quarter up to this one'
        when judged.outstanding_usd is null then 'no maturity filed'
        when judged.outstanding_usd = 0 then 'repaid'
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
    judged.known_at
from judged
order by judged.facility_id, judged.scenario, judged.quarter_number
