"""Which forms of an accelerator are the sockets of a training machine, each with its citation.

A committed file: git keeps its history.
"""

import polars as pl

from pipeline.contracts.reference import FORM_FACTORS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, FORM_FACTORS)


SOURCE = Source(
    name="form_factors",
    homepage="warehouse/reference/form_factors.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=FORM_FACTORS,
    parse=parse,
    file="form_factors.csv",
)
