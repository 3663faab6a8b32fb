-- One figure of an issuer for one period of any length, read by the rules of concept_recipes: as last
-- known beside as first reported. The best alternative that any filing gives wins, and alternates are never
-- added up; its versions are those of steps.issuer_alternative.
-- Left out: proxies and fee tables; 8-K facts that recast nothing filed before; what a predecessor filed;
-- a filing that holds only a weaker alternative, or fewer parts of the sum, than another did; a figure that
-- contradicts its own filing (quarantine: contradicts_own_filing).
-- grain: cik, accounting_basis, metric, period_start_on, period_end_on
with best as (
    select *
    from steps.issuer_alternative
    qualify rank = min(rank) over (
        partition by cik, accounting_basis, metric, period_start_on, period_end_on
    )
),

counted as (
    select
        *,
        min(version_known_at) over figure as first_known_at,
        cast(sum(filing_count) over figure as bigint) as vintage_count,
        max(figure_version) over figure as restatement_count
    from best
    window figure as (
        partition by cik, accounting_basis, metric, period_start_on, period_end_on
    )
),

latest as (
    select * from counted
    where is_latest
),

contradicted as (
    select distinct
        rules.cik,
        rules.metric,
        slips.period_start_on,
        slips.period_end_on
    from steps.contradicted_figure as slips
    join steps.issuer_rule as rules
        on slips.cik = rules.cik
        and slips.taxonomy = rules.taxonomy
        and slips.concept = rules.concept
        and slips.dimensions = rules.dimensions
),

-- A balance on a day on which no period of the issuer ends belongs to an event. A period ends
-- where a flow of it does, on the day a report says it is for, and on the day of a balance sheet.
period_ends as (
    select
        cik,
        period_end_on,
        min(known_at) as known_at
    from (
        select cik, period_end_on, known_at
        from latest
        where not is_balance
        and datediff('day', period_start_on, period_end_on) >= 79
        union all
        select filings.cik, filings.period_end_on, filings.known_at
        from staging.filings as filings
        join staging.forms as forms on replace(filings.form, '/A', '') = forms.form
        where forms.report_kind in ('annual', 'quarterly')
        and filings.period_end_on is not null
        union all
        select cik, period_end_on, max(known_at) as known_at
        from latest
        where metric in ('total_assets', 'equity')
        and period_start_on is null
        group by cik, period_end_on
        having count(distinct metric) = 2
    ) as told
    group by cik, period_end_on
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
    contradicted.cik is not null as is_contradicted,
    latest.value_usd,
    latest.first_reported_usd,
    latest.rounding_usd,
    latest.vintage_count,
    latest.restatement_count,
    latest.rank,
    latest.is_fallback,
    latest.taxonomy,
    latest.concepts,
    latest.form,
    latest.filed_on,
    latest.accession,
    latest.first_accession,
    -- Before a period was known to end here, the balance was one of an event.
    case
        when latest.period_start_on is null and latest.is_balance
            then greatest(latest.known_at, period_ends.known_at)
        else latest.known_at
    end as known_at,
    latest.first_known_at,
    latest.source_url,
    latest.confidence
from latest
left join period_ends using (cik, period_end_on)
left join contradicted
    on latest.cik = contradicted.cik
    and latest.metric = contradicted.metric
    and latest.period_start_on is not distinct from contradicted.period_start_on
    and latest.period_end_on = contradicted.period_end_on
order by
    latest.issuer,
    latest.accounting_basis,
    latest.metric,
    latest.period_end_on desc,
    latest.period_start_on
