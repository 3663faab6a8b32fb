-- What NVIDIA guarantees or takes back, single contracts inside totals once: least what binds, greatest with what is
-- only announced, in talks or a memorandum. The words say how far its word reaches.
with sums as (
    select
        sum(case when binding_scope = 'binding' then amount_usd end) as binding_usd,
        sum(case when binding_scope = 'intent' then amount_usd end) as intent_usd,
        count(*) filter (where amount_usd is null) as open_count,
        max(known_at) as known_at,
        string_agg(distinct source_url, ' ' order by source_url) as source_urls
    from marts.backstop
    where guarantor = 'NVIDIA' and is_counted
),

reach as (
    select count(*) as reached_count
    from marts.backstop_reach
    where guarantor = 'NVIDIA' and binding_scope = 'binding'
)

select
    sums.binding_usd as measured_value,
    sums.binding_usd as measured_low_value,
    sums.binding_usd + coalesce(sums.intent_usd, 0) as measured_high_value,
    cast(sums.known_at at time zone 'UTC' as date) as measured_on,
    'binding ' || coalesce(cast(round(sums.binding_usd / 1e9, 1) as varchar), '0') || ' bn, intent '
    || coalesce(cast(round(sums.intent_usd / 1e9, 1) as varchar), '0') || ' bn, '
    || cast(sums.open_count as varchar) || ' without an amount; binding word reaches '
    || cast(reach.reached_count as varchar) || ' parties' as measure,
    case when sums.binding_usd is null then 'no binding backstop with an amount was known' end as gap_reason,
    sums.known_at,
    sums.source_urls
from sums
cross join reach
