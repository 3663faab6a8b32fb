-- The hardware layers' share (chips, servers) of the operating profit on record, beside neoclouds, cloud segments
-- and applications: filed figures only, of companies that report both quarters, in the newest quarter in which
-- three layers do, less that a year before. Model companies' losses are press and in no sum; the words tell them.
with paired as (
    select
        now.layer,
        now.company,
        now.period_end_on,
        now.value_usd,
        before.value_usd as before_usd,
        greatest(now.known_at, before.known_at) as known_at,
        now.source_url
    from marts.profit_figure as now
    join marts.profit_figure as before
        on now.layer = before.layer
        and now.company = before.company
        and now.segment = before.segment
        and now.figure_class = before.figure_class
        and now.metric = before.metric
        and before.period_end_on = last_day(cast(now.period_end_on - interval 12 month as date))
    where now.metric = 'operating_income' and now.figure_class = 'filed'
),

quarters as (
    select
        period_end_on,
        100 * sum(case when layer in ('chips', 'servers') then value_usd else 0 end) / sum(value_usd)
            as hardware_pct,
        100 * sum(case when layer in ('chips', 'servers') then before_usd else 0 end) / sum(before_usd)
            as hardware_before_pct,
        count(distinct layer) as layer_count,
        string_agg(distinct company, ', ' order by company) as companies,
        max(known_at) as known_at,
        string_agg(distinct source_url, ' ' order by source_url) as source_urls
    from paired
    group by period_end_on
),

models as (
    select string_agg(
        cast(period_end_on as varchar) || ' ' || cast(round(operating_income_usd / 1e9, 1) as varchar) || ' bn',
        ', ' order by period_end_on
    ) as told
    from marts.profit_pool
    where layer = 'models' and figure_class = 'press' and operating_income_usd is not null
)

select
    quarters.hardware_pct - quarters.hardware_before_pct as measured_value,
    quarters.hardware_pct - quarters.hardware_before_pct as measured_low_value,
    quarters.hardware_pct - quarters.hardware_before_pct as measured_high_value,
    quarters.period_end_on as measured_on,
    'hardware ' || cast(round(quarters.hardware_pct, 1) as varchar)
    || ' % of filed operating profit in the quarter to ' || cast(quarters.period_end_on as varchar) || ', '
    || cast(round(quarters.hardware_before_pct, 1) as varchar) || ' % a year before, of '
    || quarters.companies || '; operating result of model companies by the press: '
    || coalesce(models.told, 'unknown') as measure,
    cast(null as varchar) as gap_reason,
    quarters.known_at,
    quarters.source_urls
from quarters
cross join models
where quarters.layer_count >= 3
qualify row_number() over (order by quarters.period_end_on desc) = 1
