-- What an issuer spent, wrote off and earned in one fiscal year, as its annual report has it, and what its
-- property stood at on the last day. Some file trailing twelve months with each quarter: those are no fiscal
-- year. Depreciation is without amortization where it is filed so.
-- grain: cik, accounting_basis, period_end_on
with flows as (
    select
        cik,
        issuer,
        accounting_basis,
        period_end_on,
        max(case when metric = 'capex' then value_usd end) as capex_usd,
        coalesce(
            max(case when metric = 'depreciation' then value_usd end),
            max(case when metric = 'depreciation_and_amortization' then value_usd end)
        ) as depreciation_usd,
        max(case when metric = 'operating_income' then value_usd end) as operating_income_usd,
        max(known_at) as known_at
    from steps.issuer_year
    where ltm_source = 'fiscal_year'
    and is_annual_report
    and metric in ('capex', 'depreciation', 'depreciation_and_amortization', 'operating_income')
    group by cik, issuer, accounting_basis, period_end_on
),

property as (
    select
        cik,
        accounting_basis,
        period_end_on,
        max(value_usd) as ppe_net_usd
    from marts.issuer_figure
    where metric = 'ppe_net'
    and period_start_on is null
    group by cik, accounting_basis, period_end_on
)

select
    flows.cik,
    flows.issuer,
    flows.accounting_basis,
    flows.period_end_on,
    flows.capex_usd,
    flows.depreciation_usd,
    flows.operating_income_usd,
    property.ppe_net_usd,
    flows.known_at
from flows
left join property using (cik, accounting_basis, period_end_on)
