-- Has tech borrowed more than in the bubble of the 1990s? Debt raised and owed by the companies of this warehouse,
-- year by year from their filings, beside what others counted then and now, each with what it counts. Dollars of the
-- day, and of today by consumer prices (the mean index of the period against the newest). A tally of several years
-- is told per year too. Stocks and flows, bonds and loans stay apart: `tally_measure` and `scope` decide what may be
-- compared. Shares of revenue and assets are over the companies that have both.
-- grain: series_name, scope, tally_measure, period_start_on, period_end_on, unit
with tallies as (
    select
        series_name,
        scope,
        tally_measure,
        period_start_on,
        period_end_on,
        amount,
        unit,
        cast(null as bigint) as issuer_count,
        cast(null as double) as amount_to_revenue_pct,
        cast(null as double) as amount_to_assets_pct,
        known_at,
        source_url as source_urls
    from staging.debt_tallies
    qualify row_number() over (
        partition by series_name, scope, tally_measure, period_start_on, period_end_on, unit
        order by known_at desc, source_url
    ) = 1
),

-- A year counts an issuer that has four quarters of it.
years as (
    select
        issuer,
        metric,
        year(period_end_on) as calendar_year,
        sum(value_usd) as value_usd,
        max(known_at) as known_at,
        min(source_url) as source_url
    from marts.issuer_quarter
    where metric in ('debt_proceeds', 'revenue') and is_preferred_basis
    group by issuer, metric, year(period_end_on)
    having count(*) = 4
),

raised as (
    select
        'universe_filings' as series_name,
        'companies of this warehouse with four quarters of the year' as scope,
        'gross_proceeds' as tally_measure,
        make_date(proceeds.calendar_year, 1, 1) as period_start_on,
        make_date(proceeds.calendar_year, 12, 31) as period_end_on,
        sum(proceeds.value_usd) as amount,
        'USD' as unit,
        count(*) as issuer_count,
        100 * sum(case when revenue.value_usd is not null then proceeds.value_usd end)
        / nullif(sum(revenue.value_usd), 0) as amount_to_revenue_pct,
        cast(null as double) as amount_to_assets_pct,
        max(proceeds.known_at) as known_at,
        string_agg(distinct proceeds.source_url, ' ' order by proceeds.source_url) as source_urls
    from years as proceeds
    left join years as revenue
        on proceeds.issuer = revenue.issuer
        and proceeds.calendar_year = revenue.calendar_year
        and revenue.metric = 'revenue'
    where proceeds.metric = 'debt_proceeds'
    group by proceeds.calendar_year
),

year_ends as (
    select
        issuer,
        metric,
        year(period_end_on) as calendar_year,
        period_end_on,
        value_usd,
        known_at,
        source_url
    from marts.issuer_figure
    where metric in ('total_debt', 'total_assets')
    and is_balance
    and is_preferred_basis
    and not is_event_dated
    qualify row_number() over (
        partition by issuer, metric, year(period_end_on)
        order by period_end_on desc
    ) = 1
),

owed as (
    select
        'universe_filings' as series_name,
        'companies of this warehouse, last balance of the year' as scope,
        'outstanding' as tally_measure,
        cast(null as date) as period_start_on,
        max(debt.period_end_on) as period_end_on,
        sum(debt.value_usd) as amount,
        'USD' as unit,
        count(*) as issuer_count,
        100 * sum(case when revenue.value_usd is not null then debt.value_usd end)
        / nullif(sum(revenue.value_usd), 0) as amount_to_revenue_pct,
        100 * sum(case when assets.value_usd is not null then debt.value_usd end)
        / nullif(sum(assets.value_usd), 0) as amount_to_assets_pct,
        max(debt.known_at) as known_at,
        string_agg(distinct debt.source_url, ' ' order by debt.source_url) as source_urls
    from year_ends as debt
    left join year_ends as assets
        on debt.issuer = assets.issuer
        and debt.calendar_year = assets.calendar_year
        and assets.metric = 'total_assets'
    left join years as revenue
        on debt.issuer = revenue.issuer
        and debt.calendar_year = revenue.calendar_year
        and revenue.metric = 'revenue'
    where debt.metric = 'total_debt'
    group by debt.calendar_year
),

everything as (
    select * from tallies
    union all
    select * from raised
    union all
    select * from owed
),

prices as (
    select period_end_on, price_index_level, known_at from staging.cpi
    qualify row_number() over (partition by period_end_on order by known_at desc, source) = 1
),

newest as (
    select price_index_level, period_end_on, known_at from prices
    qualify row_number() over (order by period_end_on desc) = 1
),

deflated as (
    select
        everything.series_name,
        everything.scope,
        everything.tally_measure,
        everything.period_start_on,
        everything.period_end_on,
        everything.unit,
        avg(prices.price_index_level) as period_level
    from everything
    join prices
        on prices.period_end_on >= coalesce(everything.period_start_on, date_trunc('month', everything.period_end_on))
        and prices.period_end_on <= last_day(everything.period_end_on)
    group by all
)

select
    everything.series_name,
    everything.scope,
    everything.tally_measure,
    everything.period_start_on,
    everything.period_end_on,
    everything.amount,
    everything.unit,
    case when everything.unit = 'USD'
        then everything.amount * newest.price_index_level / deflated.period_level end as today_usd,
    case when everything.unit = 'USD' and everything.period_start_on is not null
        then everything.amount * newest.price_index_level / deflated.period_level
            / ((datediff('day', everything.period_start_on, everything.period_end_on) + 1) / 365.25)
    end as today_usd_per_year,
    newest.period_end_on as today_on,
    everything.issuer_count,
    everything.amount_to_revenue_pct,
    everything.amount_to_assets_pct,
    greatest(everything.known_at, coalesce(newest.known_at, everything.known_at)) as known_at,
    everything.source_urls
from everything
left join deflated
    on everything.series_name = deflated.series_name
    and everything.scope = deflated.scope
    and everything.tally_measure = deflated.tally_measure
    and everything.period_start_on is not distinct from deflated.period_start_on
    and everything.period_end_on = deflated.period_end_on
    and everything.unit = deflated.unit
left join newest on true
order by everything.series_name, everything.scope, everything.tally_measure, everything.period_end_on
