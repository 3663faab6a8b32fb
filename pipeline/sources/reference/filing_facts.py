"""Figures of filings since December 2018 that leverage is computed from, each with its accession.

`distil` makes the file out of recorded SEC answers, recorded filings and extracts that
name the filing (`_filing_recorded`), and a table of figures read one by one (`_filing_read`). A
later filing that only repeats a figure is left out, one that changes it is a further row. Values
are as filed, scale and sign applied. Confidence is high where the SEC's own facts or the filing
were recorded, medium where a person or a secondary reader copied the figure, low where one reader
stands alone. `untagged` figures were read from a document's text or recorded without their tag.

An address is only written where it is not the filing's index page.
"""

from datetime import timedelta

import polars as pl

from pipeline.contracts.filings import FILING_FACTS
from pipeline.sources.committed import read_typed
from pipeline.sources.source import Capture, Source

COLUMNS = (
    "cik",
    "accession",
    "form",
    "filed_on",
    "taxonomy",
    "concept",
    "unit",
    "period_start_on",
    "period_end_on",
    "dimensions",
    "value",
    "decimals",
    "source_url",
    "confidence",
    "read_on",
)
LICENCE = "facts of SEC filings, public domain, cited per row"
ARCHIVE = "https://www.sec.gov/Archives/edgar/data/{}/{}/{}-index.htm"


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file; the contract adds when it became known.

    Raises:
        ParseError: a column missing or one too many, or a cell that is not of the column's type.
    """
    accession = pl.col("accession")
    index = pl.format(
        ARCHIVE,
        pl.col("cik").str.strip_chars_start("0"),
        accession.str.replace_all("-", "", literal=True),
        accession,
    )
    moment = pl.Datetime("us")
    read_at = pl.col("read_on").cast(moment).dt.replace_time_zone("UTC")
    filed_by = (pl.col("filed_on") + timedelta(days=1)).cast(moment).dt.replace_time_zone("UTC")
    return (
        read_typed(body, COLUMNS)
        .with_columns(
            pl.col("dimensions").fill_null(""),
            pl.col("source_url").fill_null(index),
            captured_at=pl.max_horizontal(read_at, filed_by),
            licence=pl.lit(LICENCE),
        )
        .drop("read_on")
    )


SOURCE = Source(
    name="filing_facts",
    homepage="warehouse/reference/filing_facts.csv",
    terms="Facts of filings with the SEC, cited row by row.",
    licence=LICENCE,
    contract=FILING_FACTS,
    parse=parse,
    file="filing_facts.csv",
    refresh_days=92,
)
