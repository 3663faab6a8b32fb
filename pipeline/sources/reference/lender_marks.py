"""Marks of lenders on GPU-backed loans at 2026-03-31, read line by line from their 10-Qs.

Grain: one lot of a loan in one fund's schedule of investments; filings print thousands, a row is in
US dollars. A committed file: git keeps its history, and every row carries its own citation.
Clock: the filing days were not recorded. `known_at` is the end of 2026-05-15, the last day on which
a 10-Q for that quarter may be filed (Form 10-Q, general instruction A.1: 45 days, or 40 for an
accelerated filer), so no row is known before the public could read it.

Traps: a facility's maturity differs by holder, since each draw has its own; kept as filed. A
commitment that is mostly undrawn reads far below par without being marked down: `par_basis` is left
to the rule of METHODS 9 where an undrawn part is filed. A month without a day is its last day.
"""

import polars as pl

from pipeline.columns import COLUMNS
from pipeline.contracts.credit import FUND_HOLDINGS
from pipeline.sources.committed import READ_AT, read_typed
from pipeline.sources.source import Capture, Source

LICENCE = "facts of SEC filings, public domain, cited per row"
# Filled by the runner and by the rules, or the same for every row.
NOT_IN_FILE = {
    "source",
    "captured_at",
    "licence",
    "net_assets_pct",
    "fund_net_assets_usd",
    "schedule_gap_pct",
    "is_non_accrual",
    "is_pik",
    "borrower",
    "facility_id",
    "match_score",
    "match_reason",
}
CITED = ("evidence", "source_date", "read_on")


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per line of the file.

    Raises:
        ParseError: a column missing or one too many, or a cell that is not of the column's type.
    """
    expected = [name for name in FUND_HOLDINGS.columns if name not in NOT_IN_FILE]
    unknown = ("net_assets_pct", "fund_net_assets_usd", "schedule_gap_pct")
    flags = ("is_non_accrual", "is_pik")
    return read_typed(body, [*expected, *CITED]).select(
        *expected,
        *(pl.lit(None, COLUMNS[name].dtype).alias(name) for name in (*unknown, *flags)),
        captured_at=READ_AT,
        licence=pl.lit(LICENCE),
    )


SOURCE = Source(
    name="lender_marks",
    homepage="warehouse/reference/lender_marks.csv",
    terms="Facts, cited row by row.",
    licence=LICENCE,
    contract=FUND_HOLDINGS,
    parse=parse,
    file="lender_marks.csv",
    refresh_days=92,
)
