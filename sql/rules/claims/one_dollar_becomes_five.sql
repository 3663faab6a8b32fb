-- Nobody files what it buys from NVIDIA with NVIDIA's money: what NVIDIA committed in equity stands in
-- `commitment`, purchases from it do not.
select
    cast(null as double) as measured_value,
    cast(null as double) as measured_low_value,
    cast(null as double) as measured_high_value,
    cast(max(known_at) at time zone 'UTC' as date) as measured_on,
    'equity of NVIDIA on record '
    || coalesce(cast(round(sum(amount_usd) / 1e9, 1) as varchar), '0') || ' bn' as measure,
    'purchases from NVIDIA by those it invests in are not filed' as gap_reason,
    max(known_at) as known_at,
    string_agg(distinct source_url, ' ' order by source_url) as source_urls
from marts.commitment
where from_entity = 'NVIDIA' and commitment_kind = 'equity' and deal_status not in ('rumored', 'not_executed')
