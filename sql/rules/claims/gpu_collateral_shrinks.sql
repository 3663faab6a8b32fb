-- Rent on demand of the chips that secure loans, over a year, seller by seller: the newest month with
-- three of them, and about a year before. Nearest to the words: the H100; least and greatest of all.
with prices as (
    select
        accelerator,
        provider,
        period_end_on,
        price_usd_per_gpu_hour,
        source_url
    from marts.provider_price_monthly
    where market = 'on_demand' and term_months = 0 and basis = 'all_in'
    and accelerator in (
        'nvidia-a100-sxm4-80gb', 'nvidia-h100-sxm-80gb', 'nvidia-h200-sxm-141gb', 'nvidia-b200-sxm-180gb'
    )
),

-- A seller's own price a year before: the nearest month, ten to fourteen months back.
sellers as (
    select
        now.accelerator,
        now.provider,
        now.period_end_on,
        ln(now.price_usd_per_gpu_hour / before.price_usd_per_gpu_hour) as log_change,
        now.source_url
    from prices as now
    join prices as before
        on now.accelerator = before.accelerator
        and now.provider = before.provider
        and datediff('month', before.period_end_on, now.period_end_on) between 10 and 14
    qualify row_number() over (
        partition by now.accelerator, now.provider, now.period_end_on
        order by
            abs(datediff('month', before.period_end_on, now.period_end_on) - 12),
            before.period_end_on
    ) = 1
),

pairs as (
    select
        accelerator,
        period_end_on,
        100 * (exp(avg(log_change)) - 1) as change_pct,
        count(*) as seller_count,
        string_agg(distinct source_url, ' ' order by source_url) as source_urls
    from sellers
    group by accelerator, period_end_on
    having count(*) >= 3
),

newest as (
    select * from pairs
    qualify row_number() over (partition by accelerator order by period_end_on desc) = 1
)

select
    max(case when accelerator = 'nvidia-h100-sxm-80gb' then change_pct end) as measured_value,
    min(change_pct) as measured_low_value,
    max(change_pct) as measured_high_value,
    max(period_end_on) as measured_on,
    string_agg(
        accelerator || ' ' || cast(round(change_pct, 1) as varchar) || ' % to '
        || cast(period_end_on as varchar) || ' (' || cast(seller_count as varchar) || ' sellers)',
        ', ' order by accelerator
    ) as measure,
    case when count(*) = 0 then 'no three sellers seen a year apart' end as gap_reason,
    cast(cast(max(period_end_on) + interval 1 day as date)::timestamp at time zone 'UTC' as timestamptz) as known_at,
    string_agg(source_urls, ' ' order by accelerator) as source_urls
from newest
