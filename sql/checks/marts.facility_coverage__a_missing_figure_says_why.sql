-- A null without a reason reads as nothing to worry about; a figure with a reason why there is none reads as
-- a mistake.
select
    facility_id,
    balance_on,
    ltv_contract_pct,
    contract_missing_reason,
    ltv_market_pct,
    market_missing_reason,
    dscr_market_ratio,
    dscr_missing_reason,
    base_headroom_usd,
    headroom_missing_reason
from marts.facility_coverage
where (ltv_contract_pct is null) <> (contract_missing_reason is not null)
or (ltv_market_pct is null) <> (market_missing_reason is not null)
or (dscr_market_ratio is null) <> (dscr_missing_reason is not null)
or (base_headroom_usd is null) <> (headroom_missing_reason is not null)
or known_at is null
or (ltv_contract_pct is not null and inputs_assumed is null)
or (ltv_market_pct is not null and price_vintage_on is null)
