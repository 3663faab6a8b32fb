-- Fees netted on an undrawn line read as distress to whoever sees value over par alone.
select * from marts.lender_mark
where par_basis in ('mostly_unfunded', 'unfunded') and mark_note is null
