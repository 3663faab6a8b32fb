-- Every version of a figure by one alternative of the issuer's rule. Filings of a figure are of one version
-- until one differs from the one before by more than a unit of the coarser rounding, so that a 10-K in
-- millions restates no 10-Q in thousands; the most precise filing speaks for its version. Another alternative
-- is another figure and restates nothing. Left out: 8-K figures that recast nothing filed before, and a filing
-- that holds fewer parts of the sum than an earlier one did.
-- grain: cik, accounting_basis, metric, rank, period_start_on, period_end_on, figure_version
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
        max(part_count) over (
            partition by cik, accounting_basis, metric, rank, period_start_on, period_end_on
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
    where part_count = most_parts
    window figure as (
        partition by cik, accounting_basis, metric, rank, period_start_on, period_end_on
        order by known_at, accession
    )
),

numbered as (
    select
        *,
        cast(sum(case when restates then 1 else 0 end) over figure as bigint) as figure_version
    from compared
    window figure as (
        partition by cik, accounting_basis, metric, rank, period_start_on, period_end_on
        order by known_at, accession
    )
),

versions as (
    select
        *,
        count(*) over same as filing_count,
        min(known_at) over same as version_known_at,
        max(known_at) over same as confirmed_at,
        first_value(value_usd) over told as first_value_usd,
        first_value(accession) over told as first_accession
    from numbered
    window
        same as (
            partition by
                cik, accounting_basis, metric, rank, period_start_on, period_end_on, figure_version
        ),
        told as (
            partition by
                cik, accounting_basis, metric, rank, period_start_on, period_end_on, figure_version
            order by known_at, accession
        )
    qualify row_number() over (
        partition by
            cik, accounting_basis, metric, rank, period_start_on, period_end_on, figure_version
        order by rounding_usd, known_at, accession
    ) = 1
)

select
    cik,
    issuer,
    layer,
    perimeter,
    accounting_basis,
    is_preferred_basis,
    metric,
    is_balance,
    rank,
    is_fallback,
    period_start_on,
    period_end_on,
    figure_version,
    row_number() over (
        partition by cik, accounting_basis, metric, rank, period_start_on, period_end_on
        order by figure_version desc
    ) = 1 as is_latest,
    value_usd,
    rounding_usd,
    filing_count,
    first_value_usd,
    first_value(first_value_usd) over figure as first_reported_usd,
    first_value(first_accession) over figure as first_accession,
    taxonomy,
    concepts,
    form,
    filed_on,
    accession,
    version_known_at,
    confirmed_at,
    -- Until when the version before stood, and from when the next one does.
    lag(confirmed_at) over figure as previous_confirmed_at,
    lead(version_known_at) over figure as next_known_at,
    known_at,
    source_url,
    confidence
from versions
window figure as (
    partition by cik, accounting_basis, metric, rank, period_start_on, period_end_on
    order by figure_version
)
