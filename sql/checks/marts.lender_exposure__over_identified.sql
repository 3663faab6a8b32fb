-- Funds state more par than the balance: a holding matched to the wrong facility, or a balance too old.
-- severity: warn
select * from marts.lender_exposure where is_over_identified
