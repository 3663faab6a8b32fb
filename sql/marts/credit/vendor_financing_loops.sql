-- Money that comes back: loops of two to four companies, each committed to the next, or standing behind it, the
-- last to the first.
-- An edge is the largest single commitment from one company to another, never a sum: contracts of one
-- deal are often told twice, and announcements must not be added to what binds. A loop's
-- amount is its smallest edge, the most that can travel the whole way round; edges without a stated amount
-- are counted and left out of it, so with one of them the amount is an upper bound. Scope `binding` uses
-- signed contracts alone, `all` whatever is not rumoured or abandoned. A loop is written once, from the
-- name that sorts first.
-- A loop says that the contracts exist together, not that one pays for another. A loop that is missing may
-- be a contract not on record: nobody files what it orders from NVIDIA, so few loops close through it.
-- grain: binding_scope, loop_path
with usable as (
    select
        commitment_id,
        from_entity,
        to_entity,
        commitment_kind,
        amount_usd,
        is_binding,
        is_disputed,
        deal_status,
        known_at,
        source_url
    from marts.commitment
    where deal_status not in ('rumored', 'not_executed')
    and from_entity <> to_entity
    and from_role <> 'group'
    and to_role <> 'group'
    union all
    select
        backstop_id as commitment_id,
        guarantor as from_entity,
        guaranteed as to_entity,
        backstop_kind as commitment_kind,
        amount_usd,
        binding_scope = 'binding' as is_binding,
        false as is_disputed,
        deal_status,
        known_at,
        source_url
    from marts.backstop
    where guarantor <> guaranteed and guaranteed_role <> 'group' and not is_total
),

scoped as (
    select usable.*, 'all' as binding_scope from usable
    union all
    select usable.*, 'binding' as binding_scope from usable where usable.is_binding
),

edges as (
    select
        binding_scope,
        from_entity,
        to_entity,
        amount_usd,
        commitment_kind,
        commitment_id,
        is_disputed,
        deal_status,
        known_at,
        source_url
    from scoped
    qualify row_number() over (
        partition by binding_scope, from_entity, to_entity
        order by amount_usd desc nulls last, commitment_id, commitment_kind
    ) = 1
),

-- The first company is the one whose name sorts first, and none comes twice.
two as (
    select
        a.binding_scope,
        a.from_entity as first_entity,
        a.to_entity as second_entity,
        b.to_entity as third_entity,
        a.from_entity || ' > ' || a.to_entity as walked
    from edges as a
    join edges as b on a.binding_scope = b.binding_scope and a.to_entity = b.from_entity
    where a.from_entity < a.to_entity and a.from_entity <= b.to_entity
),

loops as (
    select
        binding_scope,
        first_entity,
        second_entity,
        cast(null as varchar) as third_entity,
        cast(null as varchar) as fourth_entity,
        walked || ' > ' || first_entity as loop_path
    from two
    where third_entity = first_entity
    union all
    select
        two.binding_scope,
        two.first_entity,
        two.second_entity,
        two.third_entity,
        cast(null as varchar) as fourth_entity,
        two.walked || ' > ' || two.third_entity || ' > ' || two.first_entity as loop_path
    from two
    join edges as c
        on two.binding_scope = c.binding_scope
        and two.third_entity = c.from_entity
        and two.first_entity = c.to_entity
    where two.third_entity > two.first_entity
    union all
    select
        two.binding_scope,
        two.first_entity,
        two.second_entity,
        two.third_entity,
        c.to_entity as fourth_entity,
        two.walked || ' > ' || two.third_entity || ' > ' || c.to_entity || ' > '
            || two.first_entity as loop_path
    from two
    join edges as c
        on two.binding_scope = c.binding_scope
        and two.third_entity = c.from_entity
    join edges as d
        on two.binding_scope = d.binding_scope
        and c.to_entity = d.from_entity
        and two.first_entity = d.to_entity
    where two.third_entity > two.first_entity
    and c.to_entity > two.first_entity
    and c.to_entity <> two.second_entity
),

steps as (
    select binding_scope, loop_path, 1 as step, first_entity as from_entity, second_entity as to_entity
    from loops
    union all
    select
        binding_scope,
        loop_path,
        2 as step,
        second_entity as from_entity,
        coalesce(third_entity, first_entity) as to_entity
    from loops
    union all
    select
        binding_scope,
        loop_path,
        3 as step,
        third_entity as from_entity,
        coalesce(fourth_entity, first_entity) as to_entity
    from loops
    where third_entity is not null
    union all
    select binding_scope, loop_path, 4 as step, fourth_entity as from_entity, first_entity as to_entity
    from loops
    where fourth_entity is not null
),

walked as (
    select
        steps.loop_path,
        steps.step,
        edges.*,
        row_number() over (
            partition by steps.binding_scope, steps.loop_path
            order by edges.amount_usd nulls last, steps.step
        ) as from_smallest
    from steps
    join edges
        on steps.binding_scope = edges.binding_scope
        and steps.from_entity = edges.from_entity
        and steps.to_entity = edges.to_entity
)

select
    walked.binding_scope,
    walked.loop_path,
    count(*) as edge_count,
    min(walked.amount_usd) as loop_amount_usd,
    max(case when walked.from_smallest = 1 and walked.amount_usd is not null
        then walked.from_entity || ' > ' || walked.to_entity end) as smallest_edge,
    count(*) filter (where walked.amount_usd is null) as edges_without_amount_count,
    count(*) filter (where walked.deal_status <> 'filed') as edges_not_filed_count,
    bool_or(walked.is_disputed) as is_disputed,
    string_agg(walked.commitment_kind, ' > ' order by walked.step) as edge_kinds,
    string_agg(walked.commitment_id, ' > ' order by walked.step) as commitment_ids,
    max(walked.known_at) as known_at,
    string_agg(distinct walked.source_url, ' ' order by walked.source_url) as source_urls
from walked
group by walked.binding_scope, walked.loop_path
order by walked.binding_scope, loop_amount_usd desc nulls last, walked.loop_path
