-- By hand from the filings: 1,700 million drawn at 80 % is 2,125 million of cost, four months into six years
-- 2,005.7 million, so 84.76 % against a limit of 85 %. A document known later may restate the balance.
select
    facility_id,
    balance_on,
    principal_usd,
    depreciated_cost_usd,
    ltv_contract_pct
from marts.facility_coverage
where facility_id = 'crwv-ddtl-3-0'
and balance_on = '2026-03-31'
and principal_usd = 1700000000
and (
    abs(depreciated_cost_usd - 2005.73e6) > 0.01e6
    or abs(ltv_contract_pct - 84.757) > 0.001
)
