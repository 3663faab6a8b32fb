-- What the companies of this warehouse owe over their revenue stands in `tech_debt_issuance`; of the telecoms of the
-- 1990s no public series has both.
select
    cast(null as double) as measured_value,
    cast(null as double) as measured_low_value,
    cast(null as double) as measured_high_value,
    max(period_end_on) as measured_on,
    'now: ' || string_agg(
        cast(period_end_on as varchar) || ' ' || cast(round(amount_to_revenue_pct) as varchar) || ' % of revenue of '
        || cast(issuer_count as varchar) || ' companies', ', ' order by period_end_on
    ) as measure,
    'no public series has revenue of the borrowers of the 1990s' as gap_reason,
    max(known_at) as known_at,
    max(source_urls) as source_urls
from marts.tech_debt_issuance
where series_name = 'universe_filings' and tally_measure = 'outstanding' and amount_to_revenue_pct is not null
