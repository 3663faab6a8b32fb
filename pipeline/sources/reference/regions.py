"""Ordered rules from a provider's region to a part of the world.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.reference import REGIONS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, REGIONS)


SOURCE = Source(
    name="regions",
    homepage="warehouse/reference/regions.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=REGIONS,
    parse=parse,
    file="regions.csv",
)
