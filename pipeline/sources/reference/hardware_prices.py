"""What accelerators cost as things, one cited price per row: sold, asked and estimated apart.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.depreciation import HARDWARE_PRICES
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, HARDWARE_PRICES)


SOURCE = Source(
    name="hardware_prices",
    homepage="warehouse/reference/hardware_prices.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=HARDWARE_PRICES,
    parse=parse,
    file="hardware_prices.csv",
)
