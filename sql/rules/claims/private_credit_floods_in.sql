-- What private lenders committed to AI computers in the last twelve months of the record less the twelve before,
-- by the day it closed: delayed-draw and term loans, private notes, asset-backed notes and loans of funds. Who
-- holds them is mostly not on record; the kind of instrument is. High reading: with chip leases told by the press.
with loans as (
    select
        counted_from_on,
        commitment_usd,
        deal_status,
        source_url,
        known_at,
        max(counted_from_on) over () as last_on
    from marts.facility
    where is_counted
    and commitment_usd is not null
    and facility_kind in ('ddtl', 'term_loan', 'private_notes', 'abs', 'other')
    and collateral_class <> 'unsecured'
),

years as (
    select
        max(last_on) as last_on,
        sum(case when counted_from_on > last_on - interval 12 month and deal_status <> 'press'
            then commitment_usd else 0 end) as year_usd,
        sum(case when counted_from_on > last_on - interval 12 month then commitment_usd else 0 end)
            as year_with_press_usd,
        sum(case when counted_from_on <= last_on - interval 12 month
            and counted_from_on > last_on - interval 24 month and deal_status <> 'press'
            then commitment_usd else 0 end) as year_before_usd,
        count(*) as loan_count,
        max(known_at) as known_at,
        string_agg(distinct source_url, ' ' order by source_url) as source_urls
    from loans
)

select
    year_usd - year_before_usd as measured_value,
    year_usd - year_before_usd as measured_low_value,
    year_with_press_usd - year_before_usd as measured_high_value,
    last_on as measured_on,
    'twelve months to ' || cast(last_on as varchar) || ': '
    || cast(round(year_usd / 1e9, 1) as varchar) || ' bn, with press '
    || cast(round(year_with_press_usd / 1e9, 1) as varchar) || ' bn; the twelve before: '
    || cast(round(year_before_usd / 1e9, 1) as varchar) || ' bn' as measure,
    case when loan_count = 0 then 'no loan on record' end as gap_reason,
    known_at,
    source_urls
from years
