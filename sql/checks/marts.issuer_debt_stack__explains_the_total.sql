-- Instruments that come to less than 99 % of the total: some are not read yet, and shares of the stack are
-- not shares of the debt.
-- severity: warn
select issuer, balance_on, stack_basis, stack_usd, unexplained_usd, unexplained_pct
from marts.issuer_debt_stack
where stack_status = 'incomplete'
group by all
