"""What is owed under each facility, by balance day and document.

Principal, carrying value and effective rate as filed, never mixed (TRAPS 66 to 68). CoreWeave's
instruments come to the totals its debt notes state: 8,033,477,000 at the end of 2024,
11,171,485,000 at mid-2025 and 25,149,000,000 in March 2026, where one line holds OEM and software
licence financing. A committed file: git keeps its history.
"""

import polars as pl

from pipeline.contracts.credit import FACILITY_BALANCES
from pipeline.sources.source import Capture, Source, read_reference


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file."""
    return read_reference(body, FACILITY_BALANCES)


SOURCE = Source(
    name="facility_balances",
    homepage="warehouse/reference/facility_balances.csv",
    terms="Facts, cited row by row.",
    licence="facts, cited per row",
    contract=FACILITY_BALANCES,
    parse=parse,
    file="facility_balances.csv",
)
