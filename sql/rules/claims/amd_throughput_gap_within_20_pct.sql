-- Measured throughput of AMD's parts per accelerator against the primary pair, in the newest round of each suite:
-- nearest to the words the median of inference offline, least and greatest of all tasks. Results at different
-- precisions are left out where both are told.
with gaps as (
    select *
    from marts.benchmark_gap
    where challenger like 'amd-%'
    and is_primary_pair
    and coalesce(is_same_weight_format, true)
    and challenger_availability = 'available'
    and reference_availability = 'available'
    qualify dense_rank() over (
        partition by challenger, reference, benchmark_suite
        order by known_at desc, benchmark_version desc
    ) = 1
),

told as (
    select
        challenger,
        benchmark_suite,
        benchmark_version,
        challenger || ' against ' || reference || ', ' || benchmark_suite || ' ' || benchmark_version || ': '
        || cast(round(min(throughput_gap_pct), 1) as varchar) || ' to '
        || cast(round(max(throughput_gap_pct), 1) as varchar) || ' % in '
        || cast(count(*) as varchar) || ' tasks' as words
    from gaps
    group by challenger, reference, benchmark_suite, benchmark_version
)

select
    median(case when benchmark_scenario = 'Offline' then throughput_gap_pct end) as measured_value,
    min(throughput_gap_pct) as measured_low_value,
    max(throughput_gap_pct) as measured_high_value,
    cast(max(known_at) at time zone 'UTC' as date) as measured_on,
    (select string_agg(words, '; ' order by words) from told) as measure,
    case when count(*) = 0 then 'no round in which both parts of a pair stand was known' end as gap_reason,
    max(known_at) as known_at,
    string_agg(distinct source_urls, ' ' order by source_urls) as source_urls
from gaps
