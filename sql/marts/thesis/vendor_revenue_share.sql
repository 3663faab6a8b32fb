-- Who takes the money of AI chips, by calendar quarter and three definitions side by side; `left_out` says what
-- each leaves out. filed_lines: the reported line of each vendor nearest to accelerators, as filed or announced.
-- chip_cost: what buyers paid for chips, in-house ones at cost, and compute: H100 equivalents, both as Epoch AI
-- estimates them. A fiscal quarter belongs to the calendar quarter of its middle, 45 days before its end, so that
-- years that end in January, May or October line up. A line that was redefined is a series of its own: the older
-- one counts where both are reported (`segment` and `is_series_start` tell), and nothing is chained over it.
-- grain: share_definition, vendor, period_end_on
with figures as (
    select
        company,
        segment,
        accelerator_line_number,
        figure_kind,
        period_end_on as fiscal_period_end_on,
        last_day(cast(date_trunc('quarter', period_end_on - interval 45 day) + interval 2 month as date))
            as period_end_on,
        value_usd,
        known_at,
        source_url
    from staging.segment_figures
    where accelerator_line_number is not null
    and metric = 'revenue'
    and figure_kind in ('reported', 'rounded', 'derived', 'statement')
    and datediff('day', period_start_on, period_end_on) between 80 and 100
    qualify row_number() over (
        partition by company, segment, period_end_on
        order by
            case figure_kind when 'reported' then 1 when 'derived' then 2 when 'rounded' then 3 else 4 end,
            known_at desc,
            source_url
    ) = 1
),

lines as (
    select
        'filed_lines' as share_definition,
        company as vendor,
        segment,
        period_end_on,
        fiscal_period_end_on,
        value_usd as amount,
        'USD' as unit,
        figure_kind,
        known_at,
        source_url as source_urls
    from figures
    qualify row_number() over (
        partition by company, period_end_on
        order by accelerator_line_number, fiscal_period_end_on desc
    ) = 1
),

estimated as (
    select
        designer as vendor,
        period_end_on,
        sum(chip_cost_usd) as cost_usd,
        sum(h100_equivalents) as h100_equivalents,
        max(known_at) as known_at,
        string_agg(distinct source_url, ' ' order by source_url) as source_urls
    from staging.chip_estimates
    group by designer, period_end_on
),

all_lines as (
    select * from lines
    union all
    select
        'chip_cost' as share_definition,
        vendor,
        'all chips' as segment,
        period_end_on,
        period_end_on as fiscal_period_end_on,
        cost_usd as amount,
        'USD' as unit,
        'estimate' as figure_kind,
        known_at,
        source_urls
    from estimated
    where cost_usd is not null
    union all
    select
        'compute' as share_definition,
        vendor,
        'all chips' as segment,
        period_end_on,
        period_end_on as fiscal_period_end_on,
        h100_equivalents as amount,
        'H100' as unit,
        'estimate' as figure_kind,
        known_at,
        source_urls
    from estimated
    where h100_equivalents is not null
)

select
    share_definition,
    vendor,
    period_end_on,
    segment,
    amount,
    unit,
    100 * amount / sum(amount) over quarter as vendor_pct,
    sum(amount) over quarter as total_amount,
    count(*) over quarter as vendor_count,
    string_agg(vendor, ', ') over named as vendors,
    fiscal_period_end_on,
    figure_kind,
    coalesce(lag(segment) over series <> segment, true) as is_series_start,
    case share_definition
        when 'filed_lines' then
            'chips made for oneself (TPU, Trainium, Maia, MTIA) have no revenue; AMD and Intel hold server '
            || 'processors, NVIDIA and Marvell networking, Broadcom is announced and not filed'
        when 'chip_cost' then
            'in-house chips stand at what was paid for them, not at what they would sell for; before mid-2025 '
            || 'there are no costs, after 2025 none of AWS'
        else 'peak computing power says nothing of use, and nothing of price; after 2025 none of AWS'
    end as left_out,
    known_at,
    source_urls
from all_lines
window
    quarter as (partition by share_definition, period_end_on),
    named as (
        partition by share_definition, period_end_on
        order by vendor
        rows between unbounded preceding and unbounded following
    ),
    series as (partition by share_definition, vendor order by period_end_on)
order by share_definition, period_end_on, vendor
