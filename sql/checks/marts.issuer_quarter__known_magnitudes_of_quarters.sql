-- Quarters a person can look up: CoreWeave's revenue of the fourth quarter of 2025 as year less nine months
-- (10-K 0001769628-26-000104, 10-Q 0001769628-25-000062), NVIDIA's capex of the year to 2026-01-25 quarter
-- by quarter, and Amazon's of early 2025, which is 25bn and not the 93bn of twelve months.
select
    quarters.issuer,
    quarters.metric,
    quarters.period_end_on,
    quarters.first_reported_usd,
    known.expected_usd
from marts.issuer_quarter as quarters
join (
    values
    ('0001769628', 'revenue', date '2025-12-31', 1571904000.0),
    ('0001045810', 'capex', date '2025-04-27', 1227000000.0),
    ('0001045810', 'capex', date '2025-07-27', 1895000000.0),
    ('0001045810', 'capex', date '2025-10-26', 1636000000.0),
    ('0001045810', 'capex', date '2026-01-25', 1284000000.0),
    ('0001018724', 'capex', date '2025-03-31', 25019000000.0)
) as known (cik, metric, period_end_on, expected_usd)
    using (cik, metric, period_end_on)
where abs(quarters.first_reported_usd - known.expected_usd) > 0.005 * known.expected_usd
