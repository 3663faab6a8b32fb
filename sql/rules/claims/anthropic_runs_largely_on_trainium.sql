-- Amazon's part of what Anthropic has committed to clouds and chips. Least: of all on record; greatest: of what
-- binds. No mix of chips is published, and money is not use: a quote at most.
with deals as (
    select *
    from marts.commitment
    where from_entity = 'Anthropic'
    and amount_usd is not null
    and deal_status not in ('rumored', 'not_executed')
    and to_role in ('hyperscaler', 'chips', 'neocloud', 'models')
),

shares as (
    select
        100 * sum(case when to_entity = 'Amazon' then amount_usd else 0 end) / sum(amount_usd) as all_pct,
        100 * sum(case when to_entity = 'Amazon' and is_binding then amount_usd else 0 end)
        / nullif(sum(case when is_binding then amount_usd end), 0) as binding_pct,
        string_agg(
            to_entity || ' ' || cast(round(amount_usd / 1e9, 1) as varchar) || ' bn', ', '
            order by amount_usd desc, to_entity
        ) as told,
        count(*) as deal_count,
        max(known_at) as known_at,
        string_agg(distinct source_url, ' ' order by source_url) as source_urls
    from deals
)

select
    all_pct as measured_value,
    least(all_pct, binding_pct) as measured_low_value,
    greatest(all_pct, binding_pct) as measured_high_value,
    cast(known_at at time zone 'UTC' as date) as measured_on,
    'committed to ' || told as measure,
    case when deal_count = 0 then 'no commitment of Anthropic was known' end as gap_reason,
    known_at,
    source_urls
from shares
