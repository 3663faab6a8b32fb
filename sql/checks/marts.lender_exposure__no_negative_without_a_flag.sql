-- A remainder below zero is a conflict between filings: it must say so.
select * from marts.lender_exposure
where (par_usd < 0 and not is_over_identified)
or (holder_kind = 'unidentified' and (par_usd is null) <> (remainder_missing_reason is not null))
