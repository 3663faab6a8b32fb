"""What a commitment concept of an issuer was found to hold, read in its filings.

The concept does not say it: one element carries supply, leases not begun, rent to be received and
prepaid rent (TRAPS 57, 59). A concept of an issuer that has no line here has an unknown meaning.
Empty dimensions mean the undimensioned figure; `period_to_on` is the last period end before the
figure froze or moved to a dimension.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.filings import COMMITMENT_MEANINGS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, COMMITMENT_MEANINGS).with_columns(
        pl.col("dimensions").fill_null("")
    )


SOURCE = Source(
    name="commitment_meanings",
    homepage="warehouse/reference/commitment_meanings.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=COMMITMENT_MEANINGS,
    parse=parse,
    file="commitment_meanings.csv",
)
