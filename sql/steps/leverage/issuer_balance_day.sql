-- What an issuer owns, owes and earns, side by side: the balances of one day, the flows of the twelve months
-- and of the quarter that end on it, and the filings they are from. Only metrics that leverage is made of.
-- grain: issuer, accounting_basis, period_end_on
with measures as (
    select
        issuer,
        cik,
        layer,
        accounting_basis,
        is_preferred_basis,
        period_end_on,
        metric,
        case when is_balance then metric else metric || '_quarter' end as item,
        value_usd,
        perimeter,
        cast(null as date) as from_on,
        cast(null as varchar) as ltm_source,
        is_fallback,
        cast(null as boolean) as is_net_of_income,
        case when is_balance then accession end as accessions,
        known_at
    from marts.issuer_quarter
    where value_usd is not null
    union all
    select
        issuer,
        cik,
        layer,
        accounting_basis,
        is_preferred_basis,
        period_end_on,
        metric,
        metric || '_ltm' as item,
        value_usd,
        perimeter,
        period_start_on as from_on,
        ltm_source,
        is_fallback,
        is_net_of_income,
        accessions,
        known_at
    from steps.issuer_year
    where is_preferred_source
),

-- A day on which anything at all is held has a row, and so has the last quarter end of every cloud by the newest
-- figure of any: what is not held is then said to be missing.
newest as (
    select
        max(period_end_on) as newest_on,
        max(known_at) as known_at
    from marts.issuer_figure
    where layer = 'neocloud'
    and not is_event_dated
),

last_quarters as (
    select
        stretch.issuer,
        stretch.cik,
        stretch.layer,
        stretch.accounting_basis,
        stretch.perimeter,
        cast(
            last_day(newest.newest_on + interval 1 day - to_months(back.months)) as date
        ) as period_end_on,
        greatest(stretch.known_at, newest.known_at) as known_at
    from steps.issuer_perimeter as stretch
    cross join newest
    cross join (select unnest([1, 2, 3]) as months) as back
    where stretch.layer = 'neocloud'
    and stretch.period_to_on is null
    and (
        month(last_day(newest.newest_on + interval 1 day - to_months(back.months)))
        - cast(left(stretch.fiscal_year_end, 2) as integer)
    ) % 3 = 0
),

looked_at as (
    select
        issuer,
        cik,
        layer,
        accounting_basis,
        is_preferred_basis,
        period_end_on,
        metric,
        'looked_at' as item,
        cast(null as double) as value_usd,
        perimeter,
        cast(null as date) as from_on,
        cast(null as varchar) as ltm_source,
        cast(null as boolean) as is_fallback,
        cast(null as boolean) as is_net_of_income,
        accession as accessions,
        known_at
    from marts.issuer_figure
    where not is_event_dated
    and (period_start_on is null or datediff('day', period_start_on, period_end_on) >= 79)
    union all
    select
        issuer,
        cik,
        layer,
        accounting_basis,
        true as is_preferred_basis,
        period_end_on,
        cast(null as varchar) as metric,
        'looked_at' as item,
        cast(null as double) as value_usd,
        perimeter,
        cast(null as date) as from_on,
        cast(null as varchar) as ltm_source,
        cast(null as boolean) as is_fallback,
        cast(null as boolean) as is_net_of_income,
        cast(null as varchar) as accessions,
        known_at
    from last_quarters
),

used as (
    select measures.*
    from measures
    join staging.metrics as metrics on measures.metric = metrics.metric
    where metrics.is_leverage_input
    union all
    select looked_at.*
    from looked_at
    anti join measures
        on looked_at.issuer = measures.issuer
        and looked_at.accounting_basis = measures.accounting_basis
        and looked_at.period_end_on = measures.period_end_on
),

cited as (
    select
        issuer,
        accounting_basis,
        period_end_on,
        string_agg(distinct accession, ' ' order by accession) as accessions
    from (
        select
            issuer,
            accounting_basis,
            period_end_on,
            unnest(string_split(accessions, ' ')) as accession
        from used
    ) as each_filing
    group by issuer, accounting_basis, period_end_on
)

select
    issuer,
    max(cik) as cik,
    max(layer) as layer,
    accounting_basis,
    bool_or(is_preferred_basis) as is_preferred_basis,
    period_end_on,
    max(case when item = 'revenue_ltm' then value_usd end) as revenue_ltm_usd,
    max(case when item = 'operating_income_ltm' then value_usd end) as operating_income_ltm_usd,
    max(case when item = 'depreciation_and_amortization_ltm' then value_usd end)
        as depreciation_and_amortization_ltm_usd,
    max(case when item = 'stock_compensation_ltm' then value_usd end) as stock_compensation_ltm_usd,
    max(case when item = 'interest_expense_ltm' then value_usd end) as interest_expense_ltm_usd,
    max(case when item = 'interest_capitalized_ltm' then value_usd end)
        as interest_capitalized_ltm_usd,
    max(case when item = 'capex_ltm' then value_usd end) as capex_ltm_usd,
    max(case when item = 'operating_cash_flow_ltm' then value_usd end)
        as operating_cash_flow_ltm_usd,
    max(case when item = 'adjusted_ebitda_disclosed_ltm' then value_usd end)
        as adjusted_ebitda_disclosed_ltm_usd,
    max(case when item = 'coin_gain_ltm' then value_usd end) as coin_gain_ltm_usd,
    max(case when item = 'impairment_ltm' then value_usd end) as impairment_ltm_usd,
    max(case when item = 'revenue_quarter' then value_usd end) as revenue_quarter_usd,
    max(case when item = 'operating_income_quarter' then value_usd end)
        as operating_income_quarter_usd,
    max(case when item = 'depreciation_and_amortization_quarter' then value_usd end)
        as depreciation_and_amortization_quarter_usd,
    max(case when item = 'interest_expense_quarter' then value_usd end)
        as interest_expense_quarter_usd,
    max(case when item = 'interest_capitalized_quarter' then value_usd end)
        as interest_capitalized_quarter_usd,
    max(case when item = 'cash' then value_usd end) as cash_usd,
    max(case when item = 'restricted_cash' then value_usd end) as restricted_cash_usd,
    max(case when item = 'total_debt' then value_usd end) as total_debt_usd,
    max(case when item = 'current_debt' then value_usd end) as current_debt_usd,
    max(case when item = 'debt_principal' then value_usd end) as debt_principal_usd,
    max(case when item = 'recourse_debt' then value_usd end) as recourse_debt_usd,
    max(case when item = 'non_recourse_debt' then value_usd end) as non_recourse_debt_usd,
    max(case when item = 'finance_lease_liability' then value_usd end) as finance_lease_usd,
    max(case when item = 'operating_lease_liability' then value_usd end) as operating_lease_usd,
    max(case when item = 'ppe_net' then value_usd end) as ppe_net_usd,
    max(case when item = 'total_assets' then value_usd end) as total_assets_usd,
    max(case when item = 'rpo' then value_usd end) as rpo_usd,
    max(case when item = 'debt_due_year_1' then value_usd end) as due_in_year_1_usd,
    max(case when item = 'debt_due_remainder' then value_usd end) as due_in_remainder_usd,
    case
        when min(ltm_source) <> max(ltm_source) then 'mixed'
        else min(ltm_source)
    end as ltm_source,
    -- Of earnings and what was written off, which are added up.
    count(
        distinct case
            when item in ('operating_income_ltm', 'depreciation_and_amortization_ltm')
                then coalesce(perimeter, '')
        end
    ) > 1 as is_mixed_perimeter,
    -- The quarter that ends here, where it is of filings that leave out a part.
    max(
        case
            when item in ('operating_income_quarter', 'depreciation_and_amortization_quarter')
                then recast_perimeter
        end
    ) as recast_perimeter,
    max(case when item = 'interest_expense_ltm' then from_on end) as interest_from_on,
    bool_or(item = 'interest_expense_ltm' and is_fallback) as is_interest_of_debt_note,
    bool_or(item = 'interest_expense_ltm' and is_net_of_income) as is_interest_net_of_income,
    bool_or(item = 'total_debt' and is_fallback) as is_debt_part,
    max(accessions) as accessions,
    max(known_at) as known_at
from (
    select used.* exclude (accessions), cited.accessions, recast.perimeter as recast_perimeter
    from used
    left join cited using (issuer, accounting_basis, period_end_on)
    left join (select distinct perimeter from staging.recasts) as recast
        on used.perimeter = recast.perimeter
) as placed
group by issuer, accounting_basis, period_end_on
