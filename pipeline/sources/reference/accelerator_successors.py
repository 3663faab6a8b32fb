"""Which accelerator takes the place of which, one generation on, each pair with its citation.

A pair keeps the class (training part to training part, inference card to inference card) and the
form factor where the successor has it. A committed file: git keeps its history.
"""

import polars as pl

from pipeline.contracts.reference import ACCELERATOR_SUCCESSORS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, ACCELERATOR_SUCCESSORS)


SOURCE = Source(
    name="accelerator_successors",
    homepage="warehouse/reference/accelerator_successors.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=ACCELERATOR_SUCCESSORS,
    parse=parse,
    file="accelerator_successors.csv",
)
