-- Every source, what came of the last attempt to read it, and the newest observation held.
-- A source of several parts (clouds, searches) that got some of them is `partly landed`.
-- A source is stale when nothing landed that was asked for, or read by whoever keeps a committed file,
-- within twice its rhythm. Where nothing is held nothing can be old: one that is skipped, or was not
-- asked yet, says that instead; one that was asked and never answered is stale.
-- One damaged capture costs itself: how many there are, and what is wrong with the first of them.
-- After a change of rules captures are read again newest first, a bounded time per run: how many wait.
-- grain: source
with newest_of_part as (
    select attempts.*
    from meta.attempts as attempts
    inner join meta.sources as sources using (source)
    -- A capture of long ago may be read today, and says less than a newer one; a file is as it is.
    qualify row_number() over (
        partition by attempts.source, attempts.part
        order by
            case when sources.homepage_url like 'warehouse/%' then attempts.attempted_at end desc,
            coalesce(attempts.captured_at, attempts.attempted_at) desc,
            attempts.attempted_at desc,
            attempts.outcome
    ) = 1
),

newest_attempts as (
    select
        source,
        case
            when min(outcome) = max(outcome) then min(outcome)
            when bool_or(outcome = 'landed') then 'partly landed'
            else min(outcome)
        end as outcome,
        min(case when outcome <> 'landed' then outcome_reason end) as outcome_reason,
        max(attempted_at) as attempted_at
    from newest_of_part
    group by source
),

landed as (
    select
        source,
        max(captured_at) as last_landed_at,
        max(newest_observed_at) as newest_observed_at
    from meta.attempts
    where outcome = 'landed'
    group by all
),

stored as (
    select
        captures.source,
        count(captures.damage_reason) as damaged_count,
        min(captures.damage_reason) as damage_reason,
        count(*) filter (
            captures.damage_reason is null and captures.parser is distinct from sources.parser
        ) as waiting_count
    from meta.captures as captures
    inner join meta.sources as sources using (source)
    group by captures.source
),

held as (
    select source, held_count
    from meta.attempts
    where outcome = 'landed'
    qualify row_number() over (partition by source order by attempted_at desc, part) = 1
)

select
    sources.source,
    sources.domain,
    sources.table_name,
    coalesce(attempts.outcome, 'not asked yet') as outcome,
    attempts.outcome_reason,
    attempts.attempted_at,
    landed.last_landed_at,
    landed.newest_observed_at,
    coalesce(held.held_count, 0) as held_count,
    coalesce(quarantined.quarantined_count, 0) as quarantined_count,
    coalesce(
        landed.last_landed_at < now() - 2 * sources.refresh_days * interval 1 day,
        coalesce(attempts.outcome, 'skipped') <> 'skipped'
    ) as is_stale,
    coalesce(stored.damaged_count, 0) as damaged_count,
    stored.damage_reason,
    coalesce(stored.waiting_count, 0) as waiting_count,
    sources.licence,
    sources.terms,
    sources.homepage_url
from meta.sources as sources
left join newest_attempts as attempts using (source)
left join landed using (source)
left join held using (source)
left join stored using (source)
left join (
    select source, count(*) as quarantined_count from staging.quarantine group by all
) as quarantined using (source)
order by sources.domain, sources.source
