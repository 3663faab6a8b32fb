-- What a GPU cloud owes on one balance day, on and off the balance sheet, and what it earns and pays a year:
-- the parts of every ratio of neocloud_leverage, and nothing divided yet. A sum is null where a part of it is
-- not held, but for finance leases, which count where they are. Interest is what was expensed, on every row
-- alike: capitalised interest is held of few periods, and stands in sums of its own.
-- grain: issuer, accounting_basis, period_end_on
with obligations as (
    select
        issuer,
        period_end_on,
        sum(case when obligation_kind = 'leases_not_commenced' then amount_usd end)
            as leases_not_commenced_usd,
        sum(case when obligation_kind <> 'leases_not_commenced' then amount_usd end)
            as purchase_commitments_usd,
        max(known_at) as known_at
    from marts.issuer_obligations
    where is_counted
    group by issuer, period_end_on
),

stacks as (
    select
        issuer,
        balance_on as period_end_on,
        min(stack_status) as stack_status,
        max(unexplained_pct) as unexplained_pct,
        coalesce(sum(case when collateral_class <> 'unsecured' then stack_fraction end), 0)
            as secured_fraction,
        sum(undrawn_usd) as undrawn_usd,
        max(known_at) as known_at
    from marts.issuer_debt_stack
    group by issuer, balance_on
),

joined as (
    select
        days.* exclude (layer, known_at),
        obligations.leases_not_commenced_usd,
        obligations.purchase_commitments_usd,
        stacks.stack_status,
        stacks.unexplained_pct,
        case when stacks.stack_status = 'reconciled' then stacks.secured_fraction end
            as secured_fraction,
        stacks.undrawn_usd,
        customers.top_customer_pct,
        greatest(
            days.known_at, obligations.known_at, stacks.known_at, customers.known_at
        ) as known_at
    from steps.issuer_balance_day as days
    left join obligations using (issuer, period_end_on)
    left join stacks using (issuer, period_end_on)
    left join steps.issuer_top_customer as customers using (issuer, period_end_on)
    where days.layer = 'neocloud'
),

-- What is added up is of one perimeter, or there is no sum.
of_one as (
    select
        *,
        case when not is_mixed_perimeter then operating_income_ltm_usd end as earnings_usd
    from joined
),

added as (
    select
        * exclude (earnings_usd),
        total_debt_usd + coalesce(finance_lease_usd, 0) as debt_usd,
        total_debt_usd + coalesce(finance_lease_usd, 0) - cash_usd as net_debt_usd,
        total_debt_usd
        + coalesce(finance_lease_usd, 0)
        + operating_lease_usd
        + leases_not_commenced_usd as adjusted_obligations_usd,
        earnings_usd + depreciation_and_amortization_ltm_usd as ebitda_usd,
        earnings_usd
        + depreciation_and_amortization_ltm_usd
        + stock_compensation_ltm_usd as adjusted_ebitda_usd,
        earnings_usd
        + depreciation_and_amortization_ltm_usd
        - capex_ltm_usd as ebitda_less_capex_usd,
        -- Gains on coins stand in a miner's operating income, and write-downs of machines and coins. Without
        -- the former held nothing is taken out; the latter are where they are.
        earnings_usd
        + depreciation_and_amortization_ltm_usd
        - coin_gain_ltm_usd
        + coalesce(impairment_ltm_usd, 0) as ebitda_without_coins_usd,
        interest_expense_ltm_usd + interest_capitalized_ltm_usd as interest_incurred_ltm_usd,
        4 * revenue_quarter_usd as revenue_annualised_usd,
        4 * (operating_income_quarter_usd + depreciation_and_amortization_quarter_usd)
            as ebitda_annualised_usd,
        4 * interest_expense_quarter_usd as interest_annualised_usd,
        case
            when current_debt_usd is not null then current_debt_usd
            when due_in_remainder_usd is null then due_in_year_1_usd
        end as due_within_12_months_usd,
        cash_usd + undrawn_usd as liquidity_usd
    from of_one
)

select
    added.* exclude (known_at),
    -- Debt on the day before the twelve months began.
    (added.debt_usd + opening.debt_usd) / 2 as average_debt_usd,
    greatest(added.known_at, opening.known_at) as known_at
from added
left join added as opening
    on added.issuer = opening.issuer
    and added.accounting_basis = opening.accounting_basis
    and added.interest_from_on = (opening.period_end_on + interval 1 day)::date
