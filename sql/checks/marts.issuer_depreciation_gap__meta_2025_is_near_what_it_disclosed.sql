-- Meta's move to five and a half years is the cleanest test there is of the model: most of its machines, one
-- change, on the first day of a fiscal year, 2.92 billion disclosed. Off by more than a quarter, the
-- vintages are wrong. (Amazon's of 2025 is about an undisclosed part of its machines.)
-- severity: warn
select
    issuer,
    period_end_on,
    disclosed_effect_usd,
    modelled_effect_usd
from marts.issuer_depreciation_gap
where cik = '0001326801'
and period_end_on = date '2025-12-31'
and life_case = 'filed'
and abs(difference_usd) > 0.25 * abs(disclosed_effect_usd)
