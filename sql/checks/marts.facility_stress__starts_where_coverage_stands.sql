-- Where nothing moves yet, the stress is the coverage it starts from, collateral not raised.
select
    stress.facility_id,
    stress.principal_usd,
    coverage.principal_usd as covered_usd,
    stress.ltv_contract_pct,
    coverage.ltv_contract_pct as covered_ltv_contract_pct,
    stress.ltv_market_pct,
    coverage.ltv_market_pct as covered_ltv_market_pct
from marts.facility_stress as stress
join marts.facility_coverage as coverage
    on stress.facility_id = coverage.facility_id
    and stress.period_end_on = coverage.balance_on
where stress.scenario = 'base'
and stress.quarter_number = 0
and (
    stress.principal_usd <> coverage.principal_usd
    or abs(stress.ltv_contract_pct - coverage.ltv_contract_pct) > 1e-9
    or abs(stress.market_value_usd - coverage.market_value_usd) > 1e-9 * coverage.market_value_usd
    or (stress.market_value_usd is null) <> (coverage.market_value_usd is null)
    or abs(4 * stress.quarter_market_income_usd - coverage.annual_market_income_usd)
        > 1e-9 * abs(coverage.annual_market_income_usd)
)
