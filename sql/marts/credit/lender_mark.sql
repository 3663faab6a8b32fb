-- What each fund says its loan is worth, once: a filing read twice counts as the SEC's data set reads it
-- (sec_bdc, then sec_nport, then single figures), and of a report and its amendments the last known
-- stands. Value over par and value over cost stay apart: where fees on an undrawn commitment
-- are netted against a small drawn part, value over par is far below 100 and no markdown.
-- The change is in points of par against the fund's own position (same facility or name, rate, spread and
-- maturity) at its report before. Holdings no rule matches stay, with the reason.
-- grain: accession, holding_id
with sourced as (
    select
        holdings.*,
        case holdings.source
            when 'sec_bdc' then 1
            when 'sec_nport' then 2
            when 'lender_marks' then 3
            else 4
        end as source_rank,
        -- A registrant of many series files one report for each; a lender of its own files one.
        case when holdings.vehicle in ('bdc', 'joint_venture') then '' else holdings.fund end
            as series
    from staging.fund_holdings as holdings
),

read_once as (
    select *
    from sourced
    qualify rank() over (partition by accession order by source_rank, source) = 1
),

standing as (
    select *
    from read_once
    qualify dense_rank() over (
        partition by fund_cik, series, period_end_on
        order by known_at desc, accession desc
    ) = 1
),

valued as (
    select
        standing.*,
        100 * fair_value_usd / case when par_usd > 0 then par_usd end as fv_to_par_pct,
        100 * fair_value_usd / case when cost_usd > 0 then cost_usd end as fv_to_cost_pct,
        coalesce(facility_id, borrower, issuer_name_raw) as position_name,
        coalesce(rate_kind, '') as position_rate_kind,
        -- What a floating rate comes to changes every quarter and would make each one a new position.
        coalesce(
            spread_bps, case when coalesce(rate_kind, '') <> 'floating' then all_in_rate_pct end, -1
        ) as position_rate,
        coalesce(maturity_on, date '1900-01-01') as position_maturity_on
    from standing
),

-- Lots of one position in one report are one value, weighted by par.
positions as (
    select
        fund_cik,
        series,
        position_name,
        position_rate_kind,
        position_rate,
        position_maturity_on,
        period_end_on,
        100 * sum(case when par_usd > 0 then fair_value_usd end)
            / sum(case when par_usd > 0 and fair_value_usd is not null then par_usd end)
            as fv_to_par_pct
    from valued
    group by all
),

followed as (
    select
        positions.*,
        lag(period_end_on) over position as previous_period_end_on,
        lag(fv_to_par_pct) over position as previous_fv_to_par_pct
    from positions
    window position as (
        partition by
            fund_cik,
            series,
            position_name,
            position_rate_kind,
            position_rate,
            position_maturity_on
        order by period_end_on
    )
)

select
    valued.accession,
    valued.holding_id,
    valued.period_end_on,
    valued.fund,
    valued.fund_cik,
    valued.adviser,
    valued.vehicle,
    valued.form,
    valued.borrower,
    valued.facility_id,
    valued.match_score,
    valued.match_reason,
    valued.issuer_name_raw,
    valued.instrument_raw,
    valued.rate_kind,
    valued.benchmark,
    valued.spread_bps,
    valued.all_in_rate_pct,
    valued.maturity_on,
    valued.currency,
    valued.par_usd,
    valued.cost_usd,
    valued.fair_value_usd,
    valued.unfunded_usd,
    valued.fv_to_par_pct,
    valued.fv_to_cost_pct,
    valued.par_basis,
    case valued.par_basis
        when 'mostly_unfunded' then 'fees netted on an undrawn commitment; not a markdown'
        when 'unfunded' then 'nothing is drawn; the value is of the commitment'
        when 'not_stated' then 'whether par is drawn is not stated'
    end as mark_note,
    followed.previous_period_end_on,
    followed.fv_to_par_pct - followed.previous_fv_to_par_pct as fv_to_par_change_pct,
    valued.net_assets_pct,
    valued.fund_net_assets_usd,
    valued.schedule_gap_pct,
    valued.is_non_accrual,
    valued.is_pik,
    valued.fair_value_level,
    valued.source,
    valued.known_at,
    valued.confidence,
    valued.source_url,
    valued.licence
from valued
join followed
    on valued.fund_cik = followed.fund_cik
    and valued.series = followed.series
    and valued.position_name = followed.position_name
    and valued.position_rate_kind = followed.position_rate_kind
    and valued.position_rate = followed.position_rate
    and valued.position_maturity_on = followed.position_maturity_on
    and valued.period_end_on = followed.period_end_on
order by valued.period_end_on desc, valued.borrower, valued.facility_id, valued.fund
