-- One figure of an issuer for one fiscal quarter, or one balance on its last day, with the filing and the
-- elements behind it. Cash flows are filed year to date and fourth quarters not at all, so a
-- quarter stands in a filing or is a difference of one alternative and one vintage (steps.quarter_difference).
-- The alternative of the year's figure leads, filed or not: a quarter of another element has another scope.
-- Quarters are told by their days alone (80 to 100), never by fy, fp, frame or the calendar. Where a year and
-- nine months are held but no quarter follows from them, the row has no value and says why.
-- grain: cik, accounting_basis, metric, period_end_on
with flows as (
    select
        *,
        datediff('day', period_start_on, period_end_on) + 1 as period_days
    from steps.issuer_alternative
    where not is_balance
    and period_start_on is not null
    and is_latest
),

-- Some annual reports tag the year with the days of its last quarter. Such a quarter comes to the whole
-- year although nine months of it are held and are not nothing.
misdated as (
    select distinct
        quarters.cik,
        quarters.accounting_basis,
        quarters.metric,
        quarters.period_start_on,
        quarters.period_end_on
    from flows as quarters
    join flows as years
        on quarters.cik = years.cik
        and quarters.accounting_basis = years.accounting_basis
        and quarters.metric = years.metric
        and quarters.period_end_on = years.period_end_on
    join flows as nine_months
        on years.cik = nine_months.cik
        and years.accounting_basis = nine_months.accounting_basis
        and years.metric = nine_months.metric
        and years.period_start_on = nine_months.period_start_on
    where quarters.period_days between 80 and 100
    and years.period_days between 350 and 380
    and years.period_days - nine_months.period_days between 80 and 100
    and abs(quarters.value_usd - years.value_usd)
        <= greatest(quarters.rounding_usd, years.rounding_usd)
    and abs(nine_months.value_usd) > 2 * greatest(quarters.rounding_usd, years.rounding_usd)
),

-- The alternative of each fiscal year.
leads as (
    select
        flows.cik,
        flows.accounting_basis,
        flows.metric,
        flows.period_start_on,
        flows.period_end_on,
        struct_pack(
            lead_rank := min(flows.rank),
            known_at := max(flows.known_at),
            is_of_several := min(flows.rank) < max(flows.rank)
        ) as lead
    from flows
    join staging.forms as forms on replace(flows.form, '/A', '') = forms.form
    where flows.period_days between 350 and 380
    and forms.report_kind = 'annual'
    group by all
),

filed as (
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
        period_days,
        value_usd,
        first_reported_usd,
        rounding_usd,
        'filed' as derivation,
        figure_version > 0 as is_restated,
        false as is_mixed_vintage,
        taxonomy,
        concepts,
        form,
        filed_on,
        accession,
        cast(null as varchar) as subtracted_accession,
        known_at,
        source_url,
        confidence
    from flows
    anti join misdated
        using (cik, accounting_basis, metric, period_start_on, period_end_on)
    where period_days between 80 and 100
),

differences as (
    select
        made.* exclude (subtracted_start_on),
        metrics.is_never_negative and made.value_usd < -made.rounding_usd as is_impossible
    from steps.quarter_difference as made
    join staging.metrics as metrics using (metric)
),

candidates as (
    select *, 1 as preference from filed
    union all by name
    select * exclude (is_impossible), 2 as preference
    from differences
    where not is_impossible
),

-- The year the quarter lies in; where it has no annual report yet, the one before.
years as (
    select
        quarters.cik,
        quarters.accounting_basis,
        quarters.metric,
        quarters.period_start_on,
        quarters.period_end_on,
        arg_max(leads.lead, leads.period_end_on) as lead,
        arg_max(leads.lead, leads.period_end_on) filter (
            where leads.period_end_on < quarters.period_start_on
        ) as lead_before
    from (
        select distinct cik, accounting_basis, metric, period_start_on, period_end_on from candidates
    ) as quarters
    join leads using (cik, accounting_basis, metric)
    where leads.period_end_on < quarters.period_start_on
    or (
        leads.period_start_on <= quarters.period_start_on
        and leads.period_end_on >= quarters.period_end_on
    )
    group by all
),

led as (
    select
        candidates.*,
        years.lead,
        years.lead_before,
        min(candidates.rank) over quarter <> max(candidates.rank) over quarter as is_of_ranks
    from candidates
    left join years using (cik, accounting_basis, metric, period_start_on, period_end_on)
    window quarter as (partition by cik, accounting_basis, metric, candidates.period_end_on)
),

chosen as (
    select * from led
    qualify row_number() over (
        partition by cik, accounting_basis, metric, period_end_on
        order by
            is_fallback,
            coalesce(rank = lead.lead_rank, false) desc,
            rank,
            preference,
            abs(period_days - 91),
            rounding_usd,
            period_start_on desc
    ) = 1
),

absent as (
    select
        longer.cik,
        longer.issuer,
        longer.layer,
        longer.perimeter,
        longer.accounting_basis,
        longer.is_preferred_basis,
        longer.metric,
        longer.is_balance,
        longer.is_fallback,
        (shorter.period_end_on + interval 1 day)::date as period_start_on,
        longer.period_end_on,
        longer.period_days - shorter.period_days as period_days,
        case
            when negative.cik is not null then 'the longer period is below the shorter one'
            else 'the longer and the shorter period are of different elements'
        end as quarter_missing_reason,
        longer.taxonomy,
        longer.concepts || ' / ' || shorter.concepts as concepts,
        longer.form,
        longer.filed_on,
        longer.accession,
        shorter.accession as subtracted_accession,
        greatest(longer.known_at, shorter.known_at) as known_at,
        longer.source_url,
        longer.confidence
    from flows as longer
    join flows as shorter
        on longer.cik = shorter.cik
        and longer.accounting_basis = shorter.accounting_basis
        and longer.perimeter is not distinct from shorter.perimeter
        and longer.metric = shorter.metric
        and longer.period_start_on = shorter.period_start_on
    left join differences as negative
        on longer.cik = negative.cik
        and longer.accounting_basis = negative.accounting_basis
        and longer.metric = negative.metric
        and longer.period_end_on = negative.period_end_on
        and negative.is_impossible
    anti join chosen
        on longer.cik = chosen.cik
        and longer.accounting_basis = chosen.accounting_basis
        and longer.metric = chosen.metric
        and longer.period_end_on = chosen.period_end_on
    where longer.period_days between 101 and 380
    and longer.period_days - shorter.period_days between 80 and 100
    qualify row_number() over (
        partition by longer.cik, longer.accounting_basis, longer.metric, longer.period_end_on
        order by longer.rank, shorter.rank, shorter.period_end_on
    ) = 1
),

balances as (
    select
        figures.*,
        figures.restatement_count > 0 as is_restated,
        false as is_mixed_vintage,
        'instant' as derivation
    from marts.issuer_figure as figures
    where figures.is_balance
    and figures.period_start_on is null
    and not figures.is_event_dated
),

contradicted as (
    select distinct
        cik,
        accounting_basis,
        metric,
        period_end_on
    from marts.issuer_figure
    where is_contradicted
),

joined as (
    select * from chosen
    union all by name
    select * from absent
    union all by name
    select * from balances
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
    period_start_on,
    period_end_on,
    period_days,
    value_usd,
    first_reported_usd,
    rounding_usd,
    derivation,
    quarter_missing_reason,
    coalesce(is_restated, false) as is_restated,
    coalesce(is_mixed_vintage, false) as is_mixed_vintage,
    is_fallback,
    coalesce(rank <> lead.lead_rank, false) as is_of_other_element,
    coalesce(is_contradicted, contradicted.metric is not null) as is_contradicted,
    taxonomy,
    concepts,
    form,
    filed_on,
    accession,
    subtracted_accession,
    -- Which element leads, and that this is another, is known when its year is, unless the year before said so.
    greatest(
        known_at,
        case
            when lead.is_of_several
            or rank <> lead.lead_rank
            or rank <> lead_before.lead_rank
            or (is_of_ranks and lead.lead_rank is distinct from lead_before.lead_rank)
                then lead.known_at
        end,
        case when lead_before.is_of_several then lead_before.known_at end
    ) as known_at,
    source_url,
    confidence
from joined
left join contradicted using (cik, accounting_basis, metric, period_end_on)
order by
    issuer,
    accounting_basis,
    metric,
    period_end_on desc
