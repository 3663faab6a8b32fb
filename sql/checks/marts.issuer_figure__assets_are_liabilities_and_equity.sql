-- The balance sheet must balance where all three parts are held; what stands between liabilities and
-- equity (redeemable shares, minorities) shows here, and so does a wrong element.
-- severity: warn
with sheets as (
    select
        issuer,
        accounting_basis,
        period_end_on,
        max(case when metric = 'total_assets' then value_usd end) as assets_usd,
        max(case when metric = 'total_liabilities' then value_usd end) as liabilities_usd,
        max(case when metric = 'equity' then value_usd end) as equity_usd,
        sum(rounding_usd) as rounding_usd
    from marts.issuer_figure
    where metric in ('total_assets', 'total_liabilities', 'equity')
    and period_start_on is null
    group by issuer, accounting_basis, period_end_on
)

select *
from sheets
where abs(assets_usd - liabilities_usd - equity_usd) > rounding_usd
