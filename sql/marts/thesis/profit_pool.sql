-- Where the profit is: revenue, gross profit and operating income by layer and calendar quarter, from chips to
-- applications. Filed figures, a secondary feed and the press are rows of their own (`figure_class`) and in no
-- common sum; run-rates are in none. A margin is taken over the companies that have both its parts, and each
-- sum says of how many companies it is: a layer that grows by a company has not earned more. Chips are whole
-- companies, processors and networking included; clouds are segments; servers resell chips, so that revenue of
-- layers counts the same dollar twice and only profits may be compared across them.
-- grain: layer, figure_class, period_end_on
with wide as (
    select
        layer,
        company,
        segment,
        figure_class,
        period_end_on,
        max(case when metric = 'revenue' then value_usd end) as revenue_usd,
        max(case when metric = 'gross_profit' then value_usd end) as gross_profit_usd,
        max(case when metric = 'operating_income' then value_usd end) as operating_income_usd,
        max(known_at) as known_at,
        min(source_url) as source_url
    from marts.profit_figure
    group by layer, company, segment, figure_class, period_end_on
),

-- Who is a landlord was a cloud until that was known: the clouds without it are known no earlier.
landlords as (
    select max(roles.known_at) as known_at
    from staging.entities as roles
    semi join marts.profit_figure as figures
        on roles.entity = figures.company and figures.layer = 'landlord'
    where roles.entity_role = 'landlord'
)

select
    layer,
    figure_class,
    period_end_on,
    sum(revenue_usd) as revenue_usd,
    sum(gross_profit_usd) as gross_profit_usd,
    sum(operating_income_usd) as operating_income_usd,
    100 * sum(case when revenue_usd is not null then gross_profit_usd end)
    / nullif(sum(case when gross_profit_usd is not null then revenue_usd end), 0) as gross_margin_pct,
    100 * sum(case when revenue_usd is not null then operating_income_usd end)
    / nullif(sum(case when operating_income_usd is not null then revenue_usd end), 0)
        as operating_margin_pct,
    count(revenue_usd) as revenue_company_count,
    count(gross_profit_usd) as gross_profit_company_count,
    count(operating_income_usd) as operating_income_company_count,
    string_agg(
        company || case when segment = 'company' then '' else ' ' || segment end, ', '
        order by company, segment
    ) as companies,
    greatest(
        max(known_at),
        case when layer = 'neocloud' then (select landlords.known_at from landlords) end
    ) as known_at,
    string_agg(distinct source_url, ' ' order by source_url) as source_urls
from wide
group by layer, figure_class, period_end_on
order by layer, figure_class, period_end_on
