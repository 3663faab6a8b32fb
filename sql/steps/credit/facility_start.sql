-- Where each stress starts: the facility at its newest filed balance, if anything is owed on it and
-- collateral is known. What is repaid by then is not stressed from an older balance.
-- grain: facility_id
with newest as (
    select coverage.*
    from marts.facility_coverage as coverage
    where coverage.balance_basis = 'filed'
    qualify row_number() over (
        partition by coverage.facility_id order by coverage.balance_on desc
    ) = 1
)

select newest.*
from newest
where newest.principal_usd > 0
and newest.collateral_cost_usd is not null
order by newest.facility_id
