-- Measured throughput of AMD's parts per accelerator against the primary pair, in the newest round of each suite:
-- nearest to the words the median of inference offline, least and greatest of all tasks, between systems of like
-- size. Results at different precisions are left out where both are told. The words name every pair and size, what
-- is counted first: eight MI355X do as much as B200, and less than the GB300 of a rack.
with gaps as (
    select
        *,
        is_primary_pair and is_like_size as is_counted
    from marts.benchmark_gap
    where challenger like 'amd-%'
    and coalesce(is_same_weight_format, true)
    and challenger_availability = 'available'
    and reference_availability = 'available'
    qualify dense_rank() over (
        partition by challenger, reference, benchmark_suite, is_like_size
        order by known_at desc, benchmark_version desc
    ) = 1
),

told as (
    select
        is_counted,
        challenger,
        benchmark_suite,
        benchmark_version,
        challenger || ' against ' || reference || ', ' || benchmark_suite || ' ' || benchmark_version || ': '
        || cast(round(min(throughput_gap_pct), 1) as varchar) || ' to '
        || cast(round(max(throughput_gap_pct), 1) as varchar) || ' % in '
        || cast(count(*) as varchar) || ' tasks'
        || case when is_like_size then '' else ' of unlike size' end
        || case when is_counted then '' else ' (not counted)' end as words
    from gaps
    group by is_counted, is_like_size, challenger, reference, benchmark_suite, benchmark_version
)

select
    median(case when is_counted and benchmark_scenario = 'Offline' then throughput_gap_pct end)
        as measured_value,
    min(case when is_counted then throughput_gap_pct end) as measured_low_value,
    max(case when is_counted then throughput_gap_pct end) as measured_high_value,
    cast(max(known_at) at time zone 'UTC' as date) as measured_on,
    (select string_agg(words, '; ' order by not is_counted, words) from told) as measure,
    case
        when not coalesce(bool_or(is_counted), false) then 'no round in which both parts of a pair stand was known'
    end as gap_reason,
    max(known_at) as known_at,
    string_agg(distinct source_urls, ' ' order by source_urls) as source_urls
from gaps
