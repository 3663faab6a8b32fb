-- A quarter as one period less a shorter one that starts on the same day: of one scope and of one vintage.
-- Two alternatives are of one scope if they are one, or if they give one figure wherever both are held. The
-- longer figure is held against the shorter as it stood when the longer was last confirmed; a longer one that
-- was restated after the shorter still stands for what it was before, since what the restatement did to the
-- shorter one is not known (IREN's year to 2023-06-30). A report of the year after repeats a figure as its
-- comparative, and confirms it unless it restates it, whether or not the repeat is held.
-- grain: cik, accounting_basis, metric, rank, period_start_on, period_end_on, subtracted_start_on
with figures as (
    select
        *,
        datediff('day', period_start_on, period_end_on) + 1 as period_days
    from steps.issuer_alternative
    where not is_balance
    and period_start_on is not null
),

comparatives as (
    select
        figures.cik,
        figures.accounting_basis,
        figures.metric,
        figures.rank,
        figures.period_start_on,
        figures.period_end_on,
        figures.figure_version,
        min(later.version_known_at) as repeated_at
    from figures
    join figures as later
        on figures.cik = later.cik
        and figures.accounting_basis = later.accounting_basis
        and figures.metric = later.metric
        and figures.rank = later.rank
        and later.figure_version = 0
        and datediff('day', figures.period_end_on, later.period_end_on) between 350 and 380
        and abs(figures.period_days - later.period_days) <= 10
    where later.version_known_at > figures.version_known_at
    and coalesce(later.version_known_at < figures.next_known_at, true)
    group by all
),

flows as (
    select
        figures.* replace (
            greatest(figures.confirmed_at, comparatives.repeated_at) as confirmed_at,
            lag(greatest(figures.confirmed_at, comparatives.repeated_at)) over (
                partition by
                    figures.cik,
                    figures.accounting_basis,
                    figures.metric,
                    figures.rank,
                    figures.period_start_on,
                    figures.period_end_on
                order by figures.figure_version
            ) as previous_confirmed_at
        )
    from figures
    left join comparatives
        using (
            cik, accounting_basis, metric, rank, period_start_on, period_end_on, figure_version
        )
),

one_scope as (
    select
        one.cik,
        one.accounting_basis,
        one.metric,
        one.rank,
        other.rank as other_rank
    from figures as one
    join figures as other
        on one.cik = other.cik
        and one.accounting_basis = other.accounting_basis
        and one.metric = other.metric
        and one.period_start_on = other.period_start_on
        and one.period_end_on = other.period_end_on
    where one.is_latest
    and other.is_latest
    group by all
    having bool_and(
        abs(one.value_usd - other.value_usd) <= greatest(one.rounding_usd, other.rounding_usd)
    )
),

pairs as (
    select
        longer.* exclude (
            period_start_on,
            period_days,
            value_usd,
            first_reported_usd,
            rounding_usd,
            known_at,
            confidence
        ),
        longer.period_start_on as subtracted_start_on,
        longer.period_days as longer_days,
        (shorter.period_end_on + interval 1 day)::date as period_start_on,
        longer.period_days - shorter.period_days as period_days,
        longer.value_usd - shorter.value_usd as value_usd,
        longer.first_reported_usd - shorter.first_reported_usd as first_reported_usd,
        greatest(longer.rounding_usd, shorter.rounding_usd) as rounding_usd,
        shorter.figure_version as shorter_version,
        shorter.rank as shorter_rank,
        shorter.is_latest as is_shorter_latest,
        shorter.accession as subtracted_accession,
        longer.is_fallback or shorter.is_fallback as is_any_fallback,
        -- A difference of figures that were restated since says so (`is_mixed_vintage`) from that day.
        greatest(
            longer.known_at, shorter.known_at, longer.next_known_at, shorter.next_known_at
        ) as known_at,
        case
            when longer.confidence = 'low' or shorter.confidence = 'low' then 'low'
            when longer.confidence = 'medium' or shorter.confidence = 'medium' then 'medium'
            else 'high'
        end as confidence,
        (
            (
                (
                    shorter.version_known_at <= longer.confirmed_at
                    and coalesce(shorter.next_known_at > longer.confirmed_at, true)
                )
                or (shorter.figure_version = 0 and shorter.version_known_at > longer.confirmed_at)
            )
            and (
                longer.figure_version = 0
                or shorter.version_known_at > longer.previous_confirmed_at
            )
        )
        -- Both were restated, the shorter one as the comparative of a later report.
        or (
            longer.figure_version > 0
            and shorter.figure_version > 0
            and shorter.version_known_at > longer.confirmed_at
        ) as is_one_vintage
    from flows as longer
    join flows as shorter
        on longer.cik = shorter.cik
        and longer.accounting_basis = shorter.accounting_basis
        and longer.perimeter is not distinct from shorter.perimeter
        and longer.metric = shorter.metric
        and longer.period_start_on = shorter.period_start_on
    join one_scope
        on longer.cik = one_scope.cik
        and longer.accounting_basis = one_scope.accounting_basis
        and longer.metric = one_scope.metric
        and longer.rank = one_scope.rank
        and shorter.rank = one_scope.other_rank
    where longer.period_days between 101 and 380
    and longer.period_days - shorter.period_days between 80 and 100
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
    is_any_fallback as is_fallback,
    period_start_on,
    period_end_on,
    subtracted_start_on,
    period_days,
    value_usd,
    first_reported_usd,
    rounding_usd,
    case
        when longer_days >= 350 then 'year_less_nine_months'
        else 'ytd_difference'
    end as derivation,
    figure_version > 0 or shorter_version > 0 or not is_latest or not is_shorter_latest as is_restated,
    not is_latest or not is_shorter_latest as is_mixed_vintage,
    taxonomy,
    concepts,
    form,
    filed_on,
    accession,
    subtracted_accession,
    known_at,
    source_url,
    confidence
from pairs
where is_one_vintage
qualify row_number() over (
    partition by
        cik, accounting_basis, metric, rank, period_start_on, period_end_on, subtracted_start_on
    order by abs(rank - shorter_rank), figure_version desc, shorter_version desc
) = 1
