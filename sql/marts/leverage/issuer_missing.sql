-- What leverage of a GPU cloud lacks, quarter end by quarter end, and the report that would fill it: which form,
-- whether it is known to be filed, and else when such a report of the company usually comes. With a contact for
-- the SEC in the settings, the next run reads what stands here as `filed_not_read` or `to_come`.
-- `debt_by_instrument` stands where a total is held and the instruments held do not come to it within 1 %; no run
-- reads that note, somebody does, into `facility_balances.csv`.
-- Quarter ends of the last three years before the newest filing held of anybody, and the next one; none before the
-- company's own first figure. Whether a report is to come is told by that newest filing, not by a clock.
-- grain: issuer, metric, period_end_on
with clouds as (
    select
        cik,
        issuer,
        max(fiscal_year_end) as fiscal_year_end,
        max(known_at) as known_at
    from steps.issuer_perimeter
    where layer = 'neocloud'
    group by cik, issuer
),

-- The newest day on which anybody's filing is held.
horizon as (
    select
        max(filed_on) as newest_filed_on,
        max(known_at) as known_at
    from (
        select filed_on, known_at from staging.filing_facts
        union all
        select filed_on, known_at from staging.filings
    ) as each_filing
),

-- A report is of the last period it gives figures for, or of the one its cover names.
covers as (
    select
        facts.cik,
        facts.accession,
        facts.form,
        facts.filed_on,
        max(facts.period_end_on) as period_end_on
    from steps.issuer_fact as facts
    where facts.document_kind = 'report'
    and facts.period_end_on <= facts.filed_on
    group by facts.cik, facts.accession, facts.form, facts.filed_on
    union all
    select
        cik,
        accession,
        form,
        filed_on,
        period_end_on
    from staging.filings
    where period_end_on is not null
),

-- The first report of each period: an amendment comes later.
reports as (
    select
        covers.cik,
        covers.period_end_on,
        forms.report_kind,
        covers.form,
        covers.accession,
        covers.filed_on,
        datediff('day', covers.period_end_on, covers.filed_on) as delay_days
    from covers
    join staging.forms as forms on covers.form = forms.form
    join clouds on covers.cik = clouds.cik
    where forms.report_kind in ('annual', 'quarterly', 'furnished')
    and datediff('day', covers.period_end_on, covers.filed_on) between 0 and 150
    qualify row_number() over (
        partition by covers.cik, covers.period_end_on
        order by case when forms.report_kind = 'furnished' then 2 else 1 end, covers.filed_on, covers.accession
    ) = 1
),

own_habits as (
    select
        cik,
        report_kind = 'annual' as is_annual_report,
        arg_max(form, period_end_on) as form,
        median(delay_days) as delay_days
    from reports
    group by cik, report_kind = 'annual'
),

-- Where nothing of a company was seen yet: what most clouds do.
common_habits as (
    select
        report_kind = 'annual' as is_annual_report,
        mode(form) as form,
        median(delay_days) as delay_days
    from reports
    group by report_kind = 'annual'
),

ends as (
    select
        clouds.cik,
        clouds.issuer,
        last_day(horizon.newest_filed_on - to_months(cast(back.months as integer))) as period_end_on,
        clouds.fiscal_year_end,
        horizon.newest_filed_on,
        greatest(clouds.known_at, horizon.known_at) as known_at
    from clouds
    cross join horizon
    cross join (select unnest(generate_series(-1, 36, 1)) as months) as back
),

quarters as (
    select
        *,
        month(period_end_on) = cast(left(fiscal_year_end, 2) as integer) as is_annual_report
    from ends
    where (month(period_end_on) - cast(left(fiscal_year_end, 2) as integer)) % 3 = 0
),

first_figures as (
    select cik, min(period_end_on) as first_on
    from marts.issuer_figure
    group by cik
),

wanted as (
    select
        quarters.*,
        metrics.metric,
        metrics.is_balance,
        metrics.metric in (
            'total_debt', 'operating_income', 'depreciation_and_amortization', 'interest_expense'
        ) as is_multiple_input
    from quarters
    cross join staging.metrics as metrics
    left join first_figures on quarters.cik = first_figures.cik
    where metrics.is_leverage_input
    and quarters.period_end_on >= coalesce(first_figures.first_on, quarters.newest_filed_on - interval 1 year)
    union all
    -- What a total is made of: the note on debt of the same report.
    select
        quarters.*,
        'debt_by_instrument' as metric,
        true as is_balance,
        false as is_multiple_input
    from quarters
    semi join (
        select cik, period_end_on from marts.issuer_quarter
        where metric in ('debt_principal', 'total_debt') and value_usd is not null
    ) as totals using (cik, period_end_on)
),

holdings as (
    select
        cik,
        metric,
        period_end_on,
        value_usd is not null as is_held,
        quarter_missing_reason,
        known_at
    from marts.issuer_quarter
    union all
    select
        cik,
        'debt_by_instrument' as metric,
        balance_on as period_end_on,
        stack_status = 'reconciled' as is_held,
        case
            when stack_status = 'incomplete' then 'the instruments held come to '
                || cast(cast(round(100 - unexplained_pct) as bigint) as varchar) || ' % of the total'
        end as quarter_missing_reason,
        known_at
    from marts.issuer_debt_stack
)

select
    wanted.issuer,
    wanted.cik,
    wanted.metric,
    wanted.is_multiple_input,
    wanted.period_end_on,
    coalesce(reports.form, own_habits.form, common_habits.form) as form,
    coalesce(
        reports.filed_on,
        wanted.period_end_on
        + cast(round(coalesce(own_habits.delay_days, common_habits.delay_days)) as integer)
    ) as expected_on,
    case
        when reports.filed_on is not null then 'filed'
        when own_habits.delay_days is not null then 'own_habit'
        else 'common_habit'
    end as expected_basis,
    reports.accession,
    case
        when reports.filed_on is not null then 'filed_not_read'
        when wanted.period_end_on
            + cast(round(coalesce(own_habits.delay_days, common_habits.delay_days)) as integer)
            > wanted.newest_filed_on then 'to_come'
        else 'not_held'
    end as missing_status,
    held.quarter_missing_reason,
    greatest(wanted.known_at, held.known_at) as known_at
from wanted
left join (
    select
        cik,
        metric,
        period_end_on,
        bool_or(is_held) as is_held,
        max(quarter_missing_reason) as quarter_missing_reason,
        max(known_at) as known_at
    from holdings
    group by cik, metric, period_end_on
) as held
    on wanted.cik = held.cik
    and wanted.metric = held.metric
    and wanted.period_end_on = held.period_end_on
left join reports on wanted.cik = reports.cik and wanted.period_end_on = reports.period_end_on
left join own_habits
    on wanted.cik = own_habits.cik and wanted.is_annual_report = own_habits.is_annual_report
left join common_habits on wanted.is_annual_report = common_habits.is_annual_report
where not coalesce(held.is_held, false)
order by wanted.issuer, wanted.period_end_on desc, wanted.metric
