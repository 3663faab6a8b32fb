-- Gaps of dense BF16, FP8, memory and bandwidth of each primary pair: nearest to the words the median, least and
-- greatest of all. Peaks are vendors' own figures.
with parts as (
    select distinct
        challenger,
        reference,
        bf16_gap_pct,
        fp8_gap_pct,
        memory_gap_pct,
        memory_bandwidth_gap_pct,
        known_at,
        source_urls
    from marts.substitution_gap
    where is_primary_pair and challenger like 'aws-trainium%'
),

gaps as (
    select challenger, 'BF16' as what, bf16_gap_pct as gap_pct from parts
    union all
    select challenger, 'FP8' as what, fp8_gap_pct as gap_pct from parts
    union all
    select challenger, 'memory' as what, memory_gap_pct as gap_pct from parts
    union all
    select challenger, 'bandwidth' as what, memory_bandwidth_gap_pct as gap_pct from parts
),

told as (
    select
        challenger,
        string_agg(what || ' ' || cast(cast(round(gap_pct) as bigint) as varchar) || ' %', ', ' order by what)
            as gaps_told
    from gaps
    where gap_pct is not null
    group by challenger
)

select
    median(gaps.gap_pct) as measured_value,
    min(gaps.gap_pct) as measured_low_value,
    max(gaps.gap_pct) as measured_high_value,
    cast((select max(known_at) from parts) at time zone 'UTC' as date) as measured_on,
    (select string_agg(challenger || ': ' || gaps_told, '; ' order by challenger) from told) as measure,
    case when count(gaps.gap_pct) = 0 then 'no pair with specifications was known' end as gap_reason,
    (select max(known_at) from parts) as known_at,
    (select string_agg(distinct source_urls, ' ' order by source_urls) from parts) as source_urls
from gaps
