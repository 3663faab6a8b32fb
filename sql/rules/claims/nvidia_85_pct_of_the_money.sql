-- NVIDIA's share in the newest quarter of each definition. Filed lines: a quarter in which five vendors report.
with shares as (
    select *
    from marts.vendor_revenue_share
    where vendor = 'NVIDIA'
    and (share_definition <> 'filed_lines' or vendor_count >= 5)
    qualify row_number() over (partition by share_definition order by period_end_on desc) = 1
)

select
    coalesce(
        max(case when share_definition = 'chip_cost' then vendor_pct end),
        max(case when share_definition = 'filed_lines' then vendor_pct end)
    ) as measured_value,
    min(vendor_pct) as measured_low_value,
    max(vendor_pct) as measured_high_value,
    max(period_end_on) as measured_on,
    string_agg(
        share_definition || ' ' || cast(round(vendor_pct, 1) as varchar) || ' % in the quarter to '
        || cast(period_end_on as varchar) || ' (left out: ' || left_out || ')',
        '; ' order by share_definition
    ) as measure,
    case when count(*) = 0 then 'no quarter with enough vendors' end as gap_reason,
    max(known_at) as known_at,
    string_agg(distinct source_urls, ' ' order by source_urls) as source_urls
from shares
