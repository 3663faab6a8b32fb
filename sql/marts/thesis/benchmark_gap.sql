-- How much more or less a challenger did than the NVIDIA part beside it, per accelerator, in one public round,
-- with one model and scenario: the best results of both, between systems of at most twice each other's size.
-- Where throughput was measured, the best of any other sizes are a row too (`is_like_size` false: eight MI355X
-- beside a rack of 72 GB300); work per part falls as systems grow, so nothing is concluded from them.
-- Results of another round, model or scenario are never compared. What could be had goes before previews.
-- Precision is shown: FP8 against FP4 is no like for like (`is_same_weight_format`). Training times are
-- multiplied by parts, so a gap is always one of work per part and time; below zero the challenger is slower.
-- grain: challenger, reference, benchmark_suite, benchmark_version, benchmark_model, benchmark_scenario, is_like_size
with results as (
    select
        *,
        case when is_higher_better then per_accelerator_value else 1 / per_accelerator_value end as speed
    from staging.benchmarks
),

sized as (
    select
        pair.challenger,
        pair.reference,
        pair.is_primary_pair,
        mine.benchmark_suite,
        mine.benchmark_version,
        mine.benchmark_model,
        mine.benchmark_scenario,
        mine.speed as challenger_speed,
        mine.per_accelerator_value as challenger_value,
        mine.accelerator_count as challenger_count,
        mine.availability as challenger_availability,
        mine.weight_format as challenger_weight_format,
        mine.submitter as challenger_submitter,
        theirs.speed as reference_speed,
        theirs.per_accelerator_value as reference_value,
        theirs.accelerator_count as reference_count,
        theirs.availability as reference_availability,
        theirs.weight_format as reference_weight_format,
        theirs.submitter as reference_submitter,
        mine.unit,
        mine.accelerator_count <= 2 * theirs.accelerator_count
        and theirs.accelerator_count <= 2 * mine.accelerator_count as is_like_size,
        greatest(mine.known_at, theirs.known_at) as known_at,
        mine.source_url || ' ' || theirs.source_url as source_urls
    from staging.peer_pairs as pair
    join results as mine on pair.challenger = mine.accelerator
    join results as theirs
        on pair.reference = theirs.accelerator
        and mine.benchmark_suite = theirs.benchmark_suite
        and mine.benchmark_version = theirs.benchmark_version
        and mine.benchmark_model = theirs.benchmark_model
        and mine.benchmark_scenario = theirs.benchmark_scenario
),

best as (
    select * from sized
    where is_like_size or unit <> 'accelerator-minutes'
    qualify row_number() over (
        partition by
            challenger, reference, benchmark_suite, benchmark_version, benchmark_model, benchmark_scenario,
            is_like_size
        order by
            challenger_availability <> 'available',
            reference_availability <> 'available',
            challenger_speed desc,
            reference_speed desc,
            source_urls
    ) = 1
)

select
    challenger,
    reference,
    is_primary_pair,
    benchmark_suite,
    benchmark_version,
    benchmark_model,
    benchmark_scenario,
    is_like_size,
    100 * (challenger_speed / reference_speed - 1) as throughput_gap_pct,
    challenger_speed / reference_speed - 1 >= -0.2 as is_throughput_within_a_fifth,
    challenger_value as challenger_value_per_accelerator,
    reference_value as reference_value_per_accelerator,
    unit,
    challenger_weight_format,
    reference_weight_format,
    challenger_weight_format = reference_weight_format as is_same_weight_format,
    challenger_count as challenger_accelerator_count,
    reference_count as reference_accelerator_count,
    challenger_availability,
    reference_availability,
    challenger_submitter,
    reference_submitter,
    known_at,
    source_urls
from best
order by
    challenger, reference, benchmark_suite, benchmark_version, benchmark_model, benchmark_scenario, is_like_size desc
