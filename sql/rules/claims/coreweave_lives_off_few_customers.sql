-- The largest customer's part of CoreWeave's revenue, where a filing states it: the newest day, least and greatest
-- of all days. The words name each day.
with customers as (
    select
        period_end_on,
        top_customer_pct,
        known_at
    from marts.neocloud_leverage
    where issuer = 'CoreWeave' and top_customer_pct is not null
),

reports as (
    select
        string_agg(distinct facts.source_url, ' ' order by facts.source_url) as source_urls
    from staging.filing_facts as facts
    join customers on facts.period_end_on = customers.period_end_on
    where facts.concept in ('ConcentrationRiskPercentage1', 'ConcentrationRiskPercentage')
    and facts.cik = '0001769628'
)

select
    arg_max(top_customer_pct, period_end_on) as measured_value,
    min(top_customer_pct) as measured_low_value,
    max(top_customer_pct) as measured_high_value,
    max(period_end_on) as measured_on,
    'largest customer, by balance day: ' || string_agg(
        cast(period_end_on as varchar) || ' ' || cast(round(top_customer_pct) as varchar) || ' %', ', '
        order by period_end_on
    ) as measure,
    case
        when count(*) = 0 then 'no figure held says what part of revenue a customer is; with a network the filings do'
    end as gap_reason,
    max(known_at) as known_at,
    (select reports.source_urls from reports) as source_urls
from customers
