-- Every source, what came of the last attempt to read it, and the newest observation held.
-- A source of several parts (clouds, searches) that got some of them is `partly landed`.
-- A source is stale when nothing landed for more than twice its rhythm; committed files never are.
-- One damaged capture costs itself: how many there are, and what is wrong with the first of them.
-- After a change of rules captures are read again newest first, a bounded time per run: how many wait.
-- grain: source
with newest_of_part as (
    select *
    from meta.attempts
    qualify row_number() over (
        partition by source, part
        order by coalesce(captured_at, attempted_at) desc, attempted_at desc, outcome
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
    sources.homepage_url not like 'warehouse/%'
    and coalesce(landed.last_landed_at < now() - 2 * sources.refresh_days * interval 1 day, true)
        as is_stale,
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
