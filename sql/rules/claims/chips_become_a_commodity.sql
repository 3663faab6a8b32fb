-- NVIDIA's gross margin of the last quarter held, less that of the same quarter a year before.
with quarters as (
    select
        revenue.period_end_on,
        100 * (1 - cost.value_usd / revenue.value_usd) as margin_pct,
        greatest(revenue.known_at, cost.known_at) as known_at,
        revenue.source_url
    from marts.issuer_quarter as revenue
    join marts.issuer_quarter as cost
        on revenue.issuer = cost.issuer
        and revenue.period_end_on = cost.period_end_on
        and cost.metric = 'cost_of_revenue'
    where revenue.issuer = 'NVIDIA' and revenue.metric = 'revenue'
),

years as (
    select
        last_one.*,
        before.margin_pct as before_pct,
        before.period_end_on as before_on
    from quarters as last_one
    join quarters as before
        on before.period_end_on between last_one.period_end_on - interval 380 day
            and last_one.period_end_on - interval 350 day
    qualify row_number() over (order by last_one.period_end_on desc) = 1
)

select
    margin_pct - before_pct as measured_value,
    margin_pct - before_pct as measured_low_value,
    margin_pct - before_pct as measured_high_value,
    period_end_on as measured_on,
    'gross margin ' || cast(round(margin_pct, 1) as varchar) || ' % in the quarter to '
    || cast(period_end_on as varchar) || ', ' || cast(round(before_pct, 1) as varchar) || ' % to '
    || cast(before_on as varchar) as measure,
    cast(null as varchar) as gap_reason,
    known_at,
    source_url as source_urls
from years
