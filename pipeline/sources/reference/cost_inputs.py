"""Costs and technical inputs of renting an accelerator out, with the range each source gives.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.depreciation import COST_INPUTS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, COST_INPUTS)


SOURCE = Source(
    name="cost_inputs",
    homepage="warehouse/reference/cost_inputs.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=COST_INPUTS,
    parse=parse,
    file="cost_inputs.csv",
)
