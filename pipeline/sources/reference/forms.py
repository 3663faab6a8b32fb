"""What kind of document each SEC form type is, so that rules can tell a report from a proxy.

An amendment is of the kind of what it amends, so `/A` has no line of its own.

A committed file: git keeps its history, and every row carries its own citation.
"""

import polars as pl

from pipeline.contracts.filings import FORMS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, FORMS)


SOURCE = Source(
    name="forms",
    homepage="warehouse/reference/forms.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=FORMS,
    parse=parse,
    file="forms.csv",
)
