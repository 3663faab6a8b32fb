-- How far each kind of challenger is from NVIDIA's part by specification: dense BF16, FP8, memory and bandwidth of
-- every primary pair, the median, least and greatest of all. Peaks are vendors' own figures. Four claims read it.
-- grain: challenger_kind
with parts as (
    select distinct
        case
            when vendor = 'AMD' then 'AMD'
            when vendor = 'Google' then 'TPU'
            when challenger like 'aws-trainium%' then 'Trainium'
            when vendor in ('Microsoft', 'Meta') or challenger like 'intel-gaudi%' then 'built to order'
        end as challenger_kind,
        challenger,
        bf16_gap_pct,
        fp8_gap_pct,
        memory_gap_pct,
        memory_bandwidth_gap_pct,
        known_at,
        source_urls
    from marts.substitution_gap
    where is_primary_pair
),

gaps as (
    select challenger_kind, challenger, 'BF16' as what, bf16_gap_pct as gap_pct from parts
    union all
    select challenger_kind, challenger, 'FP8' as what, fp8_gap_pct as gap_pct from parts
    union all
    select challenger_kind, challenger, 'memory' as what, memory_gap_pct as gap_pct from parts
    union all
    select challenger_kind, challenger, 'bandwidth' as what, memory_bandwidth_gap_pct as gap_pct from parts
),

spread as (
    select
        challenger_kind,
        median(gap_pct) as median_spec_gap_pct,
        min(gap_pct) as low_spec_gap_pct,
        max(gap_pct) as high_spec_gap_pct
    from gaps
    where gap_pct is not null and challenger_kind is not null
    group by challenger_kind
),

told as (
    select
        challenger_kind,
        challenger,
        string_agg(what || ' ' || cast(cast(round(gap_pct) as bigint) as varchar) || ' %', ', ' order by what)
            as gaps_told
    from gaps
    where gap_pct is not null
    group by challenger_kind, challenger
),

listed as (
    select
        challenger_kind,
        string_agg(challenger || ': ' || gaps_told, '; ' order by challenger) as measure
    from told
    group by challenger_kind
),

origins as (
    select
        challenger_kind,
        max(known_at) as known_at,
        string_agg(distinct source_urls, ' ' order by source_urls) as source_urls
    from parts
    group by challenger_kind
)

select
    spread.challenger_kind,
    spread.median_spec_gap_pct,
    spread.low_spec_gap_pct,
    spread.high_spec_gap_pct,
    listed.measure,
    origins.known_at,
    origins.source_urls
from spread
join listed on spread.challenger_kind = listed.challenger_kind
join origins on spread.challenger_kind = origins.challenger_kind
