-- The largest customer's part of CoreWeave's revenue, where a filing tags it.
select
    max(top_customer_pct) as measured_value,
    min(top_customer_pct) as measured_low_value,
    max(top_customer_pct) as measured_high_value,
    max(case when top_customer_pct is not null then period_end_on end) as measured_on,
    'largest customer, by balance day: ' || string_agg(
        cast(period_end_on as varchar) || ' ' || cast(round(top_customer_pct) as varchar) || ' %', ', '
        order by period_end_on
    ) as measure,
    case when max(top_customer_pct) is null then
        'the committed figures hold no tagged part of a customer; with a network the filings do' end as gap_reason,
    max(known_at) as known_at,
    cast(null as varchar) as source_urls
from marts.neocloud_leverage
where issuer = 'CoreWeave'
