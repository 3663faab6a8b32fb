-- An error is modelled less filed principal, and where there is none a reason says why.
select
    facility_id,
    balance_on,
    next_balance_on,
    repayment_error_usd,
    repayment_missing_reason
from marts.facility_repayment
where (repayment_error_usd is null) <> (repayment_missing_reason is not null)
or abs(repayment_error_usd - (repaid_usd - modelled_repaid_usd)) > 1e-9 * principal_usd
or known_at is null
