"""US Treasury: par yields of constant maturity, 1 month to 30 years, on each trading day.

Grain: one maturity and day; rates are named UST 1M, UST 1.5M, UST 5Y and so on.
Units: percent a year, bond-equivalent (semi-annual) yields, which is no effective annual rate.
Clock: quotes of about 15:30 in New York, posted that evening, usually by 18:00 there. The file does
not say when, so a yield is known at the end of its day (UTC), or when read if that is sooner.
Limits: no key, no stated quota; one file a year, some 250 lines. Early in January the year before
is asked too, for its last days.
Terms: a work of the US government, in the public domain.

Traps: columns come and go (4 months since 2022-10, 1.5 months since 2025-02, 20 and 30 years with
gaps), so they are read by name and an empty cell or N/A is no row. `1.5 Month` is spelled unlike
`1 Mo`. Months first in dates. Newest first. A yield that is corrected in place after it landed
keeps its first value here: the file does not tell when it changed; the raw store has both.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial

import polars as pl

from pipeline.capture import http
from pipeline.contracts.credit import RATES
from pipeline.sources.source import Backfill, Capture, Held, ParseError, Part, Source

FILES = "https://home.treasury.gov/resource-center/data-chart-center/interest-rates"
SINCE = date(2015, 1, 1)
TENOR = re.compile(r"(\d+(?:\.\d+)?) (Mo|Month|Yr|Year)s?")
NEEDED = {"UST 1Y", "UST 5Y", "UST 10Y"}  # in every file since 1990
ABSENT = ("", "N/A")
MOMENT = pl.Datetime("us", "UTC")


def fetch(held: Held) -> Iterator[Part]:
    today = datetime.now(UTC).date()
    # A year's file has no lines before its first trading day.
    for year in sorted({(today - timedelta(days=each)).year for each in (10, 3)}):
        yield _asked(year, held(f"{year}"))


def fetch_month(month: date, held: Held) -> Iterator[Part]:
    """The file of the year a month lies in, once."""
    if not held(f"{month:%Y}"):
        yield _asked(month.year, {})


def _asked(year: int, held: Mapping[str, str]) -> Part:
    url = (
        f"{FILES}/daily-treasury-rates.csv/{year}/all"
        f"?type=daily_treasury_yield_curve&field_tdr_date_value={year}&page&_format=csv"
    )
    ask = partial(http.get, url, validators=held, expects="csv", max_bytes=2**22)
    return Part(f"{year}", http.attempt(ask))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per maturity and day.

    Raises:
        ParseError: not the documented file, a column that is no maturity, a line of another length,
            a day outside the year or after the capture or twice, or a yield that is not a number.
    """
    names, lines = _table(body, capture)
    rows = [
        (name, day, _yield(cell, name, day, capture))
        for day, cells in _days(lines, len(names), capture)
        for name, cell in zip(names, cells, strict=True)
        if cell.strip() not in ABSENT
    ]
    end_of_day = pl.col("observed_on").cast(MOMENT) + timedelta(days=1)
    read_at = pl.lit(capture.captured_at, MOMENT)
    return pl.DataFrame(
        rows,
        schema={"rate_name": pl.String, "observed_on": pl.Date, "rate_pct": pl.Float64},
        orient="row",
    ).with_columns(
        known_at=pl.min_horizontal(end_of_day, read_at),
        captured_at=read_at,
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
    )


def _table(body: bytes, capture: Capture) -> tuple[list[str], list[list[str]]]:
    """Names of the rates in column order, and the lines under the header."""
    try:
        header, *lines = csv.reader(io.StringIO(body.decode("utf-8-sig")), strict=True)
    except (ValueError, csv.Error) as error:
        raise ParseError(f"{capture.url}: not a CSV file: {str(error)[:200]}") from error
    if not header or header[0].strip() != "Date":
        raise ParseError(f"{capture.url}: first column is not Date: {str(header)[:200]}")
    names = [_rate_name(each, capture) for each in header[1:]]
    if len(set(names)) != len(names) or not set(names) >= NEEDED:
        raise ParseError(f"{capture.url}: maturities missing or repeated: {str(header)[:300]}")
    return names, [each for each in lines if each]


def _rate_name(title: str, capture: Capture) -> str:
    found = TENOR.fullmatch(title.strip())
    if found is None:
        raise ParseError(f"{capture.url}: column {title[:100]!r} is no maturity")
    return f"UST {found[1]}{found[2][0]}"


def _days(lines: list[list[str]], width: int, capture: Capture) -> Iterator[tuple[date, list[str]]]:
    seen: set[date] = set()
    for line in lines:
        try:
            day = datetime.strptime(line[0].strip(), "%m/%d/%Y").replace(tzinfo=UTC).date()
        except ValueError as error:
            raise ParseError(f"{capture.url}: date is {line[0][:100]!r}") from error
        if len(line) != width + 1:
            raise ParseError(f"{capture.url}: {day} has {len(line) - 1} cells of {width}")
        if str(day.year) != capture.part or day > capture.captured_at.date() or day in seen:
            raise ParseError(f"{capture.url}: {day} is another year's, of the future or repeated")
        seen.add(day)
        yield day, line[1:]


def _yield(cell: str, name: str, day: date, capture: Capture) -> float:
    try:
        return float(cell)
    except ValueError as error:
        raise ParseError(f"{capture.url}: {name} of {day} is {cell[:100]!r}") from error


SOURCE = Source(
    name="treasury_curve",
    homepage=f"{FILES}/TextView?type=daily_treasury_yield_curve",
    terms="https://home.treasury.gov/subfooter/site-policies-and-notices",
    licence="US government work, public domain",
    contract=RATES,
    parse=parse,
    fetch=fetch,
    backfill=Backfill("month", SINCE, fetch_month),
    sightings=False,
)
