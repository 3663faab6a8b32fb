-- Nearest to the words the median of all gaps of dense BF16, FP8, memory and bandwidth, then least and greatest.
select
    max(median_spec_gap_pct) as measured_value,
    max(low_spec_gap_pct) as measured_low_value,
    max(high_spec_gap_pct) as measured_high_value,
    cast(max(known_at) at time zone 'UTC' as date) as measured_on,
    max(measure) as measure,
    case when count(*) = 0 then 'no pair with specifications was known' end as gap_reason,
    max(known_at) as known_at,
    max(source_urls) as source_urls
from steps.specification_gap
where challenger_kind = 'Trainium'
