-- What traded debt of an AI borrower is quoted at, beside what its lenders mark and what the model says: the
-- market's view, the lenders' and ours, in columns that are never averaged. Lenders' marks are the advisers'
-- values over par of the borrower's facilities in the newest quarter up to the day, a year back at most; the
-- model's are market LTVs of its facilities on the newest day up to it. They are other debts of the same
-- borrower: secured loans beside unsecured notes. A quote is a single cited figure, of the tier it says.
-- grain: instrument, quoted_on, quote_kind
with opinions as (
    select
        marks.borrower,
        marks.period_end_on,
        coalesce(marks.adviser, marks.fund) as opinion,
        sum(marks.fv_to_par_pct * marks.par_usd) / sum(marks.par_usd) as fv_to_par_pct
    from marts.lender_mark as marks
    where marks.par_basis in ('funded', 'not_stated')
    and marks.fv_to_par_pct is not null
    and marks.borrower is not null
    group by all
),

marked as (
    select
        opinions.borrower,
        opinions.period_end_on,
        count(*) as adviser_count,
        min(opinions.fv_to_par_pct) as low_pct,
        median(opinions.fv_to_par_pct) as median_pct,
        max(opinions.fv_to_par_pct) as high_pct
    from opinions
    group by all
),

modelled as (
    select
        coverage.borrower,
        coverage.balance_on,
        min(coverage.ltv_market_pct) as low_pct,
        max(coverage.ltv_market_pct) as high_pct
    from marts.facility_coverage as coverage
    where coverage.ltv_market_pct is not null
    and coverage.balance_basis = 'filed'
    group by all
),

beside as (
    select
        quotes.*,
        marked.period_end_on as lender_on,
        marked.adviser_count,
        marked.low_pct as lender_low_pct,
        marked.median_pct as lender_median_pct,
        marked.high_pct as lender_high_pct,
        modelled.balance_on as model_on,
        modelled.low_pct as model_low_pct,
        modelled.high_pct as model_high_pct
    from staging.market_quotes as quotes
    left join marked
        on quotes.borrower = marked.borrower
        and marked.period_end_on <= quotes.quoted_on
        and marked.period_end_on > quotes.quoted_on - interval 12 month
    left join modelled
        on quotes.borrower = modelled.borrower
        and modelled.balance_on <= quotes.quoted_on
        and modelled.balance_on > quotes.quoted_on - interval 12 month
    qualify row_number() over (
        partition by quotes.instrument, quotes.quoted_on, quotes.quote_kind
        order by
            quotes.known_at desc, quotes.source_url,
            marked.period_end_on desc nulls last, modelled.balance_on desc nulls last
    ) = 1
)

select
    beside.instrument,
    beside.borrower,
    beside.facility_id,
    beside.quoted_on,
    beside.quote_grain,
    beside.quote_kind,
    beside.quote_value,
    beside.is_issue,
    beside.quote_tier,
    beside.lender_on as lender_period_end_on,
    beside.adviser_count as lender_adviser_count,
    beside.lender_low_pct as low_lender_fv_to_par_pct,
    beside.lender_median_pct as median_lender_fv_to_par_pct,
    beside.lender_high_pct as high_lender_fv_to_par_pct,
    case when beside.lender_on is null then 'no public mark of the borrower within a year' end
        as lender_missing_reason,
    beside.model_on as model_balance_on,
    beside.model_low_pct as low_model_ltv_market_pct,
    beside.model_high_pct as high_model_ltv_market_pct,
    case when beside.model_on is null then 'no facility of the borrower valued within a year' end
        as model_missing_reason,
    beside.evidence,
    beside.confidence,
    beside.known_at,
    beside.source_url
from beside
order by beside.borrower, beside.instrument, beside.quoted_on, beside.quote_kind
