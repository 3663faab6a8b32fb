-- One figure of an issuer for one fiscal quarter, or one balance on its last day, with the filing and the
-- elements behind it. Cash flows are filed year to date and fourth quarters not at all: a
-- quarter filed as such is preferred, else it is one period less a shorter one that starts on the same
-- day, and is known only as precisely as the coarser of the two. Quarters are told by their days alone
-- (80 to 100), never by fy, fp, frame or the calendar.
-- grain: cik, accounting_basis, metric, period_end_on
with figures as (
    select
        *,
        datediff('day', period_start_on, period_end_on) + 1 as period_days
    from marts.issuer_figure
    where is_balance = (period_start_on is null)
    and not is_event_dated
),

flows as (
    select * from figures
    where not is_balance
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
        period_start_on,
        period_end_on,
        period_days,
        value_usd,
        first_reported_usd,
        rounding_usd,
        1 as preference,
        case when is_balance then 'instant' else 'filed' end as derivation,
        restatement_count > 0 as is_restated,
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
    from figures
    anti join misdated
        using (cik, accounting_basis, metric, period_start_on, period_end_on)
    where is_balance
    or period_days between 80 and 100
),

differences as (
    select
        longer.cik,
        longer.issuer,
        longer.layer,
        longer.perimeter,
        longer.accounting_basis,
        longer.is_preferred_basis,
        longer.metric,
        longer.is_balance,
        (shorter.period_end_on + interval 1 day)::date as period_start_on,
        longer.period_end_on,
        longer.period_days - shorter.period_days as period_days,
        longer.value_usd - shorter.value_usd as value_usd,
        longer.first_reported_usd - shorter.first_reported_usd as first_reported_usd,
        greatest(longer.rounding_usd, shorter.rounding_usd) as rounding_usd,
        2 as preference,
        case
            when longer.period_days >= 350 then 'year_less_nine_months'
            else 'ytd_difference'
        end as derivation,
        longer.restatement_count > 0 or shorter.restatement_count > 0 as is_restated,
        (longer.restatement_count > 0) <> (shorter.restatement_count > 0) as is_mixed_vintage,
        longer.taxonomy,
        longer.concepts,
        longer.form,
        longer.filed_on,
        longer.accession,
        shorter.accession as subtracted_accession,
        greatest(longer.known_at, shorter.known_at) as known_at,
        longer.source_url,
        case
            when longer.confidence = 'low' or shorter.confidence = 'low' then 'low'
            when longer.confidence = 'medium' or shorter.confidence = 'medium' then 'medium'
            else 'high'
        end as confidence
    from flows as longer
    join flows as shorter
        on longer.cik = shorter.cik
        and longer.accounting_basis = shorter.accounting_basis
        and longer.perimeter is not distinct from shorter.perimeter
        and longer.metric = shorter.metric
        and longer.period_start_on = shorter.period_start_on
    where longer.period_days between 101 and 380
    and longer.period_days - shorter.period_days between 80 and 100
),

candidates as (
    select * from filed
    union all
    select * from differences
),

chosen as (
    select * from candidates
    qualify row_number() over (
        partition by cik, accounting_basis, metric, period_end_on
        order by preference, abs(period_days - 91), rounding_usd, period_start_on desc
    ) = 1
)

select
    chosen.cik,
    chosen.issuer,
    chosen.layer,
    chosen.perimeter,
    chosen.accounting_basis,
    chosen.is_preferred_basis,
    chosen.metric,
    chosen.is_balance,
    chosen.period_start_on,
    chosen.period_end_on,
    chosen.period_days,
    chosen.value_usd,
    chosen.first_reported_usd,
    chosen.rounding_usd,
    chosen.derivation,
    chosen.is_restated,
    chosen.is_mixed_vintage,
    chosen.taxonomy,
    chosen.concepts,
    chosen.form,
    chosen.filed_on,
    chosen.accession,
    chosen.subtracted_accession,
    chosen.known_at,
    chosen.source_url,
    chosen.confidence
from chosen
order by
    chosen.issuer,
    chosen.accounting_basis,
    chosen.metric,
    chosen.period_end_on desc
