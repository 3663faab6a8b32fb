-- A period of an element for which a figure was set aside because it contradicts its own filing: what other
-- filings say of it stands, and is flagged.
-- grain: cik, taxonomy, concept, dimensions, period_start_on, period_end_on
select
    row_raw ->> 'cik' as cik,
    row_raw ->> 'taxonomy' as taxonomy,
    row_raw ->> 'concept' as concept,
    coalesce(row_raw ->> 'dimensions', '') as dimensions,
    cast(row_raw ->> 'period_start_on' as date) as period_start_on,
    cast(row_raw ->> 'period_end_on' as date) as period_end_on,
    min(known_at) as known_at
from staging.quarantine
where table_name = 'staging.filing_facts'
and reason = 'contradicts_own_filing'
group by all
