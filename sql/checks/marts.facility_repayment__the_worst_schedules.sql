-- A schedule that misses what was repaid by more than a tenth of the debt makes coverage of the day wrong by as
-- much: these are the worst, to be looked at before a debt service is believed.
-- severity: warn
select
    facility_id,
    balance_on,
    next_balance_on,
    schedule_basis,
    modelled_repaid_usd,
    repaid_usd,
    repayment_error_pct
from marts.facility_repayment
where abs(repayment_error_pct) > 10
order by abs(repayment_error_pct) desc
limit 5
