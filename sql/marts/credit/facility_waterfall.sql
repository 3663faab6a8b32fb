-- Is the cash there to keep each agreement, quarter by quarter from the newest filed balance to maturity? Cash
-- through the agreement, in its order: revenue, running cost, interest (and what was left unpaid of it),
-- scheduled principal, cure of the borrowing base, cash kept below the trigger or under the liquidity covenant,
-- the rest to the sponsor; the balloon at maturity. Every line is a column; what breaks first is named.
-- Revenue: at the `market`, posted rent on the scenario's path times the share operators realise (40 to 80 %, a
-- dimension); `contract_floor` while the customer pays, the least the agreement's own coverage covenant lets the
-- contract bring in, since what it does bring in is not filed, and the market after its end or default.
-- Left out and so said: taxes, guarantees of the parent, fees. The trigger of the cash trap is the coverage
-- covenant where no other is filed. Arithmetic: pipeline/methods/waterfall.py.
-- method: pipeline.methods.waterfall.run
-- grain: facility_id, scenario, realisation_pct, revenue_basis, period_end_on
with realised as (
    select unnest([40.0, 50.0, 60.0, 70.0, 80.0])::double as realisation_pct
),

assumed as (
    select
        inputs.base_value as realisation_pct,
        inputs.known_at
    from steps.cost_input as inputs
    where inputs.input = 'realisation'
),

-- Rent moves what a lot earns and keeps in proportion; what it spends does not move.
earning as (
    select
        lot.facility_id,
        paths.scenario,
        realised.realisation_pct,
        lot.quarter_number,
        realised.realisation_pct / assumed.realisation_pct * paths.utilisation_multiplier * case
            when paths.rent_multiplier is not null then paths.rent_multiplier
            when paths.scenario_kind = 'commodity' and lot.annual_rent_kept_usd > 0
                -- Rent at cash cost leaves nothing at whatever share is realised.
                then lot.annual_cash_cost_usd / lot.annual_rent_kept_usd
                    * assumed.realisation_pct / realised.realisation_pct
            when paths.scenario_kind = 'commodity' then 0
        end as factor,
        lot.earned_usd,
        lot.spent_usd,
        lot.annual_rent_kept_usd,
        lot.annual_cash_cost_usd,
        lot.market_missing_reason,
        assumed.known_at
    from steps.facility_lot_quarter as lot
    join steps.facility_rent_path as paths
        on lot.facility_id = paths.facility_id and lot.quarter_number = paths.quarter_number
    cross join realised
    cross join assumed
),

collateral as (
    select
        earning.facility_id,
        earning.scenario,
        earning.realisation_pct,
        earning.quarter_number,
        case when count(earning.earned_usd * earning.factor) = count(*)
            then sum(greatest(earning.earned_usd * earning.factor - earning.spent_usd, 0)) end as gpu_value_usd,
        case when count(earning.annual_rent_kept_usd * earning.factor) = count(*)
            then sum(earning.annual_rent_kept_usd * earning.factor) / 4 end as revenue_usd,
        case when count(earning.annual_cash_cost_usd) = count(*)
            then sum(earning.annual_cash_cost_usd) / 4 end as running_cost_usd,
        coalesce(
            max(earning.market_missing_reason),
            case when count(earning.factor) < count(*) then 'the scenario states no rent' end
        ) as market_missing_reason,
        max(earning.known_at) as known_at
    from earning
    group by all
),

bases as (
    select unnest(['market', 'contract_floor']) as revenue_basis
)

select
    facility.facility_id,
    paths.scenario,
    collateral.realisation_pct,
    bases.revenue_basis,
    facility.quarter_number,
    facility.period_end_on,
    facility.balance_on,
    paths.rent_multiplier,
    facility.principal_usd as scheduled_principal_usd,
    facility.maturity_on,
    rates.interest_rate_pct,
    collateral.revenue_usd as market_revenue_usd,
    collateral.running_cost_usd,
    coalesce(facility.dscr_min_ratio, facility.contract_coverage_min_ratio) as contract_ratio,
    not coalesce(paths.has_offtaker_defaulted or facility.period_end_on > facility.contract_ends_on, false)
        as is_offtaker_paying,
    facility.ltv_max_pct / 100 * facility.depreciated_cost_usd as borrowing_base_usd,
    facility.is_base_tested,
    facility.dscr_min_ratio,
    facility.is_dscr_tested,
    facility.liquidity_min_usd,
    collateral.gpu_value_usd + facility.other_value_usd as market_value_usd,
    case
        when paths.scenario_kind is null then 'the scenario leaves out a quarter up to this one'
        when facility.principal_usd is null then 'no maturity filed'
        else coalesce(
            rates.rate_missing_reason,
            collateral.market_missing_reason,
            case when bases.revenue_basis = 'contract_floor'
                and coalesce(facility.dscr_min_ratio, facility.contract_coverage_min_ratio) is null
                then 'no coverage covenant filed' end
        )
    end as cash_missing_reason,
    concat_ws(
        '; ',
        facility.inputs_assumed,
        case bases.revenue_basis
            when 'market' then 'revenue at the market, as if no contract paid'
            else 'revenue at the least the coverage covenant allows, while the customer pays'
        end,
        'no tax, no fee and no call on the parent',
        'SOFR as it was at the start',
        case when facility.dscr_min_ratio is not null
            then 'cash kept below the coverage covenant (no other trigger filed)' end,
        case when facility.liquidity_min_usd is null then 'no liquidity covenant filed as a sum' end
    ) as inputs_assumed,
    facility.price_vintage_on,
    greatest(facility.known_at, paths.known_at, collateral.known_at) as known_at
from steps.facility_quarter as facility
join steps.facility_rent_path as paths
    on facility.facility_id = paths.facility_id and facility.quarter_number = paths.quarter_number
join collateral
    on facility.facility_id = collateral.facility_id
    and paths.scenario = collateral.scenario
    and facility.quarter_number = collateral.quarter_number
left join steps.facility_scenario_rate as rates
    on facility.facility_id = rates.facility_id
    and facility.balance_on = rates.balance_on
    and paths.scenario = rates.scenario
    and facility.quarter_number = rates.quarter_number
cross join bases
order by
    facility.facility_id,
    paths.scenario,
    collateral.realisation_pct,
    bases.revenue_basis,
    facility.quarter_number
