-- A report is filed before its figures are served; until they are, the newest quarter is missing.
-- severity: warn
select cik, issuer, pending_accession, max(last_period_end_on) as last_period_end_on
from marts.issuer_completeness
where is_facts_pending
group by all
