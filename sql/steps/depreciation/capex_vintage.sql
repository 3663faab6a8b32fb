-- One fiscal year's capital expenditure as it stands in a later fiscal year, or in its own: how long it has
-- been in service when that year began and when it ended. It enters service in the middle of its own year.
-- grain: cik, accounting_basis, period_end_on, bought_on
select
    years.cik,
    years.accounting_basis,
    years.period_end_on,
    bought.period_end_on as bought_on,
    bought.capex_usd,
    greatest(
        round(datediff('day', bought.period_end_on, years.period_end_on) / 365.25) - 0.5, 0
    ) as age_from_years,
    round(datediff('day', bought.period_end_on, years.period_end_on) / 365.25) + 0.5
        as age_to_years,
    greatest(years.known_at, bought.known_at) as known_at
from steps.issuer_fiscal_year as years
join steps.issuer_fiscal_year as bought
    on years.cik = bought.cik
    and years.accounting_basis = bought.accounting_basis
    and bought.period_end_on <= years.period_end_on
where bought.capex_usd is not null
