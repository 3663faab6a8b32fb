-- Magnitude: CoreWeave's debt note states instruments of USD 35,551 million at 30 June 2026. Balances of other days
-- added to them made 26.8 or 45 billion of it.
select sum(filed_drawn_usd) as filed_drawn_usd from marts.gpu_debt_market
where borrower = 'CoreWeave'
and period_end_on = date '2026-06-30'
having max(balance_on) = date '2026-06-30'
and abs(sum(filed_drawn_usd) / 35551e6 - 1) > 0.01
