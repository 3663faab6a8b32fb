-- Money to come in, prepaid rent and figures nobody has read were once added to commitments.
select * from marts.issuer_obligations
where is_counted
and obligation_kind in ('receivable', 'not_a_commitment', 'meaning_unknown')
