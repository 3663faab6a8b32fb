-- How much a GPU cloud owes on one balance day against what it earns, owns and pays (METHODS 7): debt by
-- carrying value and by principal, with and without leases and obligations off the balance sheet. Flows
-- are the last twelve months: four contiguous quarters of one basis and perimeter, else the fiscal year
-- that ends on the day. A ratio whose parts are not all held, or that would stand on earnings of zero or
-- less, is null, and `ratio_missing_reason` says why; what a figure leaves out stands in `caveats`.
-- grain: issuer, accounting_basis, period_end_on
select
    position.issuer,
    position.cik,
    position.accounting_basis,
    position.is_preferred_basis,
    position.period_end_on,
    position.ltm_source,
    position.revenue_ltm_usd,
    position.operating_income_ltm_usd,
    position.depreciation_and_amortization_ltm_usd,
    position.stock_compensation_ltm_usd,
    position.interest_expense_ltm_usd,
    position.interest_capitalized_ltm_usd,
    position.capex_ltm_usd,
    position.operating_cash_flow_ltm_usd,
    position.adjusted_ebitda_disclosed_ltm_usd,
    position.cash_usd,
    position.restricted_cash_usd,
    position.ppe_net_usd,
    position.total_assets_usd,
    position.rpo_usd,
    position.total_debt_usd,
    position.recourse_debt_usd,
    position.non_recourse_debt_usd,
    position.finance_lease_usd,
    position.debt_usd,
    position.debt_principal_usd,
    position.net_debt_usd,
    position.operating_lease_usd,
    position.leases_not_commenced_usd,
    position.purchase_commitments_usd,
    position.adjusted_obligations_usd,
    position.ebitda_usd,
    position.adjusted_ebitda_usd,
    position.ebitda_less_capex_usd,
    position.coin_gain_ltm_usd,
    position.impairment_ltm_usd,
    position.ebitda_without_coins_usd,
    case
        when position.ebitda_without_coins_usd is null then null
        when position.impairment_ltm_usd is null then 'coin gains'
        else 'coin gains and impairments'
    end as taken_out,
    position.interest_incurred_ltm_usd,
    position.average_debt_usd,
    position.due_within_12_months_usd,
    position.undrawn_usd,
    position.liquidity_usd,
    case when position.ebitda_usd > 0 then position.debt_usd / position.ebitda_usd end
        as debt_to_ebitda_ratio,
    case
        when position.ebitda_usd > 0 and position.net_debt_usd >= 0
            then position.net_debt_usd / position.ebitda_usd
    end as net_debt_to_ebitda_ratio,
    case
        when position.ebitda_usd > 0 then position.adjusted_obligations_usd / position.ebitda_usd
    end as adjusted_obligations_to_ebitda_ratio,
    case
        when position.adjusted_ebitda_usd > 0 then position.debt_usd / position.adjusted_ebitda_usd
    end as debt_to_adjusted_ebitda_ratio,
    case
        when position.ebitda_without_coins_usd > 0
            then position.debt_usd / position.ebitda_without_coins_usd
    end as debt_to_ebitda_without_coins_ratio,
    case
        when position.ebitda_usd > 0 and position.interest_expense_ltm_usd > 0
            then position.ebitda_usd / position.interest_expense_ltm_usd
    end as ebitda_to_interest_ratio,
    case
        when position.ebitda_usd > 0 and position.interest_incurred_ltm_usd > 0
            then position.ebitda_usd / position.interest_incurred_ltm_usd
    end as ebitda_to_interest_incurred_ratio,
    case
        when position.ebitda_less_capex_usd > 0 and position.interest_expense_ltm_usd > 0
            then position.ebitda_less_capex_usd / position.interest_expense_ltm_usd
    end as ebitda_less_capex_to_interest_ratio,
    position.debt_usd / nullif(position.ppe_net_usd, 0) as debt_to_ppe_ratio,
    position.debt_usd / nullif(position.total_assets_usd, 0) as debt_to_assets_ratio,
    position.secured_fraction,
    position.stack_status,
    position.unexplained_pct,
    100 * position.interest_expense_ltm_usd / nullif(position.average_debt_usd, 0)
        as implied_cost_of_debt_pct,
    position.rpo_usd / nullif(position.debt_usd, 0) as rpo_to_debt_ratio,
    position.due_within_12_months_usd / nullif(position.cash_usd, 0) as due_to_cash_ratio,
    position.due_within_12_months_usd / nullif(position.liquidity_usd, 0)
        as due_to_liquidity_ratio,
    position.top_customer_pct,
    position.revenue_annualised_usd,
    position.ebitda_annualised_usd,
    case
        when position.ebitda_annualised_usd > 0
            then position.debt_usd / position.ebitda_annualised_usd
    end as debt_to_ebitda_ratio_annualised,
    case
        when position.ebitda_annualised_usd > 0 and position.net_debt_usd >= 0
            then position.net_debt_usd / position.ebitda_annualised_usd
    end as net_debt_to_ebitda_ratio_annualised,
    case
        when position.ebitda_annualised_usd > 0 and position.interest_annualised_usd > 0
            then position.ebitda_annualised_usd / position.interest_annualised_usd
    end as ebitda_to_interest_ratio_annualised,
    nullif(
        concat_ws(
            '; ',
            case when position.total_debt_usd is null then 'no debt held' end,
            case when position.debt_usd = 0 then 'debt is zero' end,
            case when position.cash_usd is null then 'no cash held' end,
            case when position.cash_usd = 0 then 'cash is zero' end,
            case when position.net_debt_usd < 0 then 'more cash than debt' end,
            case when position.operating_lease_usd is null then 'no operating leases held' end,
            case
                when position.leases_not_commenced_usd is null
                    then 'no leases not commenced held'
            end,
            case
                when position.operating_income_ltm_usd is null
                    then 'no twelve months of operating income'
            end,
            case
                when position.operating_income_ltm_usd is null
                and position.recast_perimeter is not null
                    then 'the quarter is ' || position.recast_perimeter || ' and is added to no other'
            end,
            case
                when position.depreciation_and_amortization_ltm_usd is null
                    then 'no twelve months of depreciation and amortization'
            end,
            case
                when position.is_mixed_perimeter
                    then 'operating income and depreciation are of two perimeters'
                when position.ebitda_usd <= 0 then 'EBITDA is not positive'
            end,
            case
                when position.coin_gain_ltm_usd is null then 'no twelve months of coin gains'
                when position.ebitda_without_coins_usd <= 0
                    then 'EBITDA without coins is not positive'
            end,
            case
                when position.stock_compensation_ltm_usd is null
                    then 'no twelve months of stock compensation'
                when position.adjusted_ebitda_usd <= 0 then 'adjusted EBITDA is not positive'
            end,
            case
                when position.interest_expense_ltm_usd is null
                    then 'no twelve months of interest'
                when position.interest_expense_ltm_usd = 0 then 'interest is zero'
                when position.interest_expense_ltm_usd < 0
                    then 'more interest earned than paid'
                when position.interest_capitalized_ltm_usd is null
                    then 'no twelve months of capitalised interest'
            end,
            case
                when position.capex_ltm_usd is null then 'no twelve months of capex'
                when position.ebitda_less_capex_usd <= 0
                    then 'EBITDA less capex is not positive'
            end,
            case
                when position.ppe_net_usd is null then 'no property held'
                when position.ppe_net_usd = 0 then 'property is zero'
            end,
            case when position.total_assets_usd is null then 'no total assets held' end,
            case
                when position.stack_status is null then 'no debt by instrument held'
                when position.stack_status <> 'reconciled'
                    then 'debt by instrument is ' || position.stack_status
            end,
            case
                when position.average_debt_usd is null then 'no debt held of a year before'
            end,
            case
                when position.rpo_usd is null then 'no remaining performance obligations held'
            end,
            case
                when position.due_within_12_months_usd is null
                    then 'no debt due within 12 months held'
            end,
            case when position.undrawn_usd is null then 'no undrawn commitments held' end,
            case
                when position.top_customer_pct is null then 'no customer share held'
            end,
            case
                when position.operating_income_quarter_usd is null
                or position.depreciation_and_amortization_quarter_usd is null
                    then 'no quarter to annualise'
                when position.ebitda_annualised_usd <= 0
                    then 'EBITDA of the quarter is not positive'
                when position.interest_annualised_usd is null
                    then 'no interest of the quarter'
                when position.interest_annualised_usd <= 0
                    then 'interest of the quarter is not positive'
            end
        ),
        ''
    ) as ratio_missing_reason,
    nullif(
        concat_ws(
            '; ',
            case
                when position.total_debt_usd is not null and position.finance_lease_usd is null
                    then 'debt without finance leases, which are not held'
            end,
            case
                when position.total_debt_usd is not null and position.is_debt_part
                    then 'debt as far as its lines are held, which may be a part'
            end,
            -- The note's sum leaves out what leases and the like cost.
            case
                when position.is_interest_of_debt_note
                    then 'interest of the debt note in part or whole, not the line of the income '
                    || 'statement'
            end,
            case
                when position.is_interest_net_of_income
                    then 'interest net of interest income'
            end,
            case
                when position.ltm_source = 'mixed'
                    then 'some flows are four quarters and some a fiscal year'
            end
        ),
        ''
    ) as caveats,
    position.accessions,
    position.known_at
from steps.neocloud_position as position
order by position.issuer, position.accounting_basis, position.period_end_on desc
