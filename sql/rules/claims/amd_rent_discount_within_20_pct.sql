-- Rent of AMD's parts against the primary pair on fixed panels, all-in and on demand, in the newest month of each
-- pair and tier: nearest to the words the MI300X against the H100 at neoclouds, else the median.
with newest as (
    select *
    from marts.substitution_gap
    where vendor = 'AMD' and is_primary_pair and rent_gap_pct is not null
    and market = 'on_demand' and term_months = 0 and basis = 'all_in'
    qualify row_number() over (partition by challenger, reference, tier order by period_end_on desc) = 1
)

select
    coalesce(
        max(case when challenger = 'amd-mi300x-192gb' and tier = 'neocloud' then rent_gap_pct end),
        median(rent_gap_pct)
    ) as measured_value,
    min(rent_gap_pct) as measured_low_value,
    max(rent_gap_pct) as measured_high_value,
    max(period_end_on) as measured_on,
    string_agg(
        challenger || ' against ' || reference || ', ' || tier || ', ' || cast(period_end_on as varchar) || ': '
        || cast(round(rent_gap_pct) as varchar) || ' % (whoever was there: '
        || coalesce(cast(round(all_sellers_rent_gap_pct) as varchar) || ' %', 'unknown') || ')',
        '; ' order by challenger, tier
    ) as measure,
    case when count(*) = 0 then 'no month in which enough sellers rent both' end as gap_reason,
    max(known_at) as known_at,
    string_agg(distinct source_urls, ' ' order by source_urls) as source_urls
from newest
