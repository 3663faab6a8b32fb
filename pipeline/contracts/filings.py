"""Contracts of issuers, their filings, the figures in them, and the rules that read the figures."""

from typing import TYPE_CHECKING

import polars as pl

from pipeline.contracts import Committed, contract
from pipeline.contracts.rules import Check
from pipeline.identity.facts import dated

if TYPE_CHECKING:
    import pandera.polars as pa

CIK = Check.str_matches(r"^\d{10}$")
ANY_CIK = Check.str_matches(r"^(\d{10}|\*)$")
ACCESSION = Check.str_matches(r"^\d{10}-\d{2}-\d{6}$")
METRIC = Check.str_matches(r"^[a-z][a-z0-9_]*$")


def _ends_after_it_starts(data: "pa.PolarsData") -> pl.LazyFrame:
    return data.lazyframe.select(
        pl.col("period_start_on").is_null() | (pl.col("period_start_on") <= pl.col("period_end_on"))
    )


ISSUERS = contract(
    "issuers",
    "One row per company and stretch of time in which its figures have one perimeter and basis.",
    committed=Committed(
        """
        Companies whose filings are read, one row per stretch of time with one perimeter and basis.

        CIKs as in the SEC's ticker file of April 2026. `filed_from_on` and `period_from_on` keep a
        predecessor's figures out, where a CIK was another company's before; 2009-01-01,
        when tagging began, stands for no bound. Where a company filed the same periods on two
        bases, the row says which is preferred. `known_at` is when the document cited was public,
        which for most is the first tagged report on record.
        """,
    ),
    key=["cik", "period_from_on"],
    optional=["ticker", "period_to_on", "perimeter"],
    cik=[CIK],
    issuer=[],
    name=[],
    ticker=[],
    layer=[],
    fiscal_year_end=[Check.str_matches(r"^\d{2}-\d{2}$")],
    accounting_basis=[],
    perimeter=[],
    filed_from_on=[],
    period_from_on=[],
    period_to_on=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

RECASTS = contract(
    "recasts",
    "One row per stretch of filings of a company whose flows leave out a part of its business.",
    committed=Committed(
        """
        Filings whose flows leave out a part of the business that later filings count again.

        A part held for sale moves out of revenue, operating income and depreciation of every
        period that such a filing prints, and back in if it is kept. Figures of these filings are
        real, but no difference and no sum mixes them with others: they are a perimeter of their
        own. Balances are not touched. Both days count.
        """,
    ),
    key=["cik", "recast_from_on"],
    cik=[CIK],
    perimeter=[],
    recast_from_on=[],
    recast_to_on=[],
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
    period_end_on=[Check(_ends_after_it_starts, name="a period ends after it starts")],
    dimensions=[],
    value=[Check.in_range(-1e18, 1e18)],
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
    committed=Committed(
        """
        What kind of document each SEC form type is, so that rules can tell a report from a proxy.

        An amendment is of the kind of what it amends, so `/A` has no line of its own.
        """,
    ),
    key=["form"],
    form=[Check.str_matches(r"^[^/]+$")],
    report_kind=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

METRICS = contract(
    "metrics",
    "One row per metric that recipes add up: what kind of figure it is.",
    committed=Committed(
        """
        What kind of figure each metric is: a balance on a day or a flow through a period.

        `is_leverage_input` marks what `steps.issuer_balance_day` sets side by side.
        """,
    ),
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
    committed=Committed(
        """
        Which concepts add up to a metric, per issuer, with the filing each rule rests on.

        One line is one concept of one alternative; `rank` orders alternatives and an issuer's own
        lines replace those of `*` for the metric. A rule counts as known from the filing that shows
        the tag (for `*`, from the taxonomy), so that a rewound warehouse still reads figures as
        they could be read then. A line of low confidence rests on one reader, or names a tag that
        no held filing shows. Empty dimensions mean the undimensioned figure.
        """,
        blank=("dimensions",),
    ),
    key=["cik", "metric", "rank", "taxonomy", "concept", "dimensions"],
    optional=["period_from_on", "period_to_on", "dimensions"],
    cik=[ANY_CIK],
    metric=[METRIC],
    rank=[Check.ge(1)],
    taxonomy=[],
    concept=[],
    dimensions=[],
    weight=[Check.isin([-1.0, 1.0])],
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
    "One row per commitment concept of an issuer and what it was found to hold.",
    committed=Committed(
        """What a commitment concept of an issuer was found to hold, read in its filings.

        The concept does not say it: one element carries supply, leases not begun, rent to be
        received and prepaid rent. A concept of an issuer that has no line here has
        an unknown meaning. Empty dimensions mean the undimensioned figure; `period_to_on` is the
        last period end before the figure froze or moved to a dimension.
        """,
        blank=("dimensions",),
    ),
    key=["cik", "taxonomy", "concept", "dimensions", "period_from_on"],
    optional=["period_to_on", "dimensions"],
    cik=[CIK],
    taxonomy=[],
    concept=[],
    dimensions=[],
    obligation_kind=[],
    period_from_on=[],
    period_to_on=[],
    evidence=[],
    source_date=[],
    read_on=[],
)
