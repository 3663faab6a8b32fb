-- One stretch of time in which principal of an issuer falls due, as filed on one balance day. A quarterly
-- report says what is left of the fiscal year and then whole fiscal years; an annual one starts with the
-- year after; "thereafter" begins when the last year listed ends. A report within the year that names no
-- remainder means twelve months from the balance day.
-- grain: issuer, balance_on, due_from_on
with figures as (
    select *
    from marts.issuer_figure
    where is_balance
    and not is_event_dated
    and period_start_on is null
    qualify row_number() over (
        partition by issuer, metric, period_end_on
        order by is_preferred_basis desc, accounting_basis
    ) = 1
),

filed as (
    select
        figures.issuer,
        figures.cik,
        figures.period_end_on as balance_on,
        figures.metric,
        case figures.metric
            when 'debt_due_remainder' then 0
            when 'debt_due_year_1' then 1
            when 'debt_due_year_2' then 2
            when 'debt_due_year_3' then 3
            when 'debt_due_year_4' then 4
            when 'debt_due_year_5' then 5
        end as year_number,
        figures.value_usd as amount_usd,
        figures.rounding_usd,
        figures.accession,
        figures.known_at,
        figures.source_url,
        figures.confidence,
        -- The 29th of February is not in every year.
        case when ends.fiscal_year_end = '02-29' then '02-28' else ends.fiscal_year_end end
            as fiscal_year_end
    from figures
    join steps.issuer_perimeter as ends
        on figures.cik = ends.cik
        and figures.period_end_on >= ends.period_from_on
        and figures.period_end_on <= coalesce(ends.period_to_on, figures.period_end_on)
    where starts_with(figures.metric, 'debt_due_')
),

shapes as (
    select
        issuer,
        balance_on,
        bool_or(metric = 'debt_due_remainder') as has_remainder,
        bool_or(metric = 'debt_due_thereafter') as has_thereafter,
        max(year_number) as last_year_number,
        sum(amount_usd) as ladder_usd,
        max(known_at) as known_at,
        min(cast(year(balance_on) || '-' || fiscal_year_end as date)) as year_end_on
    from filed
    group by issuer, balance_on
),

-- The end of the fiscal year the balance day lies in; a year of 52 or 53 weeks ends within ten days of its
-- nominal end.
dated as (
    select
        *,
        case
            when abs(datediff('day', balance_on, year_end_on)) <= 10
            or abs(datediff('day', balance_on, (year_end_on - interval 12 month)::date)) <= 10
                then balance_on
            when year_end_on > balance_on then year_end_on
            else (year_end_on + interval 12 month)::date
        end as this_year_end_on
    from shapes
),

-- Where years are counted from: the end of this fiscal year, or the balance day itself.
based as (
    select
        *,
        case when has_remainder then this_year_end_on else balance_on end as counted_from_on
    from dated
),

placed as (
    select
        filed.issuer,
        filed.cik,
        filed.balance_on,
        filed.metric,
        case
            when filed.metric = 'debt_due_remainder' then (filed.balance_on + interval 1 day)::date
            when filed.metric = 'debt_due_thereafter' then (
                based.counted_from_on
                + coalesce(based.last_year_number, 0) * interval 12 month
                + interval 1 day
            )::date
            else (
                based.counted_from_on
                + (filed.year_number - 1) * interval 12 month
                + interval 1 day
            )::date
        end as due_from_on,
        case
            when filed.metric = 'debt_due_remainder' then based.this_year_end_on
            when filed.metric = 'debt_due_thereafter' then null
            else (based.counted_from_on + filed.year_number * interval 12 month)::date
        end as due_to_on,
        filed.amount_usd,
        filed.rounding_usd,
        filed.accession,
        based.ladder_usd,
        based.known_at,
        filed.source_url,
        filed.confidence
    from filed
    join based using (issuer, balance_on)
    -- Nothing is left of a year that ends on the balance day.
    where filed.metric <> 'debt_due_remainder'
    or filed.balance_on < based.this_year_end_on
),

principal as (
    select issuer, period_end_on as balance_on, value_usd, known_at
    from figures
    where metric = 'debt_principal'
),

-- Some tag every row of the table but the last one, in an element of their own (Marvell's quarterly
-- reports). What is due and stands in no year listed falls due after the last; where fewer than three
-- years are listed, the table itself is not held whole.
listed as (
    select
        *,
        false as is_derived
    from placed
    union all by name
    select
        placed.* exclude (metric, due_from_on, due_to_on, amount_usd, known_at, ladder_usd),
        'debt_due_thereafter' as metric,
        (placed.due_to_on + interval 1 day)::date as due_from_on,
        cast(null as date) as due_to_on,
        principal.value_usd - placed.ladder_usd as amount_usd,
        principal.value_usd as ladder_usd,
        greatest(placed.known_at, principal.known_at) as known_at,
        true as is_derived
    from placed
    join principal using (issuer, balance_on)
    join shapes using (issuer, balance_on)
    where not shapes.has_thereafter
    and shapes.last_year_number >= 3
    and principal.value_usd - placed.ladder_usd > placed.rounding_usd
    qualify row_number() over (
        partition by placed.issuer, placed.balance_on
        order by placed.due_to_on desc
    ) = 1
),

stretches as (
    select * replace (max(ladder_usd) over (partition by issuer, balance_on) as ladder_usd)
    from listed
)

select
    stretches.issuer,
    stretches.cik,
    stretches.balance_on,
    stretches.due_from_on,
    stretches.due_to_on,
    stretches.metric = 'debt_due_thereafter' as is_thereafter,
    stretches.is_derived,
    stretches.amount_usd,
    stretches.rounding_usd,
    stretches.ladder_usd,
    principal.value_usd as debt_principal_usd,
    principal.value_usd - stretches.ladder_usd as unexplained_usd,
    100 * (principal.value_usd - stretches.ladder_usd) / nullif(principal.value_usd, 0)
        as unexplained_pct,
    stretches.accession,
    greatest(stretches.known_at, principal.known_at) as known_at,
    stretches.source_url,
    stretches.confidence
from stretches
left join principal using (issuer, balance_on)
order by stretches.issuer, stretches.balance_on desc, stretches.due_from_on
