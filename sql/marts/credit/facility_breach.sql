-- Is the loan safe? For each facility, scenario, share realised and kind of revenue: which promise breaks first and
-- when, by the cash of facility_waterfall, and what the way there looks like. Nothing breaks before maturity
-- where breach is null and there is no reason.
-- grain: facility_id, scenario, realisation_pct, revenue_basis
select
    waterfall.facility_id,
    waterfall.scenario,
    waterfall.realisation_pct,
    waterfall.revenue_basis,
    min(waterfall.balance_on) as balance_on,
    max(case when waterfall.is_first_breach then waterfall.breach end) as breach,
    max(case when waterfall.is_first_breach then waterfall.period_end_on end) as first_breach_on,
    min(case when waterfall.cure_due_usd > waterfall.cure_paid_usd + 0.01 then waterfall.period_end_on end)
        as base_broken_on,
    min(waterfall.dscr_ratio) as lowest_dscr_ratio,
    max(waterfall.ltv_market_pct) as highest_ltv_market_pct,
    sum(waterfall.cure_paid_usd) as cure_paid_usd,
    max(waterfall.kept_cash_usd) as highest_kept_cash_usd,
    sum(waterfall.distributed_usd) as distributed_usd,
    max(waterfall.balloon_usd) as balloon_usd,
    max(waterfall.unpaid_usd) as highest_unpaid_usd,
    max(waterfall.cash_missing_reason) as cash_missing_reason,
    max(waterfall.inputs_assumed) as inputs_assumed,
    max(waterfall.price_vintage_on) as price_vintage_on,
    max(waterfall.known_at) as known_at
from marts.facility_waterfall as waterfall
group by waterfall.facility_id, waterfall.scenario, waterfall.realisation_pct, waterfall.revenue_basis
order by waterfall.facility_id, waterfall.scenario, waterfall.realisation_pct, waterfall.revenue_basis
