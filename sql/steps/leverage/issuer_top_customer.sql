-- The largest single customer's part of an issuer's revenue, over the longest period that ends on a day, in
-- its newest report. Members are named anew in every filing, so a customer is its figure; members that
-- name several customers together are left out.
-- grain: issuer, period_end_on
with customers as (
    select
        issuer,
        period_end_on,
        value,
        known_at,
        period_start_on
    from steps.issuer_fact
    where concept in ('ConcentrationRiskPercentage1', 'ConcentrationRiskPercentage')
    and unit = 'pure'
    and value between 0 and 1
    and dimensions like '%MajorCustomersAxis=%'
    and regexp_matches(dimensions, 'BenchmarkAxis=[^;]*Revenue')
    and not regexp_matches(dimensions, 'MajorCustomersAxis=[^;]*Customers')
    and document_kind = 'report'
    qualify rank() over (
        partition by issuer, period_end_on
        order by period_start_on, known_at desc, accession desc
    ) = 1
)

select
    issuer,
    period_end_on,
    100 * max(value) as top_customer_pct,
    max(known_at) as known_at
from customers
where period_start_on is not null
group by issuer, period_end_on
