-- Debt over the market value of the GPUs behind it, of each facility's last quarter in which both are known:
-- all facilities together, the least and the greatest; an older quarter than the newest of them is named. Chips and
-- cost are inferred (`inputs_assumed`).
with newest as (
    select
        *,
        max(balance_on) over () as newest_on
    from marts.facility_coverage
    where ltv_market_pct is not null
    qualify row_number() over (partition by facility_id order by balance_on desc) = 1
)

select
    100 * sum(principal_usd) / sum(market_value_usd) as measured_value,
    min(ltv_market_pct) as measured_low_value,
    max(ltv_market_pct) as measured_high_value,
    max(balance_on) as measured_on,
    string_agg(
        facility_name || ' ' || cast(cast(round(ltv_market_pct) as bigint) as varchar) || ' % (contract '
        || coalesce(cast(cast(round(ltv_contract_pct) as bigint) as varchar), 'unknown') || ' %'
        || case when balance_on < newest_on then ', ' || cast(balance_on as varchar) else '' end || ')',
        ', ' order by facility_name
    ) as measure,
    case when count(*) = 0 then 'no facility has both a balance and a market value' end as gap_reason,
    max(known_at) as known_at,
    string_agg(distinct source_url, ' ' order by source_url) as source_urls
from newest
