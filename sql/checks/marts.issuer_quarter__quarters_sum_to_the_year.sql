-- Four quarters that do not come to the year they lie in, beyond what rounding can make: a quarter taken
-- from another perimeter, a restated part, or, as Nebius's quarters of 2025, releases that the annual
-- report does not repeat.
-- severity: warn
select
    years.issuer,
    years.accounting_basis,
    years.metric,
    years.period_end_on,
    years.value_usd as year_usd,
    sum(quarters.value_usd) as quarters_usd,
    sum(quarters.value_usd) - years.value_usd as difference_usd
from marts.issuer_figure as years
join marts.issuer_quarter as quarters
    on years.cik = quarters.cik
    and years.accounting_basis = quarters.accounting_basis
    and years.metric = quarters.metric
    and quarters.period_start_on >= years.period_start_on
    and quarters.period_end_on <= years.period_end_on
where not years.is_balance
and datediff('day', years.period_start_on, years.period_end_on) between 349 and 379
group by
    years.issuer,
    years.accounting_basis,
    years.metric,
    years.period_start_on,
    years.period_end_on,
    years.value_usd,
    years.rounding_usd
having sum(quarters.period_days)
    = datediff('day', years.period_start_on, years.period_end_on) + 1
and abs(sum(quarters.value_usd) - years.value_usd)
    > years.rounding_usd + sum(quarters.rounding_usd)
