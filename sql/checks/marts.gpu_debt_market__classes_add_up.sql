-- Classes and borrowers that do not add up to `all` mean a facility was counted twice or lost.
with parts as (
    select
        period_end_on,
        sum(facility_count) as facility_count,
        coalesce(sum(filed_committed_usd), 0) as committed_usd,
        coalesce(sum(filed_drawn_usd), 0) as drawn_usd
    from marts.gpu_debt_market
    where borrower <> 'all' and collateral_class not in ('all', 'all_secured')
    group by period_end_on
)

select whole.*
from marts.gpu_debt_market as whole
left join parts on whole.period_end_on = parts.period_end_on
where whole.borrower = 'all'
and whole.collateral_class = 'all'
and (
    parts.facility_count is distinct from whole.facility_count
    or abs(parts.committed_usd - coalesce(whole.filed_committed_usd, 0)) > 1
    or abs(parts.drawn_usd - coalesce(whole.filed_drawn_usd, 0)) > 1
)
