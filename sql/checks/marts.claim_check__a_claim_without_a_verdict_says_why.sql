-- A claim that nothing measures must say why, one that is measured must not, and each has its rule: a rule that lost
-- its file would read as "nothing was known".
select
    claim_id,
    verdict,
    gap_reason
from marts.claim_check
where (verdict = 'not measurable') <> (gap_reason is not null) or rule is null
