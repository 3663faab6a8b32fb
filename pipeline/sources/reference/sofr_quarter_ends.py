"""SOFR at each quarter's end since 2021, as single cited figures, for a run without a network.

Grain: one business day, the last of a quarter, and the newest day held. `nyfed_sofr` has every day.
Clock: known at 13:00 UTC of the next business day, 8:00 in New York in winter, so never too early.
Trust: read through a public copy of FRED's series that agreed with the NY Fed on the four days both
were held, hence medium. `source_url` asks the NY Fed for that one day.

A committed file: git keeps its history.
"""

import polars as pl

from pipeline.contracts.credit import RATES
from pipeline.sources.committed import READ_AT, read_typed
from pipeline.sources.source import Capture, Source

COLUMNS = (
    "rate_name",
    "observed_on",
    "rate_pct",
    "evidence",
    "source_url",
    "source_date",
    "known_at",
    "read_on",
    "confidence",
)


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_typed(body, COLUMNS).select(
        "rate_name",
        "observed_on",
        "rate_pct",
        "known_at",
        "source_url",
        "confidence",
        captured_at=READ_AT,
        licence=pl.lit(SOURCE.licence),
    )


SOURCE = Source(
    name="sofr_quarter_ends",
    homepage="warehouse/reference/sofr_quarter_ends.csv",
    terms="Single dated figures of the NY Fed, quoted with citation; no series is kept.",
    licence="quoted facts, cited per row",
    contract=RATES,
    parse=parse,
    file="sofr_quarter_ends.csv",
    refresh_days=92,
)
