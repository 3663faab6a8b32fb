-- By hand from the filings: 340 million drawn at 80 % by the end of 2025 and 1,360 million in the quarter after
-- are 425 and 1,700 million of cost, 168 and 45 days into six years 2,057.5 million, so 82.62 % against a limit
-- of 85 %. A document known later may restate either balance.
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
and lot_count = 2
and (
    abs(depreciated_cost_usd - 2057.51e6) > 0.01e6
    or abs(ltv_contract_pct - 82.624) > 0.001
)
