-- How on-demand rents moved from one published week to the next, per accelerator and kind of seller: what
-- simulated rent paths are drawn from (marts.facility_loss). A move over several weeks that nobody could measure
-- is one row over those weeks.
-- grain: tier, accelerator, period_end_on
select
    movement.tier,
    movement.accelerator,
    movement.period_end_on,
    movement.compared_with_on,
    datediff('day', movement.compared_with_on, movement.period_end_on) / 7 as move_weeks,
    movement.log_change,
    movement.known_at
from marts.gpu_price_movement as movement
where movement.period = 'week'
and movement.tier in ('neocloud', 'hyperscaler')
and movement.market = 'on_demand'
and movement.term_months = 0
and movement.basis = 'all_in'
and movement.publication_status = 'published'
and movement.log_change is not null
and movement.compared_with_on is not null
order by movement.tier, movement.accelerator, movement.period_end_on
