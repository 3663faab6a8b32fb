-- Filers print thousands or millions; a lost scale, a proxy taken for a report or a wrong element breaks
-- nothing else. Figures a person can look up in the annual and quarterly reports of CoreWeave (revenue and
-- net loss of 2025, principal by day), NVIDIA (capex of the year to 2026-01-25) and Tesla (debt of 2024:
-- current part and non-current element together).
select
    figures.issuer,
    figures.metric,
    figures.period_start_on,
    figures.period_end_on,
    figures.first_reported_usd,
    known.expected_usd
from marts.issuer_figure as figures
join (
    values
    ('0001769628', 'revenue', date '2025-01-01', date '2025-12-31', 5131000000.0),
    ('0001769628', 'net_income', date '2025-01-01', date '2025-12-31', -1167000000.0),
    ('0001769628', 'debt_proceeds', date '2025-01-01', date '2025-06-30', 4432723000.0),
    ('0001769628', 'debt_principal', null, date '2025-06-30', 11171485000.0),
    ('0001769628', 'debt_principal', null, date '2026-03-31', 25149000000.0),
    ('0001769628', 'total_debt', null, date '2026-03-31', 24859000000.0),
    ('0001769628', 'total_debt', null, date '2026-06-30', 35068000000.0),
    ('0001045810', 'capex', date '2025-01-27', date '2026-01-25', 6042000000.0),
    ('0001318605', 'total_debt', null, date '2024-12-31', 7878000000.0)
) as known (cik, metric, period_start_on, period_end_on, expected_usd)
    on figures.cik = known.cik
    and figures.metric = known.metric
    and figures.period_start_on is not distinct from known.period_start_on
    and figures.period_end_on = known.period_end_on
where abs(figures.first_reported_usd - known.expected_usd) > 0.0005 * abs(known.expected_usd)
