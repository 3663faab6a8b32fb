-- A cause: the figures that would show it stand in `profit_pool` and `substitution_gap`, and nothing links them.
select
    cast(null as double) as measured_value,
    cast(null as double) as measured_low_value,
    cast(null as double) as measured_high_value,
    max(period_end_on) as measured_on,
    cast(null as varchar) as measure,
    'a cause cannot be read off two series: margin and substitutes are shown apart' as gap_reason,
    max(known_at) as known_at,
    max(source_url) as source_urls
from marts.issuer_quarter
where issuer = 'NVIDIA' and metric = 'operating_income'
