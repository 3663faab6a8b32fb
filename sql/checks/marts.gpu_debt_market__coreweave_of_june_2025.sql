-- Magnitude: CoreWeave's debt note states a principal of USD 11,171,485,000 at 30 June 2025 (10-Q, note on
-- debt). Filers print thousands: a lost factor is wrong by 1,000 and breaks nothing else.
select sum(filed_drawn_usd) as filed_drawn_usd from marts.gpu_debt_market
where borrower like 'CoreWeave%'
and period_end_on = date '2025-06-30'
having abs(sum(filed_drawn_usd) / 11171485000 - 1) > 0.001
