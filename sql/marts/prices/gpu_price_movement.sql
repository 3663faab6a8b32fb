-- How the price of an accelerator-hour moved, by week and month: a multilateral index of log prices on
-- item and period, one vote per provider, over windows of 13 months, base 100 (METHODS 3). It sees a rise
-- that happened while nobody looked, and stands still when only the panel changes. What is published is
-- never restated. A change of the panel's mean log price is the market's, plus entry, exit and restatement,
-- plus what the newest window corrects of earlier ones (`revision_log_change`).
-- Values of one chain compare with each other; where fewer than three providers link a period to the chain
-- (one at hyperscalers, or five machines of a marketplace) the index starts anew: `chain_started_on`.
-- The daily chain of gpu_price_index stands beside it as a table of its own: it misses every rise that falls
-- between two looks.
-- by day: period_end_on, all days
-- grain: period, accelerator, tier, market, term_months, basis, period_end_on
select
    moved.period,
    moved.accelerator,
    moved.tier,
    moved.market,
    moved.term_months,
    moved.basis,
    moved.period_end_on,
    moved.publication_status,
    moved.withheld_reason,
    moved.multilateral_price_index,
    moved.chain_started_on,
    moved.compared_with_on,
    moved.log_change,
    moved.log_change_standard_error,
    moved.level_log_change,
    moved.entry_log_change,
    moved.exit_log_change,
    moved.restatement_log_change,
    moved.revision_log_change,
    moved.provider_count,
    moved.provider_count = 1 as single_provider,
    moved.item_count,
    moved.link_provider_count,
    moved.link_item_count,
    moved.window_period_count,
    moved.last_observed_on,
    moved.known_at
from steps.panel_movement as moved
order by
    moved.period,
    moved.accelerator,
    moved.tier,
    moved.market,
    moved.term_months,
    moved.basis,
    moved.period_end_on
