-- A metric that stops more than one filing before the issuer's newest has probably moved to another element:
-- the rules need a further alternative.
-- severity: warn
select * from marts.issuer_completeness
where filings_behind_count > 1
