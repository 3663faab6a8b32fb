-- Magnitude: NVIDIA sold 39,112 million dollars to data centers in its quarter to 27 April 2025 (release of 28 May
-- 2025), which is the first calendar quarter. A lost factor, or a quarter put beside its own, breaks nothing else.
select * from marts.vendor_revenue_share
where share_definition = 'filed_lines'
and vendor = 'NVIDIA'
and period_end_on = date '2025-03-31'
and abs(amount / 39112000000 - 1) > 0.001
