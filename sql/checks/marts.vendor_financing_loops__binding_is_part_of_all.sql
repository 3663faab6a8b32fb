-- A binding loop missing from `all`, or larger there than with announcements, means scopes were mixed.
select binding.*
from marts.vendor_financing_loops as binding
left join marts.vendor_financing_loops as whole
    on binding.loop_path = whole.loop_path and whole.binding_scope = 'all'
where binding.binding_scope = 'binding'
and (
    whole.loop_path is null
    or (
        binding.edges_without_amount_count = 0
        and binding.loop_amount_usd > whole.loop_amount_usd
    )
)
