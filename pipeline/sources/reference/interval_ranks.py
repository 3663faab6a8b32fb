"""Ranks that bound the bootstrap interval of a median, by number of votes (methods/bootstrap.py).

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.reference import INTERVAL_RANKS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, INTERVAL_RANKS)


SOURCE = Source(
    name="interval_ranks",
    homepage="warehouse/reference/interval_ranks.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=INTERVAL_RANKS,
    parse=parse,
    file="interval_ranks.csv",
)
