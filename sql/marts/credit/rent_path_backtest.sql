-- Did what rents did lie inside the bands that facility_loss would have drawn? For each month's end since 2024, the
-- 80 % band of the pooled rent a quarter, two and four on, simulated from moves that were public by then (at
-- least half a year of them), beside what the pooled moves came to. `is_inside` counted over all rows is the
-- coverage: 80 % is promised. Origins overlap and the history is short, so a share says little in either
-- direction; it is shown because it is all there is. Neoclouds are what facilities rest on and have few weeks;
-- hyperscalers have weeks since 2021 and mostly stand still.
-- method: pipeline.methods.rent_paths.backtest
-- grain: tier, drift_basis, period_end_on, horizon_weeks
select
    'move' as row_kind,
    move.tier,
    move.accelerator,
    move.period_end_on,
    move.move_weeks,
    move.log_change,
    cast(null as double) as rate_pct_per_year,
    cast(null as double) as interval_low_rate_pct_per_year,
    cast(null as double) as interval_high_rate_pct_per_year,
    move.known_at
from steps.rent_move as move
union all
select
    'decline' as row_kind,
    cast(null as varchar) as tier,
    cast(null as varchar) as accelerator,
    decline.period_end_on,
    cast(null as double) as move_weeks,
    cast(null as double) as log_change,
    decline.rate_pct_per_year,
    decline.interval_low_rate_pct_per_year,
    decline.interval_high_rate_pct_per_year,
    cast((decline.period_end_on + interval 1 day)::date::timestamp at time zone 'UTC' as timestamptz) as known_at
from steps.decline as decline
where decline.rate_pct_per_year is not null
