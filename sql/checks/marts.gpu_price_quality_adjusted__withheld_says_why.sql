-- A month without an index and without a reason, or with both, would pass for published silence.
select
    market_scope,
    period_end_on,
    status,
    withheld_reason,
    price_index
from marts.gpu_price_quality_adjusted
where (status = 'withheld') <> (withheld_reason is not null)
or (status = 'withheld') = (price_index is not null)
