-- H100 rents fell into 2025 and rose in 2026: a table in which they only fall has been forced.
with steps as (
    select
        tier,
        period_end_on,
        retention_pct - lag(retention_pct) over (partition by tier order by period_end_on) as step
    from marts.rent_cohort
    where accelerator = 'nvidia-h100-sxm-80gb'
    and market = 'on_demand'
    and term_months = 0
    and period_end_on between date '2025-01-01' and date '2026-12-31'
)

select
    tier,
    count(*) as month_count
from steps
where tier = 'neocloud'
group by tier
having count(*) >= 12
and (max(step) <= 0 or min(step) >= 0)
