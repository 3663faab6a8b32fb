-- Each facility quarter by quarter over the ten years after its newest filed balance, before any scenario: what
-- is owed if the schedule is kept, what falls due, and the collateral by the contract's clock, which does not
-- know the market. Nothing is raised or repaid so that the agreement complies: collateral is the least that
-- draws over the advance rate can have paid for, and where that is too little the base is short from the start.
-- grain: facility_id, quarter_number
with started as (
    select
        starts.*,
        schedule.quarter_number,
        schedule.period_end_on as quarter_end_on,
        schedule.principal_left_usd,
        terms.amortisation_from_on,
        terms.liquidity_min_usd,
        terms.hedged_min_pct,
        case when terms.offtake_months is not null and terms.closed_on is not null
            then cast(terms.closed_on + interval 1 month * terms.offtake_months as date)
        end as contract_ends_on
    from steps.facility_start as starts
    join steps.facility_schedule as schedule
        on starts.facility_id = schedule.facility_id and starts.balance_on = schedule.balance_on
    join steps.facility_day as days
        on starts.facility_id = days.facility_id and starts.balance_on = days.balance_on
    join steps.facility_terms as terms
        on days.facility_id = terms.facility_id and days.in_force_from_on = terms.in_force_from_on
),

collateral as (
    select
        lot.facility_id,
        lot.quarter_number,
        sum(lot.depreciated_cost_usd) as depreciated_cost_usd,
        sum(lot.other_value_usd) as other_value_usd
    from steps.facility_lot_quarter as lot
    group by all
),

-- The last quarter of the schedule is there to tell what falls due in the one before.
served as (
    select
        started.*,
        case when started.ltv_contract_pct is not null then collateral.depreciated_cost_usd end
            as contract_cost_usd,
        collateral.other_value_usd,
        started.principal_left_usd - lead(started.principal_left_usd) over (
            partition by started.facility_id order by started.quarter_number
        ) as due_usd
    from started
    join collateral
        on started.facility_id = collateral.facility_id
        and started.quarter_number = collateral.quarter_number
)

select
    served.facility_id,
    served.quarter_number,
    served.quarter_end_on as period_end_on,
    served.balance_on,
    served.principal_left_usd as principal_usd,
    served.due_usd as quarter_principal_due_usd,
    served.contract_cost_usd as depreciated_cost_usd,
    served.other_value_usd,
    served.maturity_on,
    served.ltv_max_pct,
    coalesce(served.quarter_end_on >= served.amortisation_from_on, true) as is_base_tested,
    served.dscr_min_ratio,
    coalesce(served.quarter_end_on >= served.dscr_tested_from_on, true) as is_dscr_tested,
    served.contract_coverage_min_ratio,
    served.liquidity_min_usd,
    served.contract_ends_on,
    concat_ws(
        '; ',
        served.inputs_assumed,
        case when served.ltv_contract_pct > served.ltv_max_pct
            then 'the least cost that draws allow is '
            || cast(round((served.principal_usd - served.borrowing_base_usd) / 1e6, 1) as varchar)
            || ' million short of the base at the start; no breach is reported' end,
        case when served.fixed_fraction < 1 and served.hedged_min_pct is null
            then 'no hedge filed, so all floating interest moves' end
    ) as inputs_assumed,
    served.price_vintage_on,
    served.known_at
from served
where served.quarter_number <= 40
order by served.facility_id, served.quarter_number
