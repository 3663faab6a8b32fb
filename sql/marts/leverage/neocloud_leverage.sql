-- How much a GPU cloud owes on one balance day against what it earns, owns and pays (METHODS 7): debt by
-- carrying value and by principal, with and without leases and obligations off the balance sheet. Flows
-- are the last twelve months: four contiguous quarters of one basis and perimeter, else the fiscal year
-- that ends on the day. A ratio whose parts are not all held, or that would stand on earnings of zero or
-- less, is null, and `ratio_missing_reason` says why; what a figure leaves out stands in `caveats`.
-- grain: issuer, accounting_basis, period_end_on
with used as (
    select
        unnest(
            [
                'revenue',
                'operating_income',
                'depreciation_and_amortization',
                'stock_compensation',
                'interest_expense',
                'interest_capitalized',
                'capex',
                'operating_cash_flow',
                'adjusted_ebitda_disclosed',
                'cash',
                'restricted_cash',
                'total_debt',
                'current_debt',
                'debt_principal',
                'recourse_debt',
                'non_recourse_debt',
                'finance_lease_liability',
                'operating_lease_liability',
                'ppe_net',
                'total_assets',
                'rpo',
                'debt_due_year_1',
                'debt_due_remainder'
            ]
        ) as metric
),

quarters as (
    select *
    from marts.issuer_quarter
    semi join used using (metric)
    where layer = 'neocloud'
),

runs as (
    select
        issuer,
        accounting_basis,
        metric,
        period_end_on,
        sum(value_usd) over year as ltm_usd,
        min(period_start_on) over year as ltm_start_on,
        sum(period_days) over year as ltm_days,
        count(*) over year as quarter_count,
        bool_or(concepts like '%InterestExpenseDebt%') over year as is_of_debt_note,
        max(known_at) over year as ltm_known_at,
        value_usd,
        accession,
        known_at
    from quarters
    where not is_balance
    window year as (
        partition by issuer, accounting_basis, perimeter, metric
        order by period_end_on
        rows between 3 preceding and current row
    )
),

-- Gaps and overlaps between the quarters show as days that do not add up.
rolled as (
    select
        issuer,
        accounting_basis,
        metric,
        period_end_on,
        ltm_start_on,
        ltm_usd,
        is_of_debt_note,
        ltm_known_at as known_at,
        accession,
        'four_quarters' as ltm_source
    from runs
    where quarter_count = 4
    and ltm_days = datediff('day', ltm_start_on, period_end_on) + 1
    and ltm_days between 350 and 380
),

years as (
    select
        issuer,
        accounting_basis,
        metric,
        period_end_on,
        period_start_on as ltm_start_on,
        value_usd as ltm_usd,
        concepts like '%InterestExpenseDebt%' as is_of_debt_note,
        known_at,
        accession,
        'fiscal_year' as ltm_source
    from marts.issuer_figure
    semi join used using (metric)
    where layer = 'neocloud'
    and not is_balance
    and datediff('day', period_start_on, period_end_on) between 349 and 379
),

twelve_months as (
    select * from (
        select * from rolled
        union all
        select * from years
    ) as both_sources
    qualify row_number() over (
        partition by issuer, accounting_basis, metric, period_end_on
        order by
            case when ltm_source = 'four_quarters' then 1 else 2 end,
            ltm_start_on desc
    ) = 1
),

flows as (
    select
        issuer,
        accounting_basis,
        period_end_on,
        max(case when metric = 'revenue' then ltm_usd end) as revenue_ltm_usd,
        max(case when metric = 'operating_income' then ltm_usd end) as operating_income_ltm_usd,
        max(case when metric = 'depreciation_and_amortization' then ltm_usd end)
            as depreciation_and_amortization_ltm_usd,
        max(case when metric = 'stock_compensation' then ltm_usd end)
            as stock_compensation_ltm_usd,
        max(case when metric = 'interest_expense' then ltm_usd end) as interest_expense_ltm_usd,
        max(case when metric = 'interest_capitalized' then ltm_usd end)
            as interest_capitalized_ltm_usd,
        max(case when metric = 'capex' then ltm_usd end) as capex_ltm_usd,
        max(case when metric = 'operating_cash_flow' then ltm_usd end)
            as operating_cash_flow_ltm_usd,
        max(case when metric = 'adjusted_ebitda_disclosed' then ltm_usd end)
            as adjusted_ebitda_disclosed_ltm_usd,
        max(case when metric = 'interest_expense' then ltm_start_on end) as interest_from_on,
        bool_or(metric = 'interest_expense' and is_of_debt_note) as is_interest_of_debt_note,
        case
            when min(ltm_source) <> max(ltm_source) then 'mixed'
            else min(ltm_source)
        end as ltm_source,
        max(known_at) as known_at
    from twelve_months
    group by issuer, accounting_basis, period_end_on
),

last_quarters as (
    select
        issuer,
        accounting_basis,
        period_end_on,
        max(case when metric = 'revenue' then value_usd end) as revenue_usd,
        max(case when metric = 'operating_income' then value_usd end) as operating_income_usd,
        max(case when metric = 'depreciation_and_amortization' then value_usd end)
            as depreciation_and_amortization_usd,
        max(case when metric = 'interest_expense' then value_usd end) as interest_expense_usd,
        max(case when metric = 'interest_capitalized' then value_usd end)
            as interest_capitalized_usd,
        max(known_at) as known_at
    from runs
    group by issuer, accounting_basis, period_end_on
),

balances as (
    select
        issuer,
        accounting_basis,
        period_end_on,
        max(case when metric = 'cash' then value_usd end) as cash_usd,
        max(case when metric = 'restricted_cash' then value_usd end) as restricted_cash_usd,
        max(case when metric = 'total_debt' then value_usd end) as total_debt_usd,
        max(case when metric = 'current_debt' then value_usd end) as current_debt_usd,
        max(case when metric = 'debt_principal' then value_usd end) as debt_principal_usd,
        max(case when metric = 'recourse_debt' then value_usd end) as recourse_debt_usd,
        max(case when metric = 'non_recourse_debt' then value_usd end) as non_recourse_debt_usd,
        max(case when metric = 'finance_lease_liability' then value_usd end)
            as finance_lease_usd,
        max(case when metric = 'operating_lease_liability' then value_usd end)
            as operating_lease_usd,
        max(case when metric = 'ppe_net' then value_usd end) as ppe_net_usd,
        max(case when metric = 'total_assets' then value_usd end) as total_assets_usd,
        max(case when metric = 'rpo' then value_usd end) as rpo_usd,
        max(case when metric = 'debt_due_year_1' then value_usd end) as due_in_year_1_usd,
        max(case when metric = 'debt_due_remainder' then value_usd end) as due_in_remainder_usd,
        max(known_at) as known_at
    from quarters
    where is_balance
    group by issuer, accounting_basis, period_end_on
),

obligations as (
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
    and layer = 'neocloud'
    group by issuer, period_end_on
),

stacks as (
    select
        issuer,
        balance_on as period_end_on,
        min(stack_status) as stack_status,
        max(unexplained_pct) as unexplained_pct,
        coalesce(sum(case when collateral_class <> 'unsecured' then stack_share end), 0)
            as secured_share,
        sum(undrawn_usd) as undrawn_usd,
        max(known_at) as known_at
    from marts.issuer_debt_stack
    group by issuer, balance_on
),

-- The largest single customer's part of revenue. Members are named anew in every filing, so a customer is
-- its figure (TRAPS 63); members that name several customers together are left out.
customers as (
    select
        facts.issuer,
        facts.period_end_on,
        facts.value,
        facts.known_at,
        facts.period_start_on
    from steps.issuer_fact as facts
    where facts.concept in ('ConcentrationRiskPercentage1', 'ConcentrationRiskPercentage')
    and facts.unit = 'pure'
    and facts.value between 0 and 1
    and facts.dimensions like '%MajorCustomersAxis=%'
    and regexp_matches(facts.dimensions, 'BenchmarkAxis=[^;]*Revenue')
    and not regexp_matches(facts.dimensions, 'MajorCustomersAxis=[^;]*Customers')
    and facts.document_kind = 'report'
    -- The longest period that ends on the day, in its newest filing.
    qualify rank() over (
        partition by facts.issuer, facts.period_end_on
        order by facts.period_start_on, facts.known_at desc, facts.accession desc
    ) = 1
),

top_customers as (
    select
        issuer,
        period_end_on,
        100 * max(value) as top_customer_share_pct,
        max(known_at) as known_at
    from customers
    where period_start_on is not null
    group by issuer, period_end_on
),

accessions as (
    select
        issuer,
        accounting_basis,
        period_end_on,
        string_agg(distinct accession, ' ' order by accession) as accessions
    from (
        select issuer, accounting_basis, period_end_on, accession
        from quarters
        where is_balance
        union all
        select issuer, accounting_basis, period_end_on, accession
        from twelve_months
        union all
        select
            quarters.issuer,
            quarters.accounting_basis,
            twelve_months.period_end_on,
            unnest([quarters.accession, quarters.subtracted_accession]) as accession
        from twelve_months
        join quarters
            on twelve_months.issuer = quarters.issuer
            and twelve_months.accounting_basis = quarters.accounting_basis
            and twelve_months.metric = quarters.metric
            and quarters.period_end_on
                between twelve_months.ltm_start_on and twelve_months.period_end_on
        where twelve_months.ltm_source = 'four_quarters'
    ) as cited
    where accession is not null
    group by issuer, accounting_basis, period_end_on
),

named as (
    select
        issuer,
        accounting_basis,
        period_end_on,
        max(cik) as cik,
        bool_or(is_preferred_basis) as is_preferred_basis
    from marts.issuer_figure
    where layer = 'neocloud'
    and not is_event_dated
    group by issuer, accounting_basis, period_end_on
),

joined as (
    select
        named.issuer,
        named.cik,
        named.accounting_basis,
        named.is_preferred_basis,
        named.period_end_on,
        flows.* exclude (issuer, accounting_basis, period_end_on, known_at),
        last_quarters.* exclude (issuer, accounting_basis, period_end_on, known_at),
        balances.* exclude (issuer, accounting_basis, period_end_on, known_at),
        obligations.leases_not_commenced_usd,
        obligations.purchase_commitments_usd,
        stacks.stack_status,
        stacks.unexplained_pct,
        case when stacks.stack_status = 'reconciled' then stacks.secured_share end
            as secured_share,
        stacks.undrawn_usd,
        top_customers.top_customer_share_pct,
        accessions.accessions,
        greatest(
            flows.known_at,
            last_quarters.known_at,
            balances.known_at,
            obligations.known_at,
            stacks.known_at,
            top_customers.known_at
        ) as known_at
    from named
    left join flows using (issuer, accounting_basis, period_end_on)
    left join last_quarters using (issuer, accounting_basis, period_end_on)
    left join balances using (issuer, accounting_basis, period_end_on)
    left join accessions using (issuer, accounting_basis, period_end_on)
    left join obligations using (issuer, period_end_on)
    left join stacks using (issuer, period_end_on)
    left join top_customers using (issuer, period_end_on)
    where coalesce(flows.known_at, last_quarters.known_at, balances.known_at) is not null
),

added as (
    select
        *,
        total_debt_usd + coalesce(finance_lease_usd, 0) as debt_usd,
        total_debt_usd + coalesce(finance_lease_usd, 0) - cash_usd as net_debt_usd,
        total_debt_usd
        + coalesce(finance_lease_usd, 0)
        + operating_lease_usd
        + leases_not_commenced_usd as adjusted_obligations_usd,
        operating_income_ltm_usd + depreciation_and_amortization_ltm_usd as ebitda_usd,
        operating_income_ltm_usd
        + depreciation_and_amortization_ltm_usd
        + stock_compensation_ltm_usd as adjusted_ebitda_usd,
        interest_expense_ltm_usd + coalesce(interest_capitalized_ltm_usd, 0) as interest_ltm_usd,
        4 * (operating_income_usd + depreciation_and_amortization_usd) as ebitda_annualised_usd,
        4 * (interest_expense_usd + coalesce(interest_capitalized_usd, 0))
            as interest_annualised_usd,
        4 * revenue_usd as revenue_annualised_usd,
        case
            when current_debt_usd is not null then current_debt_usd
            when due_in_remainder_usd is null then due_in_year_1_usd
        end as due_within_12_months_usd,
        cash_usd + undrawn_usd as liquidity_usd
    from joined
),

-- Debt on the day before the twelve months began.
averaged as (
    select
        added.*,
        added.ebitda_usd - added.capex_ltm_usd as ebitda_less_capex_usd,
        (added.debt_usd + opening.debt_usd) / 2 as average_debt_usd,
        greatest(added.known_at, opening.known_at) as inputs_known_at
    from added
    left join added as opening
        on added.issuer = opening.issuer
        and added.accounting_basis = opening.accounting_basis
        and added.interest_from_on = (opening.period_end_on + interval 1 day)::date
)

select
    averaged.issuer,
    averaged.cik,
    averaged.accounting_basis,
    averaged.is_preferred_basis,
    averaged.period_end_on,
    averaged.ltm_source,
    averaged.revenue_ltm_usd,
    averaged.operating_income_ltm_usd,
    averaged.depreciation_and_amortization_ltm_usd,
    averaged.stock_compensation_ltm_usd,
    averaged.interest_expense_ltm_usd,
    averaged.interest_capitalized_ltm_usd,
    averaged.capex_ltm_usd,
    averaged.operating_cash_flow_ltm_usd,
    averaged.adjusted_ebitda_disclosed_ltm_usd,
    averaged.cash_usd,
    averaged.restricted_cash_usd,
    averaged.ppe_net_usd,
    averaged.total_assets_usd,
    averaged.rpo_usd,
    averaged.total_debt_usd,
    averaged.recourse_debt_usd,
    averaged.non_recourse_debt_usd,
    averaged.finance_lease_usd,
    averaged.debt_usd,
    averaged.debt_principal_usd,
    averaged.net_debt_usd,
    averaged.operating_lease_usd,
    averaged.leases_not_commenced_usd,
    averaged.purchase_commitments_usd,
    averaged.adjusted_obligations_usd,
    averaged.ebitda_usd,
    averaged.adjusted_ebitda_usd,
    averaged.ebitda_less_capex_usd,
    averaged.interest_ltm_usd,
    averaged.average_debt_usd,
    averaged.due_within_12_months_usd,
    averaged.undrawn_usd,
    averaged.liquidity_usd,
    case when averaged.ebitda_usd > 0 then averaged.debt_usd / averaged.ebitda_usd end
        as debt_to_ebitda_ratio,
    case
        when averaged.ebitda_usd > 0 and averaged.net_debt_usd >= 0
            then averaged.net_debt_usd / averaged.ebitda_usd
    end as net_debt_to_ebitda_ratio,
    case
        when averaged.ebitda_usd > 0 then averaged.adjusted_obligations_usd / averaged.ebitda_usd
    end as adjusted_obligations_to_ebitda_ratio,
    case
        when averaged.adjusted_ebitda_usd > 0 then averaged.debt_usd / averaged.adjusted_ebitda_usd
    end as debt_to_adjusted_ebitda_ratio,
    case
        when averaged.ebitda_usd > 0 then averaged.ebitda_usd / nullif(averaged.interest_ltm_usd, 0)
    end as ebitda_to_interest_ratio,
    case
        when averaged.ebitda_less_capex_usd > 0
            then averaged.ebitda_less_capex_usd / nullif(averaged.interest_ltm_usd, 0)
    end as ebitda_less_capex_to_interest_ratio,
    averaged.debt_usd / nullif(averaged.ppe_net_usd, 0) as debt_to_ppe_ratio,
    averaged.debt_usd / nullif(averaged.total_assets_usd, 0) as debt_to_assets_ratio,
    averaged.secured_share,
    averaged.stack_status,
    averaged.unexplained_pct,
    100 * averaged.interest_ltm_usd / nullif(averaged.average_debt_usd, 0)
        as implied_cost_of_debt_pct,
    averaged.rpo_usd / nullif(averaged.debt_usd, 0) as rpo_to_debt_ratio,
    averaged.due_within_12_months_usd / nullif(averaged.cash_usd, 0) as due_to_cash_ratio,
    averaged.due_within_12_months_usd / nullif(averaged.liquidity_usd, 0)
        as due_to_liquidity_ratio,
    averaged.top_customer_share_pct,
    averaged.revenue_annualised_usd,
    averaged.ebitda_annualised_usd,
    case
        when averaged.ebitda_annualised_usd > 0
            then averaged.debt_usd / averaged.ebitda_annualised_usd
    end as debt_to_ebitda_ratio_annualised,
    case
        when averaged.ebitda_annualised_usd > 0 and averaged.net_debt_usd >= 0
            then averaged.net_debt_usd / averaged.ebitda_annualised_usd
    end as net_debt_to_ebitda_ratio_annualised,
    case
        when averaged.ebitda_annualised_usd > 0
            then averaged.ebitda_annualised_usd / nullif(averaged.interest_annualised_usd, 0)
    end as ebitda_to_interest_ratio_annualised,
    nullif(
        concat_ws(
            '; ',
            case when averaged.total_debt_usd is null then 'no debt held' end,
            case when averaged.debt_usd = 0 then 'debt is zero' end,
            case when averaged.cash_usd is null then 'no cash held' end,
            case when averaged.cash_usd = 0 then 'cash is zero' end,
            case when averaged.net_debt_usd < 0 then 'more cash than debt' end,
            case when averaged.operating_lease_usd is null then 'no operating leases held' end,
            case
                when averaged.leases_not_commenced_usd is null
                    then 'no leases not commenced held'
            end,
            case
                when averaged.operating_income_ltm_usd is null
                    then 'no twelve months of operating income'
            end,
            case
                when averaged.depreciation_and_amortization_ltm_usd is null
                    then 'no twelve months of depreciation and amortization'
            end,
            case when averaged.ebitda_usd <= 0 then 'EBITDA is not positive' end,
            case
                when averaged.stock_compensation_ltm_usd is null
                    then 'no twelve months of stock compensation'
                when averaged.adjusted_ebitda_usd <= 0 then 'adjusted EBITDA is not positive'
            end,
            case
                when averaged.interest_expense_ltm_usd is null
                    then 'no twelve months of interest'
                when averaged.interest_ltm_usd = 0 then 'interest is zero'
            end,
            case
                when averaged.capex_ltm_usd is null then 'no twelve months of capex'
                when averaged.ebitda_less_capex_usd <= 0
                    then 'EBITDA less capex is not positive'
            end,
            case
                when averaged.ppe_net_usd is null then 'no property held'
                when averaged.ppe_net_usd = 0 then 'property is zero'
            end,
            case when averaged.total_assets_usd is null then 'no total assets held' end,
            case
                when averaged.stack_status is null then 'no debt by instrument held'
                when averaged.stack_status <> 'reconciled'
                    then 'debt by instrument is ' || averaged.stack_status
            end,
            case
                when averaged.average_debt_usd is null then 'no debt held of a year before'
            end,
            case
                when averaged.rpo_usd is null then 'no remaining performance obligations held'
            end,
            case
                when averaged.due_within_12_months_usd is null
                    then 'no debt due within 12 months held'
            end,
            case when averaged.undrawn_usd is null then 'no undrawn commitments held' end,
            case
                when averaged.top_customer_share_pct is null then 'no customer share held'
            end,
            case
                when averaged.operating_income_usd is null
                or averaged.depreciation_and_amortization_usd is null
                    then 'no quarter to annualise'
                when averaged.ebitda_annualised_usd <= 0
                    then 'EBITDA of the quarter is not positive'
                when averaged.interest_annualised_usd is null
                    then 'no interest of the quarter'
            end
        ),
        ''
    ) as ratio_missing_reason,
    nullif(
        concat_ws(
            '; ',
            case
                when averaged.total_debt_usd is not null and averaged.finance_lease_usd is null
                    then 'debt without finance leases, which are not held'
            end,
            case
                when averaged.interest_expense_ltm_usd is not null
                and averaged.interest_capitalized_ltm_usd is null
                    then 'interest without what was capitalised, which is not held'
            end,
            -- The note's sum leaves out what leases and the like cost.
            case
                when averaged.is_interest_of_debt_note
                    then 'interest of the debt note, not the line of the income statement'
            end,
            case
                when averaged.ltm_source = 'mixed'
                    then 'some flows are four quarters and some a fiscal year'
            end
        ),
        ''
    ) as caveats,
    averaged.accessions,
    averaged.inputs_known_at as known_at
from averaged
order by averaged.issuer, averaged.accounting_basis, averaged.period_end_on desc
