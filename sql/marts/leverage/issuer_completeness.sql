-- What is held of one metric of an issuer: from which quarter to which, how many are missing between, how
-- far it lags behind the issuer's other figures, and whether a report is filed whose facts are not there
-- yet. A metric that lags by more than one filing has probably moved to another element;
-- one that is only ever filed with the year is held against year ends.
-- grain: issuer, metric
with figures as (
    select *
    from marts.issuer_figure
    where not is_event_dated
),

period_ends as (
    select
        figures.issuer,
        figures.period_end_on,
        -- Some quarterly reports carry the twelve months up to the quarter as well.
        coalesce(bool_or(years.is_annual_report), false) as is_year_end
    from figures
    left join steps.issuer_year as years
        on figures.issuer = years.issuer
        and figures.period_end_on = years.period_end_on
        and years.ltm_source = 'fiscal_year'
    group by figures.issuer, figures.period_end_on
),

held as (
    select
        figures.issuer,
        min(figures.cik) as cik,
        figures.metric,
        count(*) as figure_count,
        max(figures.period_end_on) as last_period_end_on,
        max(figures.filed_on) as filed_on,
        max(figures.known_at) as known_at,
        bool_and(period_ends.is_year_end) as is_annual
    from figures
    join period_ends using (issuer, period_end_on)
    group by figures.issuer, figures.metric
),

behind as (
    select
        held.issuer,
        held.metric,
        count(period_ends.period_end_on) as filings_behind_count
    from held
    left join period_ends
        on held.issuer = period_ends.issuer
        and held.last_period_end_on < period_ends.period_end_on
        and (period_ends.is_year_end or not held.is_annual)
    group by held.issuer, held.metric
),

quarters as (
    select
        issuer,
        metric,
        min(period_end_on) as first_quarter_on,
        max(period_end_on) as last_quarter_on,
        count(distinct period_end_on) as quarter_count
    from marts.issuer_quarter
    where value_usd is not null
    group by issuer, metric
),

-- The newest report that ought to carry tagged figures; 6-Ks need not.
reports as (
    select
        filings.cik,
        filings.accession,
        filings.accepted_at,
        filings.known_at
    from staging.filings as filings
    join staging.forms as forms on replace(filings.form, '/A', '') = forms.form
    where forms.report_kind in ('annual', 'quarterly')
    qualify row_number() over (
        partition by filings.cik
        order by filings.accepted_at desc, filings.accession desc
    ) = 1
),

pending as (
    select reports.cik, reports.accession, reports.known_at
    from reports
    anti join staging.filing_facts as facts on reports.accession = facts.accession
)

select
    held.issuer,
    held.cik,
    held.metric,
    held.figure_count,
    held.last_period_end_on,
    held.is_annual,
    behind.filings_behind_count,
    quarters.first_quarter_on,
    quarters.last_quarter_on,
    coalesce(quarters.quarter_count, 0) as quarter_count,
    case
        when quarters.first_quarter_on is null then 0
        else greatest(
            cast(
                round(
                    datediff('day', quarters.first_quarter_on, quarters.last_quarter_on) / 91.3125
                ) as bigint
            )
            + 1
            - quarters.quarter_count,
            0
        )
    end as missing_quarter_count,
    held.filed_on,
    pending.accession is not null as is_facts_pending,
    pending.accession as pending_accession,
    greatest(held.known_at, pending.known_at) as known_at
from held
join behind using (issuer, metric)
left join quarters using (issuer, metric)
left join pending on held.cik = pending.cik
order by held.issuer, held.metric
