-- Each commitment as the best kind of document states it last: a filing outranks a release, a release the press,
-- the press a rumour; that a deal was never executed outranks all that is not filed. Companies by one name.
-- grain: commitment_id
select
    newest.commitment_id,
    coalesce(giver.canonical_entity, newest.from_entity) as from_entity,
    coalesce(taker.canonical_entity, newest.to_entity) as to_entity,
    coalesce(giver.entity_role, 'other') as from_role,
    coalesce(taker.entity_role, 'other') as to_role,
    newest.commitment_kind,
    newest.amount_usd,
    newest.is_binding,
    newest.deal_status,
    newest.is_disputed,
    newest.announced_on,
    newest.ends_on,
    newest.known_at,
    newest.confidence,
    newest.source_url
from staging.commitments as newest
left join staging.entities as giver on newest.from_entity = giver.entity
left join staging.entities as taker on newest.to_entity = taker.entity
qualify row_number() over (
    partition by newest.commitment_id
    order by
        case newest.deal_status
            when 'filed' then 1
            when 'not_executed' then 1
            when 'announced' then 2
            when 'press' then 3
            else 4
        end,
        newest.known_at desc,
        case newest.confidence when 'high' then 1 when 'medium' then 2 else 3 end,
        newest.source_url
) = 1
order by newest.commitment_id
