"""Terms of debt facilities, one cited row per facility and version.

Filed documents go before releases, releases before press (`deal_status`); where they disagree each
has its row and `is_disputed` (TRAPS 69, 70). Every version repeats all terms known by then, so the
newest row known is complete. What a filing redacts is empty and named in `redacted_terms`. A
facility inside another one names it in `parent_facility_id`: add up rows without a parent only.
`benchmark` is UST where notes were priced over Treasuries at a fixed coupon. A committed file: git
keeps its history.
"""

import polars as pl

from pipeline.contracts.credit import FACILITY_TERMS
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, FACILITY_TERMS)


SOURCE = Source(
    name="facility_terms",
    homepage="warehouse/reference/facility_terms.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=FACILITY_TERMS,
    parse=parse,
    file="facility_terms.csv",
)
