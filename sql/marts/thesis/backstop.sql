-- Who stands behind whom: each statement of a guarantee, capacity taken back, or indemnity, and whether its amount
-- counts. Of several statements of one guarantor about one risk the best document counts, then the newest: a total
-- that grows by quarter is one line. A single contract inside a total does not count beside it. A guarantee and the
-- indemnity for it are one exposure of two guarantors: it counts for each, and once in the sum of all
-- (`is_counted_in_all`). Whether it binds is a scope, never mixed: what is unknown or a memorandum is intent.
-- grain: backstop_id
with named as (
    select
        statement.*,
        coalesce(giver.canonical_entity, statement.guarantor) as giver_name,
        coalesce(taker.canonical_entity, statement.guaranteed) as taker_name,
        coalesce(taker.entity_role, 'other') as taker_role,
        case when coalesce(statement.is_binding, false) then 'binding' else 'intent' end as binding_scope,
        greatest(
            statement.known_at,
            coalesce(giver.known_at, statement.known_at),
            coalesce(taker.known_at, statement.known_at)
        ) as entities_known_at
    from staging.backstops as statement
    left join staging.entities as giver on statement.guarantor = giver.entity
    left join staging.entities as taker on statement.guaranteed = taker.entity
    where statement.deal_status not in ('rumored', 'not_executed')
),

ranked as (
    select
        *,
        row_number() over (
            partition by exposure_id, giver_name, binding_scope
            order by
                case deal_status when 'filed' then 1 when 'announced' then 2 else 3 end,
                known_at desc,
                backstop_id
        ) as place
    from named
),

totals as (
    select distinct exposure_id, giver_name, binding_scope from ranked where is_total
),

judged as (
    select
        ranked.*,
        ranked.place = 1 and totals.exposure_id is null as is_counted
    from ranked
    left join totals
        on ranked.inside_exposure_id = totals.exposure_id
        and ranked.giver_name = totals.giver_name
        and ranked.binding_scope = totals.binding_scope
)

select
    backstop_id,
    exposure_id,
    giver_name as guarantor,
    taker_name as guaranteed,
    taker_role as guaranteed_role,
    stands_behind,
    backstop_kind,
    binding_scope,
    amount_usd,
    amount_qualifier,
    is_total,
    inside_exposure_id,
    is_counted,
    is_counted and row_number() over (
        partition by exposure_id, binding_scope
        order by is_counted desc, amount_usd desc nulls last, backstop_kind = 'indemnity', backstop_id
    ) = 1 as is_counted_in_all,
    deal_status,
    announced_on,
    ends_on,
    -- Whether a statement counts hangs on all there are about its risk.
    greatest(max(known_at) over (partition by exposure_id), entities_known_at) as known_at,
    confidence,
    source_url
from judged
order by backstop_id
