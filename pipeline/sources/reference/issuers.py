"""Companies whose filings are read, one row per stretch of time with one perimeter and basis.

A committed file; CIKs as in the SEC's ticker file of April 2026. `filed_from_on` and
`period_from_on` keep a predecessor's figures out, where a CIK was another company's before (TRAPS
52); 2009-01-01, when tagging began, stands for no bound. Where a company filed the same periods on
two bases, the row says which is preferred. `known_at` is when the document cited was public, which
for most is the first tagged report on record.
"""

import polars as pl

from pipeline.contracts.filings import ISSUERS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, ISSUERS)


SOURCE = Source(
    name="issuers",
    homepage="warehouse/reference/issuers.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=ISSUERS,
    parse=parse,
    file="issuers.csv",
)
