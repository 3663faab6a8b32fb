"""How many accelerators each machine type has: one cited line per type, for every cloud.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.reference import MACHINE_TYPES
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, MACHINE_TYPES)


SOURCE = Source(
    name="machine_types",
    homepage="warehouse/reference/machine_types.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=MACHINE_TYPES,
    parse=parse,
    file="machine_types.csv",
)
