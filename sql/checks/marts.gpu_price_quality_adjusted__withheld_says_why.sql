-- A month without an index and without a reason, or with both, would pass for published silence.
select
    market_scope,
    period_end_on,
    publication_status,
    withheld_reason,
    price_index
from marts.gpu_price_quality_adjusted
where (publication_status = 'withheld') <> (withheld_reason is not null)
or (publication_status = 'withheld') = (price_index is not null)
