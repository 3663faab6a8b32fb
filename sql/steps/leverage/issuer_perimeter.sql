-- Which of a company's filings count, for periods that end when: one stretch of one business on one preferred
-- basis. What a predecessor filed, or covers another perimeter, stays out.
-- grain: cik, period_from_on
select
    stretch.cik,
    stretch.issuer,
    stretch.layer,
    stretch.perimeter,
    stretch.accounting_basis,
    stretch.fiscal_year_end,
    -- A change of basis alone begins no new company: what it filed before still counts.
    min(stretch.filed_from_on) over (partition by stretch.cik, stretch.perimeter) as filed_from_on,
    stretch.period_from_on,
    -- A stretch ends where the next begins; that it would end was not known before.
    cast(
        lead(stretch.period_from_on) over (partition by stretch.cik order by stretch.period_from_on)
        - interval 1 day as date
    ) as period_to_on,
    stretch.known_at
from staging.issuers as stretch
