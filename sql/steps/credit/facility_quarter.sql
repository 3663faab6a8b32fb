-- Each facility quarter by quarter over the ten years after its newest filed balance, before any scenario:
-- what is owed, what falls due, and the collateral by the contract's clock, which does not know the market.
-- Where repayment follows the borrowing base, what the base no longer covers is repaid as well. The agreement
-- is taken to hold at the start: where cost inferred from draws is too little for that, the contract's clock
-- counts as much more as it takes, and `inputs_assumed` says so.
-- grain: facility_id, quarter_number
with started as (
    select
        starts.*,
        schedule.quarter_number,
        schedule.period_end_on as quarter_end_on,
        schedule.principal_left_usd,
        -- Of collateral past its agreed life no multiple makes the agreement hold: then it is unknown.
        case when starts.ltv_contract_pct is not null
            then greatest(starts.ltv_contract_pct / starts.ltv_max_pct, 1) end as collateral_factor,
        facility.amortisation,
        facility.hedged_min_pct,
        case when facility.offtake_months is not null and facility.closed_on is not null
            then cast(facility.closed_on + interval 1 month * facility.offtake_months as date)
        end as contract_ends_on
    from steps.facility_start as starts
    join steps.facility_schedule as schedule
        on starts.facility_id = schedule.facility_id and starts.balance_on = schedule.balance_on
    join marts.facility as facility on starts.facility_id = facility.facility_id
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

backed as (
    select
        started.*,
        started.collateral_factor * collateral.depreciated_cost_usd as contract_cost_usd,
        collateral.other_value_usd
    from started
    join collateral
        on started.facility_id = collateral.facility_id
        and started.quarter_number = collateral.quarter_number
),

owed as (
    select
        backed.*,
        case
            when backed.quarter_number > 0
                and backed.amortisation = 'borrowing_base'
                and backed.principal_left_usd > backed.ltv_max_pct / 100 * backed.contract_cost_usd
                then backed.ltv_max_pct / 100 * backed.contract_cost_usd
            else backed.principal_left_usd
        end as owed_usd
    from backed
),

-- The last quarter of the schedule is there to tell what falls due in the one before.
served as (
    select
        owed.*,
        owed.owed_usd - lead(owed.owed_usd) over (
            partition by owed.facility_id order by owed.quarter_number
        ) as due_usd
    from owed
)

select
    served.facility_id,
    served.quarter_number,
    served.quarter_end_on as period_end_on,
    served.balance_on,
    served.owed_usd as principal_usd,
    served.due_usd as quarter_principal_due_usd,
    served.contract_cost_usd as depreciated_cost_usd,
    served.other_value_usd,
    served.ltv_max_pct,
    served.dscr_min_ratio,
    coalesce(served.quarter_end_on >= served.dscr_tested_from_on, true) as is_dscr_tested,
    served.contract_ends_on,
    concat_ws(
        '; ',
        served.inputs_assumed,
        case when served.ltv_contract_pct > served.ltv_max_pct
            then 'collateral of the contract clock raised by '
            || cast(round(100 * (served.ltv_contract_pct / served.ltv_max_pct - 1), 1) as varchar)
            || ' % so that the agreement holds at the start' end,
        case when served.fixed_fraction < 1 and served.hedged_min_pct is null
            then 'no hedge filed, so all floating interest moves' end
    ) as inputs_assumed,
    served.price_vintage_on,
    served.known_at
from served
where served.quarter_number <= 40
order by served.facility_id, served.quarter_number
