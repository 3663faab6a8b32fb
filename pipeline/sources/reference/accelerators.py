"""Accelerator specifications, one cited row per sku: memory, bandwidth, dense throughput, power.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.reference import ACCELERATORS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, ACCELERATORS)


SOURCE = Source(
    name="accelerators",
    homepage="warehouse/reference/accelerators.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=ACCELERATORS,
    parse=parse,
    file="accelerators.csv",
)
