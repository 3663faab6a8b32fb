-- Commitments of the newest filings that nobody has read yet enter no total: each needs a line in
-- commitment_meanings.
-- severity: warn
select * from marts.issuer_obligations
where obligation_kind = 'meaning_unknown'
and not is_frozen
