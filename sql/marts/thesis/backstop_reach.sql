-- How far a guarantor's word reaches: whom it stands behind directly and by way of others, in at most three steps,
-- and how much can travel the whole way. Along a path the amount is that of its smallest edge, an edge the sum of
-- the exposures that count; of several paths the widest is told. Binding and intent are apart: a path of binding
-- reach has binding edges alone. Nothing goes through a group of companies. Edges without an amount carry none,
-- and are counted.
-- grain: binding_scope, guarantor, reached_entity
with edges as (
    select
        binding_scope,
        guarantor as giver,
        guaranteed as taker,
        sum(amount_usd) as amount_usd,
        count(*) filter (where amount_usd is null) as open_count,
        max(guaranteed_role) as taker_role,
        max(known_at) as known_at,
        string_agg(distinct source_url, ' ' order by source_url) as source_urls
    from marts.backstop
    where is_counted and guarantor <> guaranteed
    group by binding_scope, guarantor, guaranteed
),

one as (
    select
        binding_scope,
        giver,
        taker,
        taker_role,
        cast(1 as bigint) as steps,
        amount_usd,
        open_count,
        giver || ' > ' || taker as reach_path,
        known_at,
        source_urls
    from edges
),

two as (
    select
        one.binding_scope,
        one.giver,
        edges.taker,
        edges.taker_role,
        cast(2 as bigint) as steps,
        case when one.amount_usd is not null and edges.amount_usd is not null
            then least(one.amount_usd, edges.amount_usd) end as amount_usd,
        one.open_count + edges.open_count as open_count,
        one.reach_path || ' > ' || edges.taker as reach_path,
        greatest(one.known_at, edges.known_at) as known_at,
        one.source_urls || ' ' || edges.source_urls as source_urls
    from one
    join edges on one.binding_scope = edges.binding_scope and one.taker = edges.giver
    where one.taker_role <> 'group' and edges.taker <> one.giver
),

three as (
    select
        two.binding_scope,
        two.giver,
        edges.taker,
        edges.taker_role,
        cast(3 as bigint) as steps,
        case when two.amount_usd is not null and edges.amount_usd is not null
            then least(two.amount_usd, edges.amount_usd) end as amount_usd,
        two.open_count + edges.open_count as open_count,
        two.reach_path || ' > ' || edges.taker as reach_path,
        greatest(two.known_at, edges.known_at) as known_at,
        two.source_urls || ' ' || edges.source_urls as source_urls
    from two
    join edges on two.binding_scope = edges.binding_scope and two.taker = edges.giver
    where two.taker_role <> 'group' and edges.taker <> two.giver
),

paths as (
    select * from one
    union all
    select * from two
    union all
    select * from three
)

select
    binding_scope,
    giver as guarantor,
    taker as reached_entity,
    min(steps) over reached as step_count,
    max(amount_usd) over reached as reach_usd,
    open_count as edges_without_amount_count,
    reach_path,
    known_at,
    source_urls
from paths
window reached as (partition by binding_scope, giver, taker)
qualify row_number() over (
    partition by binding_scope, giver, taker
    order by amount_usd desc nulls last, steps, reach_path
) = 1
order by binding_scope, guarantor, reached_entity
