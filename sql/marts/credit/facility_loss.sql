-- Not one scenario but thousands: how likely each facility's debt is above the market value of its machines, its
-- market income below the coverage covenant, and what would be lost if it defaulted in a quarter, on rent paths
-- drawn from measured weekly moves of neoclouds. Debt is the schedule's, collateral as in facility_stress, realisation the
-- assumed one. Moves of all generations are pooled; what sets one apart is shrunk toward the pool by how much it
-- was seen. `drift_basis`: `measured` keeps the mean of the moves, `through_cycle` replaces it by the decline the
-- value rests on. Recovery is the resale clock's price of the machines, moved with their market value; null
-- where nobody has sold any. Bands are over resampled histories, 5 to 95 %: how far the moves that happen to be
-- recorded decide. How often such bands held what happened: marts.rent_path_backtest.
-- method: pipeline.methods.facility_loss.simulate
-- grain: facility_id, drift_basis, period_end_on
select
    'quarter' as row_kind,
    facility.facility_id,
    facility.quarter_number,
    cast(null as bigint) as lot_number,
    cast(null as varchar) as accelerator,
    facility.period_end_on,
    facility.balance_on,
    facility.maturity_on,
    facility.principal_usd,
    facility.quarter_principal_due_usd,
    facility.other_value_usd,
    facility.dscr_min_ratio,
    rate.interest_rate_pct,
    decline.rate_pct_per_year,
    decline.interval_low_rate_pct_per_year,
    decline.interval_high_rate_pct_per_year,
    cast(null as double) as earned_usd,
    cast(null as double) as spent_usd,
    cast(null as double) as annual_rent_kept_usd,
    cast(null as double) as annual_cash_cost_usd,
    value.resale_value_usd,
    value.market_value_usd,
    cast(null as double) as move_weeks,
    cast(null as double) as log_change,
    rate.rate_missing_reason as loss_missing_reason,
    facility.inputs_assumed,
    facility.price_vintage_on,
    facility.known_at
from steps.facility_quarter as facility
left join steps.facility_rate as rate
    on facility.facility_id = rate.facility_id and facility.balance_on = rate.balance_on
left join steps.facility_value as value
    on facility.facility_id = value.facility_id and facility.balance_on = value.balance_on
left join steps.facility_decline as decline on facility.facility_id = decline.facility_id
union all
select
    'lot' as row_kind,
    lot.facility_id,
    lot.quarter_number,
    lot.lot_number,
    lot.accelerator,
    cast(null as date) as period_end_on,
    cast(null as date) as balance_on,
    cast(null as date) as maturity_on,
    cast(null as double) as principal_usd,
    cast(null as double) as quarter_principal_due_usd,
    cast(null as double) as other_value_usd,
    cast(null as double) as dscr_min_ratio,
    cast(null as double) as interest_rate_pct,
    cast(null as double) as rate_pct_per_year,
    cast(null as double) as interval_low_rate_pct_per_year,
    cast(null as double) as interval_high_rate_pct_per_year,
    lot.earned_usd,
    lot.spent_usd,
    lot.annual_rent_kept_usd,
    lot.annual_cash_cost_usd,
    cast(null as double) as resale_value_usd,
    cast(null as double) as market_value_usd,
    cast(null as double) as move_weeks,
    cast(null as double) as log_change,
    lot.market_missing_reason as loss_missing_reason,
    cast(null as varchar) as inputs_assumed,
    cast(null as date) as price_vintage_on,
    cast(null as timestamptz) as known_at
from steps.facility_lot_quarter as lot
where lot.quarter_number <= 40
union all
select
    'move' as row_kind,
    cast(null as varchar) as facility_id,
    cast(null as bigint) as quarter_number,
    cast(null as bigint) as lot_number,
    move.accelerator,
    move.period_end_on,
    cast(null as date) as balance_on,
    cast(null as date) as maturity_on,
    cast(null as double) as principal_usd,
    cast(null as double) as quarter_principal_due_usd,
    cast(null as double) as other_value_usd,
    cast(null as double) as dscr_min_ratio,
    cast(null as double) as interest_rate_pct,
    cast(null as double) as rate_pct_per_year,
    cast(null as double) as interval_low_rate_pct_per_year,
    cast(null as double) as interval_high_rate_pct_per_year,
    cast(null as double) as earned_usd,
    cast(null as double) as spent_usd,
    cast(null as double) as annual_rent_kept_usd,
    cast(null as double) as annual_cash_cost_usd,
    cast(null as double) as resale_value_usd,
    cast(null as double) as market_value_usd,
    move.move_weeks,
    move.log_change,
    cast(null as varchar) as loss_missing_reason,
    cast(null as varchar) as inputs_assumed,
    cast(null as date) as price_vintage_on,
    move.known_at
from steps.rent_move as move
where move.tier = 'neocloud'
