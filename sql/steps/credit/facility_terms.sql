-- The versions of each facility's terms that ever held, each with the days on which it was the one to go by:
-- what was in force on day D has `in_force_from_on` up to D and `in_force_to_on` from D on, or none; today's
-- has none. A version holds from the day its document says (`terms_from_on`): an amendment of September binds
-- from September although it is read in October, and a note that restates an agreement holds from that
-- agreement's day. Where none is said, the first version of its kind holds from closing (or announcement), a
-- later one from the UTC day it became known. A filing outranks a release, a release the press, the press a
-- rumour; that a deal was never executed outranks all that is not filed later. Within one kind the version
-- that holds from the latest day counts, of several for one day the last known, then the surer, then the
-- first by address. A version that something better stood beside all along has no row. What
-- was known when is another question: `vintage` answers it.
-- grain: facility_id, in_force_from_on
with versions as (
    select
        terms.*,
        cast(terms.known_at at time zone 'UTC' as date) as known_on,
        rank() over (
            partition by terms.facility_id, terms.deal_status order by terms.known_at
        ) as version_number,
        case terms.deal_status
            when 'filed' then 1
            when 'not_executed' then 1
            when 'announced' then 2
            when 'press' then 3
            else 4
        end as status_rank,
        case terms.confidence when 'high' then 1 when 'medium' then 2 else 3 end as confidence_rank
    from staging.facility_terms as terms
),

holding as (
    select
        versions.*,
        coalesce(
            versions.terms_from_on,
            case
                when versions.version_number > 1 or versions.deal_status = 'not_executed'
                    then versions.known_on
                -- Signed and read about before it closes: it is agreed when it is known.
                else least(coalesce(versions.closed_on, versions.announced_on), versions.known_on)
            end
        ) as holds_from_on
    from versions
),

days as (
    select distinct
        holding.facility_id,
        holding.holds_from_on
    from holding
),

-- The best version that holds by each day on which one begins to.
standing as (
    select
        days.holds_from_on as in_force_from_on,
        holding.*
    from days
    join holding
        on days.facility_id = holding.facility_id and holding.holds_from_on <= days.holds_from_on
    qualify row_number() over (
        partition by days.facility_id, days.holds_from_on
        order by
            holding.status_rank,
            holding.holds_from_on desc,
            holding.known_at desc,
            holding.confidence_rank,
            holding.source_url
    ) = 1
),

-- A day on which nothing better begins changes nothing.
begun as (
    select standing.*
    from standing
    window facility_days as (
        partition by standing.facility_id order by standing.in_force_from_on
    )
    qualify coalesce(
        lag(standing.known_at) over facility_days <> standing.known_at
        or lag(standing.source_url) over facility_days <> standing.source_url,
        true
    )
)

select
    begun.facility_id,
    begun.in_force_from_on,
    cast(
        lead(begun.in_force_from_on) over (
            partition by begun.facility_id order by begun.in_force_from_on
        ) - interval 1 day as date
    ) as in_force_to_on,
    begun.parent_facility_id,
    begun.borrower,
    begun.issuer,
    begun.cik,
    begun.spv,
    begun.facility_name,
    begun.facility_kind,
    begun.collateral_class,
    begun.deal_status,
    begun.announced_on,
    begun.closed_on,
    begun.commitment_usd,
    begun.benchmark,
    begun.spread_bps,
    begun.spread_high_bps,
    begun.benchmark_floor_pct,
    begun.fixed_rate_pct,
    begun.undrawn_fee_bps,
    begun.redemption_price_pct,
    begun.maturity_on,
    begun.maturity_grain,
    begun.draw_tenor_months,
    begun.draws_end_on,
    begun.amortisation,
    begun.amortisation_from_on,
    begun.advance_rate_pct,
    begun.advance_rate_low_pct,
    begun.ltv_max_pct,
    begun.depreciation_life_years,
    begun.dscr_min_ratio,
    begun.dscr_tested_from_on,
    begun.contract_coverage_min_ratio,
    begun.liquidity_min_usd,
    begun.hedged_min_pct,
    begun.recourse,
    begun.offtaker,
    begun.offtaker_rating,
    begun.offtake_months,
    begun.rating,
    begun.redacted_terms,
    begun.evidence,
    begun.confidence,
    begun.known_at,
    begun.source_date,
    begun.source_url
from begun
order by begun.facility_id, begun.in_force_from_on
