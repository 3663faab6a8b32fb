-- A drawn loan worth less than a fifth of par or more than one and a half: a crisis, or mixed units.
-- severity: warn
select * from marts.lender_mark
where par_basis = 'funded' and fv_to_par_pct not between 20 and 150
