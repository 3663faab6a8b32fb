-- More debt by instrument than the filing totals means an instrument counted twice, at facility and at
-- tranche, or a commitment taken for a balance.
select * from marts.issuer_debt_stack
where stack_status = 'over'
