-- What stands in for a term that a facility's filings redact or never state, as last known.
-- grain: facility_id, term
select
    assumed.facility_id,
    assumed.term,
    assumed.unit,
    assumed.base_value,
    assumed.low_value,
    assumed.high_value,
    assumed.accelerator,
    assumed.evidence,
    assumed.confidence,
    assumed.known_at,
    assumed.source_url
from staging.assumed_terms as assumed
qualify row_number() over (
    partition by assumed.facility_id, assumed.term
    order by assumed.known_at desc, assumed.source_url
) = 1
order by assumed.facility_id, assumed.term
