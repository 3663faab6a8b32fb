"""Contracts of what the thesis tables rest on: claims, pairs, results, revenue, backstops."""

from typing import TYPE_CHECKING

import polars as pl

from pipeline.contracts import Committed, contract
from pipeline.contracts.reference import SKU, SLUG
from pipeline.contracts.rules import Check
from pipeline.identity.edges import between_known

if TYPE_CHECKING:
    import pandera.polars as pa

MONEY = Check.in_range(0, 1e13)
METRIC = Check.str_matches(
    r"^(revenue|gross_profit|operating_income|cost_of_revenue|annual_run_rate)$"
)
CLAIM = Check.str_matches(r"^[a-z][a-z0-9_]*$")


def _range_in_order(data: "pa.PolarsData") -> pl.LazyFrame:
    low, high = pl.col("claimed_low_value"), pl.col("claimed_high_value")
    return data.lazyframe.select((low <= high).fill_null(True))


CLAIMS = contract(
    "claims",
    "One row per claim of the founding article, or of what it leans on, in our words.",
    committed=Committed(
        """
        Claims to be held against the tables: what is claimed, and between which values it is true.

        A claim that names a number keeps it in `claimed_value`; the range says what would make the
        sentence true ("more than 12 billion" has no upper end). Ranges of vague words (about, most,
        largely) are our reading, and `evidence` gives it. Where the article's own words are not on
        record the citation is a page that states the same.
        """,
        is_whole=True,
    ),
    key=["claim_id"],
    optional=["claimed_value", "claimed_low_value", "claimed_high_value"],
    claim_id=[CLAIM],
    subject=[],
    claim=[],
    claimed_value=[],
    claimed_low_value=[],
    claimed_high_value=[Check(_range_in_order, name="a range has its low end first")],
    unit=[],
    evidence_kind=[],
    evidence=[],
    source_date=[],
    read_on=[],
)


def _two_parts(data: "pa.PolarsData") -> pl.LazyFrame:
    return data.lazyframe.select(pl.col("challenger") != pl.col("reference"))


PEER_PAIRS = contract(
    "peer_pairs",
    "One row per accelerator and the NVIDIA part of its generation it is held against.",
    committed=Committed(
        """
        Which NVIDIA part each challenger is held against, with the reason.

        The reason and whether a part can be rented are the reader's judgement, not quotations; a
        part that nobody rents out keeps its row.
        """,
        is_whole=True,
    ),
    key=["challenger", "reference"],
    challenger=[SKU, Check(_two_parts, name="a part is no challenger of itself")],
    reference=[SKU],
    is_primary_pair=[],
    rental_market=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

BENCHMARKS = contract(
    "benchmarks",
    "One row per public result of an accelerator: round, model, scenario, size and precision.",
    committed=Committed(
        """
        Results of MLPerf, the best of each part, size, availability and precision.

        Closed division only. Results compare within one round, model and scenario, between systems
        of about the same size; the mart does that. Training times are multiplied by the number of
        accelerators. Derived per-accelerator figures are ours and not verified by MLCommons, whose
        trademark the name is. Chosen: tasks in which both parts of a pair stand.
        """,
        terms="Apache-2.0, MLCommons",
        licence="Apache-2.0",
        is_whole=True,
    ),
    key=[
        "benchmark_suite",
        "benchmark_version",
        "benchmark_model",
        "benchmark_scenario",
        "accelerator",
        "accelerator_count",
        "availability",
        "weight_format",
        "submitter",
        "source_url",
    ],
    optional=["weight_format", "result_id"],
    benchmark_suite=[],
    benchmark_version=[],
    benchmark_model=[],
    benchmark_scenario=[],
    accelerator=[SKU],
    accelerator_count=[Check.in_range(1, 100_000)],
    availability=[],
    weight_format=[],
    submitter=[],
    result_id=[],
    per_accelerator_value=[Check.gt(0)],
    unit=[],
    is_higher_better=[],
    evidence=[],
    source_date=[],
    read_on=[],
)


def _period_in_order(data: "pa.PolarsData") -> pl.LazyFrame:
    start, end = pl.col("period_start_on"), pl.col("period_end_on")
    return data.lazyframe.select((start <= end).fill_null(True))


PERIOD = Check(_period_in_order, name="a period begins before it ends")

SEGMENT_FIGURES = contract(
    "segment_figures",
    "One row per figure of a company, segment or product for a period, and document.",
    committed=Committed(
        """
        Revenue and profit of the layers, where no tagged figure of a filing gives it.

        Segments of chip makers and clouds, margins of companies, and what model and application
        companies or the press say. `figure_kind` tells reported figures from announcements,
        run-rates, press and feeds; they are never in one sum. A line that was redefined is a series
        of its own (NVIDIA's platform and its segment since fiscal 2027). Losses are negative.
        """,
        is_whole=True,
    ),
    key=[
        "company",
        "segment",
        "metric",
        "figure_kind",
        "period_start_on",
        "period_end_on",
        "known_at",
    ],
    optional=["period_start_on", "accelerator_line_number"],
    company=[],
    layer=[],
    segment=[],
    metric=[METRIC],
    figure_kind=[],
    period_start_on=[],
    period_end_on=[PERIOD],
    value_usd=[Check.in_range(-1e12, 1e12)],
    amount_qualifier=[],
    accelerator_line_number=[Check.ge(1)],
    evidence=[],
    source_date=[],
    read_on=[],
)

CHIP_ESTIMATES = contract(
    "chip_estimates",
    "One row per chip and quarter: Epoch AI's estimate of units, computing power and cost.",
    committed=Committed(
        """
        Chips delivered by quarter as Epoch AI estimates them, in-house chips included.

        April 2026 vintage up to mid-2025, September 2026 after. Rows of AWS and of Chinese
        designers end in 2025, so that later shares overstate the rest; costs exist from the third
        quarter of 2025. The H200 is counted with the H100.
        """,
        terms="CC BY 4.0, Epoch AI (epoch.ai)",
        licence="CC BY 4.0",
        is_whole=True,
    ),
    key=["designer", "chip", "period_end_on", "known_at"],
    optional=["accelerator", "unit_count", "unit_low_count", "unit_high_count", "chip_cost_usd"],
    designer=[],
    chip=[],
    accelerator=[SKU],
    period_start_on=[],
    period_end_on=[PERIOD],
    unit_count=[Check.ge(0)],
    unit_low_count=[Check.ge(0)],
    unit_high_count=[Check.ge(0)],
    h100_equivalents=[Check.ge(0)],
    chip_cost_usd=[MONEY],
    evidence=[],
    source_date=[],
    read_on=[],
)

ENTITIES = contract(
    "entities",
    "One row per company, fund or vehicle that commitments and backstops name.",
    committed=Committed(
        """
        Who is named in commitments and backstops, by one name, and where it stands.

        A name that is not here refuses the file that uses it: a misspelt company would open a loop.
        """,
        is_whole=True,
    ),
    key=["entity"],
    entity=[],
    canonical_entity=[],
    entity_role=[],
    evidence=[],
    source_date=[],
    read_on=[],
)


BACKSTOPS = contract(
    "backstops",
    "One row per statement of who stands behind whom, and document.",
    prepare=between_known("guarantor", "guaranteed"),
    reads=["entities"],
    committed=Committed(
        """
        Guarantees, capacity taken back, and indemnities, with what each stands behind.

        Statements of one risk share `exposure_id`: a total that grows by quarter, a guarantee told
        by a filing and by the press, an indemnity that gives the same risk to somebody else. A
        total contains single contracts (`inside_exposure_id`). Whether memoranda bind is in
        `is_binding`, empty where no document says.
        """,
        is_whole=True,
    ),
    key=["backstop_id", "known_at"],
    optional=["inside_exposure_id", "amount_usd", "is_binding", "announced_on", "ends_on"],
    backstop_id=[SLUG],
    exposure_id=[SLUG],
    guarantor=[],
    guaranteed=[],
    stands_behind=[],
    backstop_kind=[],
    is_total=[],
    inside_exposure_id=[SLUG],
    amount_usd=[MONEY],
    amount_qualifier=[],
    is_binding=[],
    deal_status=[],
    announced_on=[],
    ends_on=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

DEBT_TALLIES = contract(
    "debt_tallies",
    "One row per published tally of debt raised or owed, its period and document.",
    committed=Committed(
        """
        What others counted: debt of technology and telecom companies, then and now.

        Stocks, gross and net issues, loans, deals and forecasts stand side by side by design, and
        `tally_measure` tells them apart. Currency is the unit. No public series splits technology
        and telecom issuance of the 1990s by year; two tallies of telecom's are what there is.
        """,
        is_whole=True,
    ),
    key=[
        "series_name",
        "scope",
        "tally_measure",
        "period_start_on",
        "period_end_on",
        "unit",
        "known_at",
    ],
    optional=["geography", "period_start_on"],
    series_name=[],
    scope=[],
    geography=[],
    tally_measure=[],
    period_start_on=[],
    period_end_on=[PERIOD],
    amount=[MONEY],
    unit=[],
    amount_qualifier=[],
    evidence=[],
    source_date=[],
    read_on=[],
)

CONSUMER_PRICES = contract(
    "cpi",
    "One row per month: the US consumer price index, not seasonally adjusted.",
    committed=Committed(
        """
        The consumer price index of the BLS (CUUR0000SA0), by which old dollars are made new ones.

        October 2025 does not exist: the office was shut. Each month is known from the end of the
        next, never too early.
        """,
        terms="US government work",
        licence="public domain",
        is_whole=True,
    ),
    key=["price_index_series", "period_end_on", "known_at"],
    price_index_series=[],
    period_end_on=[],
    price_index_level=[Check.in_range(50, 2_000)],
    evidence=[],
    source_date=[],
    read_on=[],
)

CHIP_USES = contract(
    "chip_uses",
    "One row per saying of what runs on whose chips, and document.",
    committed=Committed(
        """
        Which model or service runs on which chip, as companies, contracts and the press say.

        Quotes, not measurements. What no document tells is a row too (`not told`), so that a claim
        about all of it does not look proven by a part.
        """,
        is_whole=True,
    ),
    key=["customer", "model_or_use", "chip_vendor", "accelerator_raw", "chip_relation", "known_at"],
    optional=["amount_usd", "is_binding", "announced_on"],
    customer=[],
    model_or_use=[],
    chip_vendor=[],
    accelerator_raw=[],
    chip_relation=[],
    amount_usd=[MONEY],
    is_binding=[],
    deal_status=[],
    announced_on=[],
    evidence=[],
    source_date=[],
    read_on=[],
)
