-- Growth over a year of Broadcom's AI revenue, as announced, less that of NVIDIA's Data Center line, in the newest
-- quarter of both; only within one series of each, so that a redefined segment gives no growth.
with growth as (
    select
        now.vendor,
        now.period_end_on,
        100 * (now.amount / before.amount - 1) as growth_pct,
        greatest(now.known_at, before.known_at) as known_at,
        now.source_urls || ' ' || before.source_urls as source_urls
    from marts.vendor_revenue_share as now
    join marts.vendor_revenue_share as before
        on now.share_definition = before.share_definition
        and now.vendor = before.vendor
        and now.segment = before.segment
        and before.period_end_on = last_day(cast(now.period_end_on - interval 12 month as date))
    where now.share_definition = 'filed_lines'
)

select
    built.growth_pct - nvidia.growth_pct as measured_value,
    built.growth_pct - nvidia.growth_pct as measured_low_value,
    built.growth_pct - nvidia.growth_pct as measured_high_value,
    nvidia.period_end_on as measured_on,
    'quarter to ' || cast(nvidia.period_end_on as varchar) || ': Broadcom AI '
    || cast(round(built.growth_pct) as varchar) || ' %, NVIDIA Data Center '
    || cast(round(nvidia.growth_pct) as varchar) || ' % over the year' as measure,
    cast(null as varchar) as gap_reason,
    greatest(built.known_at, nvidia.known_at) as known_at,
    built.source_urls || ' ' || nvidia.source_urls as source_urls
from growth as nvidia
join growth as built on nvidia.period_end_on = built.period_end_on and built.vendor = 'Broadcom'
where nvidia.vendor = 'NVIDIA'
qualify row_number() over (order by nvidia.period_end_on desc) = 1
