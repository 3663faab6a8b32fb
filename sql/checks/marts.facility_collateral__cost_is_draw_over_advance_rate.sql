-- Collateral is inferred: a lot whose cost is not its draw over the advance rate, or whose day lies outside
-- the two balances that bound it, was inferred some other way.
select
    facility_id,
    lot_number,
    funded_on,
    funded_from_on,
    funded_to_on,
    funded_usd,
    advance_rate_pct,
    lot_cost_usd
from marts.facility_collateral
where funded_usd <= 0
or abs(lot_cost_usd * advance_rate_pct / 100 - funded_usd) > 1e-9 * funded_usd
or funded_on < funded_from_on
or funded_on > funded_to_on
