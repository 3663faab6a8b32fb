"""Ordered rules from upstream spellings to canonical skus (METHODS 1.1); no match, no guess.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.reference import ACCELERATOR_ALIASES
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, ACCELERATOR_ALIASES)


SOURCE = Source(
    name="accelerator_aliases",
    homepage="warehouse/reference/accelerator_aliases.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=ACCELERATOR_ALIASES,
    parse=parse,
    file="accelerator_aliases.csv",
)
