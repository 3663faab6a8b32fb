-- How the price of unchanged items moved, week by week and month by month, and what a fixed panel of them
-- rents for: a time-product dummy over 13 months, joined to the values published before (METHODS 3). The
-- marts gpu_price_movement and gpu_rent are read off it.
-- method: pipeline.methods.price_movement.fit
-- grain: period, accelerator, tier, market, term_months, basis, period_end_on
select
    items.period,
    items.accelerator,
    items.tier,
    items.market,
    items.term_months,
    items.basis,
    items.provider,
    items.item,
    items.item_root,
    items.period_end_on,
    items.log_price,
    items.host_count,
    items.last_observed_on,
    items.known_at
from steps.item_price as items
