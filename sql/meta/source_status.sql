-- Every source, what came of the last attempt to read it, and the newest observation held.
-- A source of several parts (clouds, searches) that got some of them is `partly landed`.
-- A source is stale when nothing landed for more than twice its rhythm; committed files never are.
-- grain: source
with newest_of_part as (
    select *
    from meta.attempts
    qualify row_number() over (partition by source, part order by attempted_at desc, outcome) = 1
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
    sources.licence,
    sources.terms,
    sources.homepage_url
from meta.sources as sources
left join newest_attempts as attempts using (source)
left join landed using (source)
left join held using (source)
left join (
    select source, count(*) as quarantined_count from staging.quarantine group by all
) as quarantined using (source)
order by sources.domain, sources.source
