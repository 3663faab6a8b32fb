-- On the life in force the restated figures are the filed ones; machines never cost more than was filed.
select
    issuer,
    period_end_on,
    life_case
from marts.issuer_depreciation_gap
where (
    life_case = 'filed'
    and (
        abs(extra_depreciation_usd) > 1
        or abs(restated_operating_income_usd - operating_income_usd) > 1
        or technology_depreciation_usd > depreciation_usd + 1
    )
)
or technology_fraction not between 0 and 1
