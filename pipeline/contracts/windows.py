"""Which dates can be true: a window for every day and moment that a staging table holds.

The year 0001, 0025 or 9999 is a slip or a way to say "never"; it must not become a maturity. What
has happened cannot be dated after it was read: a day of grace covers time zones.
"""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from pipeline.columns import COLUMNS
from pipeline.contracts.rules import Check

if TYPE_CHECKING:
    import pandera.polars as pa

GRACE = timedelta(days=1)
# Committed facts are read on machines whose clock may be a year behind; never more.
WRONG_CLOCK = timedelta(days=400)


class Window(NamedTuple):
    """First and last day that can be true; without a last one, the day the row was read."""

    earliest: date
    latest: date | None = None


FAR = date(2150, 1, 1)
PERIOD = Window(date(1950, 1, 1), FAR)
PLAN = Window(date(1990, 1, 1), FAR)
EDGAR = Window(date(1993, 1, 1))  # its first electronic filings
WINDOWS: dict[str, Window] = {
    "captured_at": Window(date(2009, 1, 1), date.max),
    "read_on": Window(date(2009, 1, 1), date.max),
    "known_at": Window(date(1950, 1, 1)),
    "source_date": Window(date(1900, 1, 1)),
    "observed_at": Window(date(2006, 8, 24)),  # Amazon EC2's first day: no price by the hour before
    "observed_on": Window(date(1954, 1, 1)),  # the Federal Reserve's daily rates begin in 1954
    "level_on": Window(date(2006, 8, 24)),
    "priced_on": Window(date(2006, 8, 24)),
    "balance_on": Window(date(1990, 1, 1)),
    "filed_on": EDGAR,
    "accepted_at": EDGAR,
    "filed_from_on": PLAN,
    "recast_from_on": EDGAR,
    "recast_to_on": EDGAR,
    "period_start_on": PERIOD,
    "period_end_on": PERIOD,
    "period_from_on": PERIOD,
    "period_to_on": PERIOD,
    "announced_on": PLAN,
    "measured_on": Window(date(2006, 8, 24)),
    "available_on": PLAN,
    "closed_on": PLAN,
    "quoted_on": PERIOD,
    "draws_end_on": PLAN,
    "terms_from_on": PLAN,
    "first_sale_on": PLAN,
    "amortisation_from_on": PLAN,
    "dscr_tested_from_on": PLAN,
    "maturity_on": PLAN,
    "maturity_from_on": PLAN,
    "maturity_to_on": PLAN,
    "ends_on": PLAN,
    "effective_on": PLAN,
    "effect_from_on": PLAN,
    "effect_to_on": PLAN,
}


def is_dated(name: str) -> bool:
    """Whether a column holds days or moments."""
    return COLUMNS[name].dtype.is_temporal()


def within(name: str) -> Check:
    """The check that a column's days lie in its window; nothing is said of nulls.

    Raises:
        KeyError: a day or moment without a window.
    """
    if name not in WINDOWS:
        raise KeyError(f"{name} holds dates: say in contracts/windows.py which can be true")
    window = WINDOWS[name]
    last = "the day it was read" if window.latest is None else str(window.latest)
    if window.latest == date.max:
        last = "now"

    def plausible(data: "pa.PolarsData") -> pl.LazyFrame:
        day = pl.col(name).cast(pl.Date)
        latest: pl.Expr
        if window.latest is None:
            latest = pl.col("captured_at").cast(pl.Date) + GRACE
        elif window.latest == date.max:
            latest = pl.lit((datetime.now(UTC) + WRONG_CLOCK).date())
        else:
            latest = pl.lit(window.latest)
        inside = (day >= pl.lit(window.earliest)) & (day <= latest)
        return data.lazyframe.select(inside.fill_null(True))

    return Check(plausible, name=f"between {window.earliest} and {last}")


# Unicode's category Cc: C0, DEL and C1. Tab and line ends are what a document's layout leaves.
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"


def readable(names: list[str]) -> Check:
    """The check that no text of these columns holds a control character."""
    found = pl.any_horizontal(pl.col(each).str.contains(CONTROL) for each in names)

    def clean(data: "pa.PolarsData") -> pl.LazyFrame:
        return data.lazyframe.select(~found.fill_null(False))

    return Check(clean, name="no control characters in text")
