-- A principal of more than ten times its commitment is thousands read as dollars, or the reverse. (One a
-- little above is interest paid in kind or an amendment not read yet: drawn_above_commitment.)
select * from marts.facility where drawn_pct > 1000
