-- Effective rates of CoreWeave's loans against GPUs on its last balance day that states them, weighted by
-- principal; least and greatest of the facilities. The words show each day before, so that a fall is seen.
with rated as (
    select
        balance_on,
        facility_name,
        principal_usd,
        effective_rate_pct,
        known_at,
        source_url
    from marts.issuer_debt_stack
    where issuer = 'CoreWeave' and collateral_class = 'gpu' and effective_rate_pct is not null
),

days as (
    select
        balance_on,
        sum(effective_rate_pct * principal_usd) / sum(principal_usd) as weighted_pct,
        min(effective_rate_pct) as low_pct,
        max(effective_rate_pct) as high_pct,
        string_agg(
            facility_name || ' ' || cast(effective_rate_pct as varchar), ', ' order by facility_name
        ) as told,
        max(known_at) as known_at,
        string_agg(distinct source_url, ' ' order by source_url) as source_urls
    from rated
    group by balance_on
),

told as (
    select string_agg(
        cast(balance_on as varchar) || ' weighted ' || cast(round(weighted_pct, 1) as varchar) || ' %',
        '; ' order by balance_on
    ) as history
    from days
)

select
    days.weighted_pct as measured_value,
    days.low_pct as measured_low_value,
    days.high_pct as measured_high_value,
    days.balance_on as measured_on,
    told.history || '. On the last day: ' || days.told as measure,
    cast(null as varchar) as gap_reason,
    days.known_at,
    days.source_urls
from days
cross join told
qualify row_number() over (order by days.balance_on desc) = 1
