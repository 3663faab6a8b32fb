-- A figure that stands in issuer_quarter and is called missing sends somebody to a filing for nothing; and a
-- report cannot be expected before its period is over.
select
    missing.issuer,
    missing.metric,
    missing.period_end_on,
    missing.expected_on
from marts.issuer_missing as missing
left join marts.issuer_quarter as quarters
    on missing.cik = quarters.cik
    and missing.metric = quarters.metric
    and missing.period_end_on = quarters.period_end_on
    and quarters.value_usd is not null
where quarters.cik is not null
or missing.expected_on <= missing.period_end_on
