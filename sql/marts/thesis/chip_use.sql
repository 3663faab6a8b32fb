-- Which model or service runs on whose chips, as companies and the press say: quotes, never measurements. Sizes
-- announced are ceilings unless the contract binds.
-- grain: customer, model_or_use, chip_vendor, accelerator_raw, chip_relation
select
    customer,
    model_or_use,
    chip_vendor,
    accelerator_raw,
    chip_relation,
    amount_usd,
    is_binding,
    deal_status,
    announced_on,
    known_at,
    confidence,
    source_url
from staging.chip_uses
qualify row_number() over (
    partition by customer, model_or_use, chip_vendor, accelerator_raw, chip_relation
    order by known_at desc, source_url
) = 1
order by customer, model_or_use, chip_vendor, accelerator_raw, chip_relation
