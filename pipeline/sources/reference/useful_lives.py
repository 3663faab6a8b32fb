"""Lives companies give their servers and GPUs, and what changing one did to their books.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.depreciation import USEFUL_LIVES
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, USEFUL_LIVES)


SOURCE = Source(
    name="useful_lives",
    homepage="warehouse/reference/useful_lives.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=USEFUL_LIVES,
    parse=parse,
    file="useful_lives.csv",
)
