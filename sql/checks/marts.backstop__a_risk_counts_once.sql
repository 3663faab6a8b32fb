-- A guarantor's risk counts once in a scope, and once over all guarantors: a second statement of it would double a
-- sum of hundreds of billions.
select
    exposure_id,
    guarantor,
    binding_scope
from marts.backstop
where is_counted
group by exposure_id, guarantor, binding_scope
having count(*) > 1
union all
select
    exposure_id,
    'all' as guarantor,
    binding_scope
from marts.backstop
where is_counted_in_all
group by exposure_id, binding_scope
having count(*) > 1
