"""Operators that rent accelerators out, with tier, owner and the spellings seen upstream.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.reference import PROVIDERS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, PROVIDERS)


SOURCE = Source(
    name="providers",
    homepage="warehouse/reference/providers.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=PROVIDERS,
    parse=parse,
    file="providers.csv",
)
