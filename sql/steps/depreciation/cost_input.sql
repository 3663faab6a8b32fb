-- Each cost or technical input as last known, with the range that is cited for it. Everything that reckons
-- with a cost reads it here.
-- grain: input
select
    inputs.input,
    inputs.scope,
    inputs.unit,
    inputs.base_value,
    inputs.low_value,
    inputs.high_value,
    inputs.evidence,
    inputs.confidence,
    inputs.known_at,
    inputs.source_url
from staging.cost_inputs as inputs
qualify row_number() over (
    partition by inputs.input
    order by inputs.known_at desc, inputs.scope, inputs.source_url
) = 1
order by inputs.input
