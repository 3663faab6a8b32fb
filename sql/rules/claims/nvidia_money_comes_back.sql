-- Loops through NVIDIA. Least: every edge binds. Greatest: announcements and press count too.
select
    cast(count(*) filter (where binding_scope = 'binding') as double) as measured_value,
    cast(count(*) filter (where binding_scope = 'binding') as double) as measured_low_value,
    cast(count(*) filter (where binding_scope = 'all') as double) as measured_high_value,
    cast(max(known_at) at time zone 'UTC' as date) as measured_on,
    'binding: ' || coalesce(
        string_agg(loop_path, '; ' order by loop_path) filter (where binding_scope = 'binding'), 'none'
    ) || '. All: ' || coalesce(
        string_agg(
            loop_path || coalesce(' (' || cast(round(loop_amount_usd / 1e9, 1) as varchar) || ' bn)', ''),
            '; ' order by loop_path
        ) filter (where binding_scope = 'all'),
        'none'
    ) as measure,
    cast(null as varchar) as gap_reason,
    max(known_at) as known_at,
    string_agg(distinct source_urls, ' ' order by source_urls) as source_urls
from marts.vendor_financing_loops
where loop_path like '%NVIDIA%'
