-- What falls due must come to the principal; a stretch that is missing, or counted in two, shows here.
-- severity: warn
select issuer, balance_on, ladder_usd, debt_principal_usd, unexplained_usd, unexplained_pct
from marts.maturity_ladder
where abs(unexplained_pct) > 1
group by all
