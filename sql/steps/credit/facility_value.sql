-- What each facility's collateral comes to on each day its debt is known: the sum of its lots, by both clocks.
-- A sum over lots of which one has no value is none.
-- grain: facility_id, balance_on
select
    lot.facility_id,
    lot.balance_on,
    count(*) as lot_count,
    sum(lot.lot_cost_usd) as lot_cost_usd,
    sum(lot.lot_cost_usd * lot.age_years) / sum(lot.lot_cost_usd) as collateral_age_years,
    sum(lot.depreciated_cost_usd) as depreciated_cost_usd,
    sum(lot.low_depreciated_cost_usd) as low_depreciated_cost_usd,
    sum(lot.high_depreciated_cost_usd) as high_depreciated_cost_usd,
    max(lot.accelerator) as accelerator,
    case when count(lot.market_value_usd) = count(*) then sum(lot.market_value_usd) end
        as market_value_usd,
    case when count(lot.low_market_value_usd) = count(*) then sum(lot.low_market_value_usd) end
        as low_market_value_usd,
    case when count(lot.high_market_value_usd) = count(*) then sum(lot.high_market_value_usd) end
        as high_market_value_usd,
    case when count(lot.resale_value_usd) = count(*) then sum(lot.resale_value_usd) end
        as resale_value_usd,
    case when count(lot.annual_rent_kept_usd) = count(*)
        then sum(lot.annual_rent_kept_usd) - sum(lot.annual_cash_cost_usd) end as annual_market_income_usd,
    sum(lot.gpu_estimate) as gpu_estimate,
    max(lot.rent_usd_per_gpu_hour) as rent_usd_per_gpu_hour,
    max(lot.valued_on) as valued_on,
    max(lot.market_missing_reason) as market_missing_reason,
    max(lot.known_at) as known_at
from marts.facility_lot_value as lot
group by lot.facility_id, lot.balance_on
order by lot.facility_id, lot.balance_on
