-- Each facility with its terms as the best kind of document states them last, and its latest balance.
-- A filing outranks a release, a release the press, the press a rumour; that a deal was never executed
-- outranks all that is not filed later. Within one kind the newest version known counts.
-- What the versions disagree on stays visible: how many there are, and every maturity they state. A term the filing
-- redacts is null and named in redacted_terms. is_counted says whether the amount
-- may be added to others: not where a larger facility holds it already, nor where no deal is executed.
-- grain: facility_id
with newest as (
    select terms.*
    from steps.facility_terms as terms
    where terms.in_force_to_on is null
),

versions as (
    select
        facility_id,
        count(*) as version_count,
        min(known_at) as first_known_at,
        min(maturity_on) as maturity_low_on,
        max(maturity_on) as maturity_high_on,
        count(distinct maturity_on) as maturity_count,
        string_agg(distinct cast(maturity_on as varchar), ', ' order by cast(maturity_on as varchar))
            as maturities,
        bool_or(is_disputed) as is_disputed
    from staging.facility_terms
    group by facility_id
),

balances as (
    select stated.*
    from steps.facility_balance as stated
    where stated.principal_usd is not null
    qualify row_number() over (
        partition by stated.facility_id order by stated.balance_on desc
    ) = 1
),

-- A debt that is owed exists, whatever day the terms give, or none.
first_owed as (
    select
        stated.facility_id,
        min(stated.balance_on) as owed_from_on,
        max(stated.principal_usd) as most_owed_usd
    from steps.facility_balance as stated
    where stated.principal_usd > 0
    group by stated.facility_id
)

select
    newest.facility_id,
    newest.parent_facility_id,
    newest.borrower,
    newest.issuer,
    newest.cik,
    newest.spv,
    newest.facility_name,
    newest.facility_kind,
    newest.collateral_class,
    newest.deal_status,
    newest.parent_facility_id is null and newest.deal_status not in ('rumored', 'not_executed')
        as is_counted,
    versions.is_disputed,
    newest.announced_on,
    newest.closed_on,
    least(
        coalesce(
            newest.closed_on,
            newest.announced_on,
            first_owed.owed_from_on,
            cast(versions.first_known_at at time zone 'UTC' as date)
        ),
        first_owed.owed_from_on
    ) as counted_from_on,
    newest.commitment_usd,
    balances.balance_on,
    balances.principal_usd,
    balances.carrying_usd,
    balances.undrawn_usd,
    100 * balances.principal_usd / nullif(newest.commitment_usd, 0) as outstanding_pct,
    -- What was ever drawn, repaid or not; of a revolver what is drawn now. Of a loan first seen after it
    -- began to be repaid nobody knows.
    100
    * case
        when balances.principal_usd is null then null
        when newest.facility_kind = 'revolver' then balances.principal_usd
        when balances.undrawn_usd is not null
            then greatest(newest.commitment_usd - balances.undrawn_usd, balances.principal_usd)
        when first_owed.owed_from_on >= newest.amortisation_from_on
        and balances.principal_usd < newest.commitment_usd
            then null
        else first_owed.most_owed_usd
    end
    / nullif(newest.commitment_usd, 0) as drawn_pct,
    balances.effective_rate_pct,
    newest.benchmark,
    newest.spread_bps,
    newest.spread_high_bps,
    newest.benchmark_floor_pct,
    newest.fixed_rate_pct,
    newest.undrawn_fee_bps,
    newest.redemption_price_pct,
    newest.maturity_on,
    newest.maturity_grain,
    versions.maturity_low_on,
    versions.maturity_high_on,
    versions.maturity_count,
    versions.maturities,
    newest.draw_tenor_months,
    newest.amortisation,
    newest.amortisation_from_on,
    newest.advance_rate_pct,
    newest.advance_rate_low_pct,
    newest.ltv_max_pct,
    newest.depreciation_life_years,
    newest.dscr_min_ratio,
    newest.dscr_tested_from_on,
    newest.contract_coverage_min_ratio,
    newest.liquidity_min_usd,
    newest.hedged_min_pct,
    newest.recourse,
    newest.offtaker,
    newest.offtaker_rating,
    newest.offtake_months,
    newest.rating,
    newest.redacted_terms,
    versions.version_count,
    versions.first_known_at,
    greatest(newest.known_at, coalesce(balances.known_at, newest.known_at)) as known_at,
    newest.confidence,
    newest.evidence,
    newest.source_date,
    newest.source_url,
    balances.source_url as balance_source_url,
    balances.accession
from newest
join versions on newest.facility_id = versions.facility_id
left join balances on newest.facility_id = balances.facility_id
left join first_owed on newest.facility_id = first_owed.facility_id
order by newest.facility_id
