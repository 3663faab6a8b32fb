-- While debt is owed, an LTV that is null has its reason; what is shown is debt over value.
select
    facility_id,
    scenario,
    quarter_number,
    principal_usd,
    ltv_contract_pct,
    ltv_market_pct,
    quarter_interest_usd,
    stress_missing_reason
from marts.facility_stress
where (
    stress_missing_reason is null
    and (ltv_contract_pct is null or ltv_market_pct is null or quarter_interest_usd is null)
)
or abs(ltv_contract_pct * depreciated_cost_usd / 100 - principal_usd) > 1e-9 * principal_usd
or abs(ltv_market_pct * market_value_usd / 100 - principal_usd) > 1e-9 * principal_usd
or known_at is null
or inputs_assumed = ''
