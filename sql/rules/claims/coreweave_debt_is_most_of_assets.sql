-- CoreWeave's debt over its assets on the last day for which both are held.
select
    100 * debt.value_usd / assets.value_usd as measured_value,
    100 * debt.value_usd / assets.value_usd as measured_low_value,
    100 * debt.value_usd / assets.value_usd as measured_high_value,
    debt.period_end_on as measured_on,
    'debt ' || cast(round(debt.value_usd / 1e9, 2) as varchar) || ' bn of assets '
    || cast(round(assets.value_usd / 1e9, 2) as varchar) || ' bn' as measure,
    cast(null as varchar) as gap_reason,
    greatest(debt.known_at, assets.known_at) as known_at,
    case when debt.source_url = assets.source_url then debt.source_url
        else debt.source_url || ' ' || assets.source_url end as source_urls
from marts.issuer_quarter as debt
join marts.issuer_quarter as assets
    on debt.issuer = assets.issuer
    and debt.period_end_on = assets.period_end_on
    and debt.accounting_basis = assets.accounting_basis
    and assets.metric = 'total_assets'
where debt.issuer = 'CoreWeave' and debt.metric = 'total_debt'
qualify row_number() over (order by debt.period_end_on desc) = 1
