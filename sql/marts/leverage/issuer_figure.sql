-- One figure of an issuer for one period of any length, read by the rules of concept_recipes: as last
-- known beside as first reported. Within a filing the first alternative that holds wins, and alternates
-- are never added up. Across filings every vintage counts; one restates if it differs from the one before
-- by more than a unit of the coarser rounding, so that a 10-K in millions restates no 10-Q in thousands.
-- Left out: proxies and fee tables; 8-K facts that recast nothing filed before; what a predecessor filed;
-- a filing that holds only a weaker alternative, or fewer parts of the sum, than an earlier one did.
-- grain: cik, accounting_basis, metric, period_start_on, period_end_on
with recasts as (
    select
        *,
        min(case when not is_recast then known_at end) over (
            partition by cik, accounting_basis, metric, period_start_on, period_end_on
        ) as first_filed_at
    from steps.filing_figure
),

weighed as (
    select
        *,
        min(rank) over (
            partition by cik, accounting_basis, metric, period_start_on, period_end_on
            order by known_at, accession
        ) as best_rank,
        max(part_count) over (
            partition by cik, accounting_basis, metric, period_start_on, period_end_on, rank
            order by known_at, accession
        ) as most_parts
    from recasts
    where not is_recast
    or known_at > first_filed_at
),

compared as (
    select
        *,
        coalesce(
            abs(value_usd - lag(value_usd) over figure)
            > greatest(rounding_usd, lag(rounding_usd) over figure),
            false
        ) as restates
    from weighed
    where rank = best_rank
    and part_count = most_parts
    window figure as (
        partition by cik, accounting_basis, metric, period_start_on, period_end_on
        order by known_at, accession
    )
),

versions as (
    select
        *,
        sum(case when restates then 1 else 0 end) over figure as version,
        first_value(value_usd) over figure as first_reported_usd,
        first_value(accession) over figure as first_accession,
        first_value(known_at) over figure as first_known_at
    from compared
    window figure as (
        partition by cik, accounting_basis, metric, period_start_on, period_end_on
        order by known_at, accession
    )
),

counted as (
    select
        *,
        count(*) over figure as vintage_count,
        max(version) over figure as restatement_count
    from versions
    window figure as (
        partition by cik, accounting_basis, metric, period_start_on, period_end_on
    )
),

latest as (
    select * from counted
    qualify row_number() over (
        partition by cik, accounting_basis, metric, period_start_on, period_end_on
        order by version desc, rounding_usd, known_at, accession
    ) = 1
),

-- A balance on a day on which no period of the issuer ends belongs to an event. A period ends
-- where a flow of it does, on the day a report says it is for, and on the day of a balance sheet.
period_ends as (
    select cik, period_end_on
    from latest
    where not is_balance
    and datediff('day', period_start_on, period_end_on) >= 79
    union
    select filings.cik, filings.period_end_on
    from staging.filings as filings
    join staging.forms as forms on replace(filings.form, '/A', '') = forms.form
    where forms.report_kind in ('annual', 'quarterly')
    and filings.period_end_on is not null
    union
    select cik, period_end_on
    from latest
    where metric in ('total_assets', 'equity')
    and period_start_on is null
    group by cik, period_end_on
    having count(distinct metric) = 2
)

select
    latest.cik,
    latest.issuer,
    latest.layer,
    latest.perimeter,
    latest.accounting_basis,
    latest.is_preferred_basis,
    latest.metric,
    latest.is_balance,
    latest.period_start_on,
    latest.period_end_on,
    latest.period_start_on is null
    and (not latest.is_balance or period_ends.cik is null) as is_event_dated,
    latest.value_usd,
    latest.first_reported_usd,
    latest.rounding_usd,
    latest.vintage_count,
    latest.restatement_count::bigint as restatement_count,
    latest.rank,
    latest.taxonomy,
    latest.concepts,
    latest.form,
    latest.filed_on,
    latest.accession,
    latest.first_accession,
    latest.known_at,
    latest.first_known_at,
    latest.source_url,
    latest.confidence
from latest
left join period_ends using (cik, period_end_on)
order by
    latest.issuer,
    latest.accounting_basis,
    latest.metric,
    latest.period_end_on desc,
    latest.period_start_on
