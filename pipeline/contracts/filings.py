"""Contracts of issuers, their filings, the figures in them, and the rules that read the figures."""

import pandera.polars as pa
import polars as pl

from pipeline.contracts import contract
from pipeline.identity.facts import dated

CIK = pa.Check.str_matches(r"^\d{10}$")
ANY_CIK = pa.Check.str_matches(r"^(\d{10}|\*)$")
ACCESSION = pa.Check.str_matches(r"^\d{10}-\d{2}-\d{6}$")
LAYERS = ["chips", "servers", "neocloud", "hyperscaler", "landlord", "application"]
METRIC = pa.Check.str_matches(r"^[a-z][a-z0-9_]*$")
REPORT_KINDS = ["annual", "quarterly", "furnished", "current", "proxy", "registration"]
OBLIGATIONS = [
    "leases_not_commenced",
    "supply",
    "supply_and_capex",
    "capex",
    "cloud",
    "content",
    "energy",
    "mixed",
    "receivable",
    "not_a_commitment",
]


def _ends_after_it_starts(data: pa.PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(
        pl.col("period_start_on").is_null() | (pl.col("period_start_on") <= pl.col("period_end_on"))
    )


ISSUERS = contract(
    "issuers",
    "One row per company and stretch of time in which its figures have one perimeter and basis.",
    key=["cik", "period_from_on"],
    optional=["ticker", "period_to_on", "perimeter"],
    cik=[CIK],
    issuer=[],
    name=[],
    ticker=[],
    layer=[pa.Check.isin(LAYERS)],
    fiscal_year_end=[pa.Check.str_matches(r"^\d{2}-\d{2}$")],
    accounting_basis=[pa.Check.isin(["us_gaap", "ifrs"])],
    perimeter=[],
    filed_from_on=[],
    period_from_on=[],
    period_to_on=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

FILINGS = contract(
    "filings",
    "One row per document filed with the SEC by a company of the universe.",
    key=["accession"],
    optional=["items", "period_end_on", "document", "is_xbrl"],
    cik=[CIK],
    accession=[ACCESSION],
    form=[],
    items=[],
    period_end_on=[],
    filed_on=[],
    accepted_at=[],
    document=[],
    is_xbrl=[],
    licence=[],
)

FILING_FACTS = contract(
    "filing_facts",
    "One row per figure of a filing, as filed; a restated figure is a further row of a later "
    "filing.",
    key=[
        "accession",
        "taxonomy",
        "concept",
        "unit",
        "period_start_on",
        "period_end_on",
        "dimensions",
    ],
    prepare=dated,
    reads=["filings"],
    measure="value",
    optional=["period_start_on", "decimals", "form"],
    cik=[CIK],
    accession=[ACCESSION],
    form=[],
    filed_on=[],
    taxonomy=[],
    concept=[],
    unit=[],
    period_start_on=[],
    period_end_on=[pa.Check(_ends_after_it_starts, name="a period ends after it starts")],
    dimensions=[],
    value=[pa.Check.in_range(-1e18, 1e18)],
    decimals=[],
    licence=[],
)

FILING_MENTIONS = contract(
    "filing_mentions",
    "One row per document of a filing in which a phrase was found: new financings show here first.",
    key=["accession", "document", "phrase"],
    optional=["items", "period_end_on"],
    cik=[CIK],
    accession=[ACCESSION],
    document=[],
    form=[],
    items=[],
    filed_on=[],
    period_end_on=[],
    phrase=[],
    licence=[],
)

FORMS = contract(
    "forms",
    "One row per SEC form type, without its amendments: what kind of document it is.",
    key=["form"],
    form=[pa.Check.str_matches(r"^[^/]+$")],
    report_kind=[pa.Check.isin(REPORT_KINDS)],
    evidence=[],
    source_date=[],
    read_on=[],
)

METRICS = contract(
    "metrics",
    "One row per metric that recipes add up: what kind of figure it is.",
    key=["metric"],
    metric=[METRIC],
    is_balance=[],
    is_leverage_input=[],
    is_never_negative=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

CONCEPT_RECIPES = contract(
    "concept_recipes",
    "One row per concept an alternative of a metric adds up; an issuer's own rows replace those "
    "of * for the metric, but fallbacks alone replace no full alternative.",
    key=["cik", "metric", "rank", "taxonomy", "concept", "dimensions"],
    optional=["period_from_on", "period_to_on", "dimensions"],
    cik=[ANY_CIK],
    metric=[METRIC],
    rank=[pa.Check.ge(1)],
    taxonomy=[],
    concept=[],
    dimensions=[],
    weight=[pa.Check.isin([-1.0, 1.0])],
    is_required=[],
    is_fallback=[],
    period_from_on=[],
    period_to_on=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

COMMITMENT_MEANINGS = contract(
    "commitment_meanings",
    "One row per commitment concept of an issuer and what it was found to hold (TRAPS 57, 59).",
    key=["cik", "taxonomy", "concept", "dimensions", "period_from_on"],
    optional=["period_to_on", "dimensions"],
    cik=[CIK],
    taxonomy=[],
    concept=[],
    dimensions=[],
    obligation_kind=[pa.Check.isin(OBLIGATIONS)],
    period_from_on=[],
    period_to_on=[],
    evidence=[],
    source_date=[],
    read_on=[],
)
