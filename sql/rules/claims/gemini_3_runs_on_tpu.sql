-- Of the uses of Gemini 3 (training, serving), on how many a document says TPU. What is not told may be either.
with uses as (
    select
        *,
        accelerator_raw like '%TPU%' as is_tpu
    from marts.chip_use
    where customer = 'Google DeepMind' and model_or_use like 'Gemini 3 Pro:%'
)

select
    100.0 * count(*) filter (where is_tpu) / nullif(count(*), 0) as measured_value,
    100.0 * count(*) filter (where is_tpu) / nullif(count(*), 0) as measured_low_value,
    100.0 * count(*) filter (where is_tpu or accelerator_raw = 'not told') / nullif(count(*), 0)
        as measured_high_value,
    cast(max(known_at) at time zone 'UTC' as date) as measured_on,
    string_agg(model_or_use || ' on ' || accelerator_raw, '; ' order by model_or_use) as measure,
    case when count(*) = 0 then 'no document was known' end as gap_reason,
    max(known_at) as known_at,
    string_agg(distinct source_url, ' ' order by source_url) as source_urls
from uses
