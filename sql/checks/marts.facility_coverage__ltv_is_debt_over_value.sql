-- Both LTVs are debt over their collateral, the blind gap is the distance between them, and the borrowing
-- base is the agreement's limit of the depreciated cost.
select
    facility_id,
    balance_on,
    principal_usd,
    depreciated_cost_usd,
    market_value_usd,
    ltv_contract_pct,
    ltv_market_pct,
    blind_gap_pct,
    borrowing_base_usd
from marts.facility_coverage
where abs(ltv_contract_pct * depreciated_cost_usd / 100 - principal_usd) > 1e-9 * principal_usd
or abs(ltv_market_pct * market_value_usd / 100 - principal_usd) > 1e-9 * principal_usd
or abs(blind_gap_pct - (ltv_market_pct - ltv_contract_pct)) > 1e-9 * ltv_market_pct
or abs(borrowing_base_usd - ltv_max_pct / 100 * depreciated_cost_usd) > 1e-9 * depreciated_cost_usd
or low_ltv_market_pct > ltv_market_pct + 1e-6
or high_ltv_market_pct < ltv_market_pct - 1e-6
