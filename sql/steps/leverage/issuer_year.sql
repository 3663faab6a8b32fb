-- A flow of an issuer over twelve months, by either way of knowing it: four contiguous quarters of one basis
-- and perimeter, or a year that a filing gives (METHODS 7). Both stand here; the four quarters are preferred.
-- A year has 350 to 380 days, both ends counted: 52 or 53 weeks, or twelve months.
-- grain: cik, accounting_basis, metric, period_end_on, ltm_source
with runs as (
    select
        cik,
        issuer,
        layer,
        accounting_basis,
        is_preferred_basis,
        perimeter,
        metric,
        'four_quarters' as ltm_source,
        min(period_start_on) over year as period_start_on,
        period_end_on,
        cast(sum(period_days) over year as bigint) as period_days,
        sum(value_usd) over year as value_usd,
        bool_or(is_fallback) over year as is_fallback,
        bool_or(concepts like '%InterestIncomeExpense%') over year as is_net_of_income,
        form,
        string_agg(concat_ws(' ', accession, subtracted_accession), ' ') over year as accessions,
        max(known_at) over year as known_at,
        count(*) over year as quarter_count
    from marts.issuer_quarter
    where not is_balance
    and value_usd is not null
    window year as (
        partition by cik, accounting_basis, perimeter, metric
        order by period_end_on
        rows between 3 preceding and current row
    )
),

-- Gaps and overlaps between the quarters show as days that do not add up.
rolled as (
    select * exclude (quarter_count)
    from runs
    where quarter_count = 4
    and period_days = datediff('day', period_start_on, period_end_on) + 1
    and period_days between 350 and 380
),

filed as (
    select
        cik,
        issuer,
        layer,
        accounting_basis,
        is_preferred_basis,
        perimeter,
        metric,
        'fiscal_year' as ltm_source,
        period_start_on,
        period_end_on,
        datediff('day', period_start_on, period_end_on) + 1 as period_days,
        value_usd,
        is_fallback,
        concepts like '%InterestIncomeExpense%' as is_net_of_income,
        form,
        accession as accessions,
        known_at
    from marts.issuer_figure
    where not is_balance
    and datediff('day', period_start_on, period_end_on) + 1 between 350 and 380
),

-- Some file trailing twelve months with each quarter: what an annual report gives comes before.
years as (
    select
        made.*,
        coalesce(forms.report_kind = 'annual', false) as is_annual_report
    from (
        select * from rolled
        union all
        select * from filed
    ) as made
    left join staging.forms as forms on replace(made.form, '/A', '') = forms.form
    qualify row_number() over (
        partition by
            made.cik, made.accounting_basis, made.metric, made.period_end_on, made.ltm_source
        order by coalesce(forms.report_kind = 'annual', false) desc, made.period_start_on desc
    ) = 1
)

select
    years.* exclude (form, known_at),
    row_number() over (
        partition by years.cik, years.accounting_basis, years.metric, years.period_end_on
        order by case when years.ltm_source = 'four_quarters' then 1 else 2 end
    ) = 1 as is_preferred_source,
    years.known_at
from years
