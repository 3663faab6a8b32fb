"""What kind of figure each metric is: a balance on a day or a flow through a period.

`is_leverage_input` marks what `steps.issuer_balance_day` sets side by side.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.filings import METRICS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, METRICS)


SOURCE = Source(
    name="metrics",
    homepage="warehouse/reference/metrics.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=METRICS,
    parse=parse,
    file="metrics.csv",
)
