"""Who invests in, buys from, leases from, lends to or guarantees whom, with citation.

The payer comes first. Totals a company files ("total" in the name) contain single contracts that
are listed too: never add them. Options, letters of intent and approvals are not binding; whether
"up to" binds is unknown. A committed file: git keeps its history.
"""

import polars as pl

from pipeline.contracts.credit import COMMITMENTS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, COMMITMENTS)


SOURCE = Source(
    name="commitments",
    homepage="warehouse/reference/commitments.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=COMMITMENTS,
    parse=parse,
    file="commitments.csv",
)
