"""What stands in for terms of facilities that filings redact or never state.

Terms that a filing states are in `facility_terms`; nothing here overrides them. A table that uses a
row names it in its column `inputs_assumed`.
"""

import polars as pl

from pipeline.contracts.credit import ASSUMED_TERMS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, ASSUMED_TERMS)


SOURCE = Source(
    name="assumed_terms",
    homepage="warehouse/reference/assumed_terms.csv",
    terms="Assumptions, each with the document it rests on.",
    licence="facts, cited per row",
    contract=ASSUMED_TERMS,
    parse=parse,
    file="assumed_terms.csv",
)
