"""Paths of rent, utilisation and interest by quarter: measured ones and assumed ones.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.depreciation import SCENARIOS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, SCENARIOS)


SOURCE = Source(
    name="scenarios",
    homepage="warehouse/reference/scenarios.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=SCENARIOS,
    parse=parse,
    file="scenarios.csv",
)
