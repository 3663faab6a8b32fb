-- Revenue, gross profit and operating income of one company or cloud segment, quarter by quarter, by what kind of
-- figure it is: filed (tagged or reported), feed (a secondary reader), press. Calendar quarters by the middle of the
-- fiscal one. Where a tagged figure and a read one say the same quarter, the tagged one counts. Hyperscalers enter
-- with their cloud segments, not whole, and a maker of cars is no application; a redefined segment has its own name.
-- Who lets buildings to AI clouds (`entities.csv`: Applied Digital, Core Scientific, TeraWulf ...) is a landlord here,
-- whole: what such companies still mine or rent out as machines is in their figures, since no filing held splits it.
-- grain: layer, company, segment, figure_class, metric, period_end_on
with tagged as (
    select
        layer,
        issuer as company,
        'company' as segment,
        'filed' as figure_class,
        metric,
        period_end_on as fiscal_period_end_on,
        value_usd,
        known_at,
        source_url,
        1 as place
    from marts.issuer_quarter
    where metric in ('revenue', 'cost_of_revenue', 'operating_income')
    and layer not in ('hyperscaler', 'application')
    and not is_balance
    and is_preferred_basis
),

tagged_gross as (
    select
        revenue.layer,
        revenue.company,
        revenue.segment,
        revenue.figure_class,
        'gross_profit' as metric,
        revenue.fiscal_period_end_on,
        revenue.value_usd - cost.value_usd as value_usd,
        greatest(revenue.known_at, cost.known_at) as known_at,
        revenue.source_url,
        1 as place
    from tagged as revenue
    join tagged as cost
        on revenue.company = cost.company
        and revenue.fiscal_period_end_on = cost.fiscal_period_end_on
        and cost.metric = 'cost_of_revenue'
    where revenue.metric = 'revenue'
),

read_figures as (
    select
        layer,
        company,
        segment,
        case figure_kind
            when 'secondary' then 'feed'
            when 'press' then 'press'
            when 'statement' then 'press'
            else 'filed'
        end as figure_class,
        metric,
        period_end_on as fiscal_period_end_on,
        value_usd,
        known_at,
        source_url,
        2 as place
    from staging.segment_figures
    where metric in ('revenue', 'gross_profit', 'operating_income')
    and figure_kind in ('reported', 'rounded', 'derived', 'secondary', 'press', 'statement')
    and (period_start_on is null or datediff('day', period_start_on, period_end_on) between 75 and 105)
    and (
        segment = 'company'
        or layer in ('models', 'application')
        or segment in (
            'AWS', 'Google Cloud', 'Intelligent Cloud', 'Cloud infrastructure (OCI, IaaS)',
            'Agents and Infrastructure (new segment)'
        )
    )
),

everything as (
    select * from tagged where metric <> 'cost_of_revenue'
    union all
    select * from tagged_gross
    union all
    select * from read_figures
),

layered as (
    select
        everything.* replace (
            case when landlords.entity is null then everything.layer else 'landlord' end as layer,
            greatest(everything.known_at, landlords.known_at) as known_at
        )
    from everything
    left join staging.entities as landlords
        on everything.company = landlords.entity
        and everything.layer = 'neocloud'
        and landlords.entity_role = 'landlord'
)

select
    layer,
    company,
    segment,
    figure_class,
    metric,
    last_day(cast(date_trunc('quarter', fiscal_period_end_on - interval 45 day) + interval 2 month as date))
        as period_end_on,
    fiscal_period_end_on,
    value_usd,
    known_at,
    source_url
from layered
qualify row_number() over (
    partition by
        layer, company, segment, figure_class, metric,
        last_day(cast(date_trunc('quarter', fiscal_period_end_on - interval 45 day) + interval 2 month as date))
    order by place, fiscal_period_end_on desc, known_at desc, value_usd
) = 1
order by layer, company, segment, figure_class, metric, period_end_on
