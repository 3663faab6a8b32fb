-- Market value is the machines' income (earned less spent, never below nothing) and the part that is not
-- accelerators; a part that is null has its reason.
select
    facility_id,
    lot_number,
    balance_on,
    market_value_usd,
    earned_usd,
    spent_usd,
    other_value_usd,
    market_missing_reason
from marts.facility_lot_value
where abs(market_value_usd - other_value_usd - greatest(earned_usd - spent_usd, 0)) > 1e-9 * lot_cost_usd
or (market_value_usd is null) <> (market_missing_reason is not null)
or depreciated_cost_usd > lot_cost_usd
or age_years < 0
