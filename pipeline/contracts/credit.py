"""Contracts of facilities, balances, holdings, commitments, placements and interest rates."""

from typing import TYPE_CHECKING

import polars as pl

from pipeline.contracts import Committed, contract
from pipeline.contracts.filings import ACCESSION, CIK
from pipeline.contracts.reference import SKU, SLUG
from pipeline.contracts.rules import Check
from pipeline.identity.edges import between_known
from pipeline.identity.holdings import resolved

if TYPE_CHECKING:
    import pandera.polars as pa

DOLLARS = Check.in_range(0, 1e12)
BPS = Check.in_range(0, 3_000)
PERCENT = Check.in_range(0, 100)


def _closed_before_it_matures(data: "pa.PolarsData") -> pl.LazyFrame:
    early = pl.col("maturity_on").is_null() | pl.col("closed_on").is_null()
    return data.lazyframe.select(early | (pl.col("closed_on") < pl.col("maturity_on")))


FACILITY_TERMS = contract(
    "facility_terms",
    "One row per facility and version of its terms; an amendment, or another document that says "
    "otherwise, is a further row.",
    committed=Committed(
        """
        Terms of debt facilities, one cited row per facility and version.

        Filed documents go before releases, releases before press (`deal_status`); where they
        disagree each has its row and `is_disputed`. Every version repeats all terms
        known by then, so the newest row known is complete. What a filing redacts is empty and named
        in `redacted_terms`. `terms_from_on` is the day from which the terms bind (closing,
        amendment), not the day they became known; a note that restates an agreement has that
        agreement's day. A facility inside another one names it in `parent_facility_id`: add up
        rows without a parent only. `benchmark` is UST where notes were priced over Treasuries at a
        fixed coupon.
        """,
    ),
    key=["facility_id", "known_at", "source_url"],
    optional=[
        "parent_facility_id",
        "issuer",
        "cik",
        "spv",
        "announced_on",
        "closed_on",
        "commitment_usd",
        "benchmark",
        "spread_bps",
        "spread_high_bps",
        "benchmark_floor_pct",
        "fixed_rate_pct",
        "undrawn_fee_bps",
        "redemption_price_pct",
        "maturity_on",
        "maturity_grain",
        "draw_tenor_months",
        "draws_end_on",
        "terms_from_on",
        "amortisation_from_on",
        "advance_rate_pct",
        "advance_rate_low_pct",
        "ltv_max_pct",
        "depreciation_life_years",
        "dscr_min_ratio",
        "dscr_tested_from_on",
        "contract_coverage_min_ratio",
        "liquidity_min_usd",
        "hedged_min_pct",
        "offtaker",
        "offtaker_rating",
        "offtake_months",
        "rating",
        "redacted_terms",
    ],
    facility_id=[SLUG],
    parent_facility_id=[SLUG],
    borrower=[],
    issuer=[],
    cik=[CIK],
    spv=[],
    facility_name=[],
    facility_kind=[],
    collateral_class=[Check.notin(["all", "all_secured"])],
    deal_status=[],
    is_disputed=[],
    announced_on=[],
    closed_on=[],
    commitment_usd=[DOLLARS],
    benchmark=[],
    spread_bps=[BPS],
    spread_high_bps=[BPS],
    benchmark_floor_pct=[PERCENT],
    fixed_rate_pct=[Check.in_range(0, 30)],
    undrawn_fee_bps=[BPS],
    redemption_price_pct=[Check.in_range(100, 200)],
    maturity_on=[Check(_closed_before_it_matures, name="a facility closes before it matures")],
    maturity_grain=[],
    draw_tenor_months=[Check.in_range(1, 480)],
    draws_end_on=[],
    terms_from_on=[],
    amortisation=[],
    amortisation_from_on=[],
    advance_rate_pct=[PERCENT],
    advance_rate_low_pct=[PERCENT],
    ltv_max_pct=[PERCENT],
    depreciation_life_years=[Check.in_range(1, 20)],
    dscr_min_ratio=[Check.in_range(0.5, 5)],
    dscr_tested_from_on=[],
    contract_coverage_min_ratio=[Check.in_range(0.5, 5)],
    liquidity_min_usd=[DOLLARS],
    hedged_min_pct=[PERCENT],
    recourse=[],
    offtaker=[],
    offtaker_rating=[],
    offtake_months=[Check.in_range(1, 480)],
    rating=[],
    redacted_terms=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

ASSUMED_TERMS = contract(
    "assumed_terms",
    "One row per term of a facility that its filings redact or never state, and what stands in for "
    "it; every table that uses one names it in `inputs_assumed`.",
    committed=Committed(
        """
        What stands in for terms of facilities that filings redact or never state.

        Terms that a filing states are in `facility_terms`; nothing here overrides them. A table
        that uses a row names it in its column `inputs_assumed`.
        """,
        terms="Assumptions, each with the document it rests on.",
    ),
    key=["facility_id", "term", "known_at"],
    optional=["base_value", "low_value", "high_value", "accelerator"],
    facility_id=[SLUG],
    term=[],
    unit=[],
    base_value=[],
    low_value=[],
    high_value=[],
    accelerator=[SKU],
    evidence=[],
    source_date=[],
    read_on=[],
)

FACILITY_BALANCES = contract(
    "facility_balances",
    "One row per debt instrument, balance day and filing that states the balance.",
    committed=Committed(
        """What is owed under each facility, by balance day and document.

        Principal, carrying value and effective rate as filed, never mixed.
        CoreWeave's instruments come to the totals its debt notes state: 8,033,477,000 at the end of
        2024, 11,171,485,000 at mid-2025, 25,149,000,000 in March 2026, where one line holds OEM and
        software licence financing, and 35,551,000,000 in June 2026.
        """,
    ),
    key=["facility_id", "balance_on", "known_at", "source_url"],
    optional=["principal_usd", "carrying_usd", "undrawn_usd", "effective_rate_pct", "accession"],
    facility_id=[SLUG],
    balance_on=[],
    principal_usd=[DOLLARS],
    carrying_usd=[DOLLARS],
    undrawn_usd=[DOLLARS],
    effective_rate_pct=[Check.in_range(0, 40)],
    accession=[ACCESSION],
    evidence=[],
    source_date=[],
    read_on=[],
)

MARKET_QUOTES = contract(
    "market_quotes",
    "One row per traded debt, day and kind of quote, as one document gives it.",
    committed=Committed(
        """Public quotes of traded debt of AI borrowers: bonds, loans and credit default swaps.

        Single figures of releases, the press and aggregators, each with its tier; not a price
        series. A day known to the month or year alone counts as its last (`quote_grain`). An issue
        price is what was paid on the day, not what the market says later. Never averaged with
        marks of lenders: one is a trade or an asking price, the other an opinion.
        """,
        terms="Single figures, cited; no vendor's series is stored.",
    ),
    key=["instrument", "quoted_on", "quote_kind"],
    optional=["facility_id"],
    instrument=[],
    borrower=[],
    facility_id=[SLUG],
    quoted_on=[],
    quote_grain=[],
    quote_kind=[],
    quote_value=[Check.in_range(0, 5_000)],
    is_issue=[],
    quote_tier=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

FACILITY_ALIASES = contract(
    "facility_aliases",
    "One row per rule from a holder's words to a facility; the first rule that matches wins.",
    committed=Committed(
        """Rules from a lender's words to a borrower and a facility, each with its evidence.

        `pattern` is searched in the name regardless of case, without look-around; the lowest
        `priority` whose conditions all hold wins. SPVs do not carry the sponsor's name,
        hence the list. A rule without a facility says in `match_reason` why none can be told.
        Scores: 1.0 entity, spread and maturity agree; 0.8 two of them or a parent's name with both
        others; 0.7 issuer, fixed rate and maturity; 0.6 the entity owes one facility only; 0.5 and
        less: no facility.
        """,
    ),
    key=["priority"],
    optional=["spread_bps", "maturity_from_on", "maturity_to_on", "rate_kind", "facility_id"],
    priority=[Check.ge(0)],
    pattern=[],
    rate_kind=[],
    spread_bps=[BPS],
    maturity_from_on=[],
    maturity_to_on=[],
    borrower=[],
    facility_id=[SLUG],
    match_score=[Check.in_range(0, 1)],
    match_reason=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

FUND_HOLDINGS = contract(
    "fund_holdings",
    "One row per loan or note a fund holds, as one filing states it.",
    key=["source", "accession", "holding_id"],
    prepare=resolved,
    reads=["facility_aliases"],
    optional=[
        "adviser",
        "form",
        "instrument_raw",
        "rate_kind",
        "benchmark",
        "spread_bps",
        "all_in_rate_pct",
        "maturity_on",
        "par_usd",
        "cost_usd",
        "fair_value_usd",
        "unfunded_usd",
        "net_assets_pct",
        "fund_net_assets_usd",
        "schedule_gap_pct",
        "is_non_accrual",
        "is_pik",
        "fair_value_level",
        "borrower",
        "facility_id",
        "match_score",
    ],
    accession=[ACCESSION],
    holding_id=[],
    fund=[],
    fund_cik=[CIK],
    adviser=[],
    vehicle=[],
    form=[],
    period_end_on=[],
    issuer_name_raw=[],
    instrument_raw=[],
    rate_kind=[],
    benchmark=[],
    spread_bps=[Check.in_range(0, 5_000)],
    all_in_rate_pct=[Check.in_range(0, 50)],
    maturity_on=[],
    currency=[Check.str_matches(r"^[A-Z]{3}$")],
    par_usd=[DOLLARS],
    cost_usd=[Check.in_range(-1e9, 1e12)],
    fair_value_usd=[Check.in_range(-1e9, 1e12)],
    unfunded_usd=[DOLLARS],
    net_assets_pct=[Check.in_range(-100, 1_000)],
    fund_net_assets_usd=[Check.in_range(0, 1e13)],
    schedule_gap_pct=[Check.in_range(-100, 1_000)],
    is_non_accrual=[],
    is_pik=[],
    fair_value_level=[Check.isin([1, 2, 3])],
    par_basis=[],
    borrower=[],
    facility_id=[SLUG],
    match_score=[Check.in_range(0, 1)],
    match_reason=[],
    licence=[],
)

COMMITMENTS = contract(
    "commitments",
    "One row per commitment from one company to another and version of its terms.",
    prepare=between_known("from_entity", "to_entity"),
    reads=["entities"],
    committed=Committed(
        """Who invests in, buys from, leases from, lends to or guarantees whom, with citation.

        The payer comes first. Totals a company files ("total" in the name) contain single contracts
        that are listed too: never add them. Options, letters of intent and approvals are not
        binding; whether "up to" binds is unknown.
        """,
        is_whole=True,
    ),
    key=["commitment_id", "known_at", "source_url"],
    optional=["amount_usd", "is_binding", "announced_on", "ends_on"],
    commitment_id=[SLUG],
    from_entity=[],
    to_entity=[],
    commitment_kind=[],
    amount_usd=[DOLLARS],
    is_binding=[],
    deal_status=[],
    is_disputed=[],
    announced_on=[],
    ends_on=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

RATES = contract(
    "rates",
    "One row per interest rate, day and sighting.",
    key=["source", "rate_name", "observed_on", "known_at"],
    rate_name=[],
    observed_on=[],
    rate_pct=[Check.in_range(-5, 30)],
    licence=[],
)

PRIVATE_OFFERINGS = contract(
    "private_offerings",
    "One row per notice of an exempt offering (Form D) by a company of the universe.",
    key=["accession"],
    optional=["offering_usd", "sold_usd", "first_sale_on", "file_number", "industry"],
    accession=[ACCESSION],
    cik=[CIK],
    issuer_name_raw=[],
    form=[],
    filed_on=[],
    is_amendment=[],
    file_number=[],
    security_kind=[],
    industry=[],
    offering_usd=[DOLLARS],
    sold_usd=[DOLLARS],
    first_sale_on=[],
    licence=[],
)
