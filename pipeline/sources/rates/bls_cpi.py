"""Bureau of Labor Statistics: US consumer prices (CPI-U, all items, not seasonally adjusted).

Grain: one month.
Units: index, 1982-84 = 100, three decimals.
Clock: a month comes out around the middle of the next at 8:30 in New York; the answer does not say
when, so a month is known from the end of the next, as in the committed past, or when read if that
is sooner. Not seasonally adjusted, so it is not revised.
Limits: version 1 of the interface takes no key: 25 questions a day, the last three years. One is
asked a run.
Terms: https://www.bls.gov/developers/termsOfService.htm; a work of the US government.

Traps: numbers are text. October 2025 has no level, the office was shut: its value is "-" and a
footnote says so; it is no row. `M13` is the mean of a year. A refused question is an answer of 200
whose `status` says so, with no series.
"""

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial

import polars as pl

from pipeline.capture import http
from pipeline.contracts.thesis import CONSUMER_PRICES
from pipeline.sources.guards import read_json
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

SERIES = "CUUR0000SA0"
URL = f"https://api.bls.gov/publicAPI/v1/timeseries/data/{SERIES}"
ABSENT = "-"
MONTH = re.compile(r"M(0[1-9]|1[0-2])")
LEVEL = re.compile(r"\d{2,4}\.\d{1,3}")
MOMENT = pl.Datetime("us", "UTC")


def fetch(held: Held) -> Iterator[Part]:
    ask = partial(http.get, URL, params={}, validators=held("all"), expects="json")
    yield Part("all", http.attempt(ask))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per month with a level.

    Raises:
        ParseError: not the documented answer, another series, a month that is none, lies after the
            capture or comes twice, or a level that is not a number.
    """
    levels = [each for each in map(partial(_level, capture), _listed(body, capture)) if each]
    ends = [end for end, _ in levels]
    if len(set(ends)) != len(ends):
        raise ParseError(f"{capture.url}: a month comes twice")
    if ends and max(ends) > capture.captured_at.date():
        raise ParseError(f"{capture.url}: {max(ends)} lies after the capture")
    frame = pl.DataFrame(
        sorted(levels),
        schema={"period_end_on": pl.Date, "price_index_level": pl.Float64},
        orient="row",
    )
    known = [min(_known_at(end), capture.captured_at) for end in frame["period_end_on"]]
    return frame.select(
        price_index_series=pl.lit(SERIES),
        period_end_on="period_end_on",
        price_index_level="price_index_level",
        evidence=pl.lit("The office's own answer."),
        source_date=pl.Series(known, dtype=MOMENT).dt.date(),
        read_on=pl.lit(capture.captured_at.date()),
        known_at=pl.Series(known, dtype=MOMENT),
        captured_at=pl.lit(capture.captured_at, MOMENT),
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
    )


def _listed(body: bytes, capture: Capture) -> list[object]:
    answer = read_json(body, capture)
    try:
        status = answer["status"]
        [series] = answer["Results"]["series"]
        name, levels = series["seriesID"], series["data"]
    except (KeyError, TypeError, ValueError) as error:
        raise ParseError(f"{capture.url}: no one series: {str(answer)[:200]}") from error
    if status != "REQUEST_SUCCEEDED" or name != SERIES or not isinstance(levels, list):
        raise ParseError(f"{capture.url}: not {SERIES}: {str(answer)[:200]}")
    return levels


def _level(capture: Capture, each: object) -> tuple[date, float] | None:
    """Last day of the month and its level; nothing for the mean of a year or a month without."""
    if not isinstance(each, dict):
        raise ParseError(f"{capture.url}: not a month: {str(each)[:200]}")
    year, period, value = (str(each.get(name)) for name in ("year", "period", "value"))
    if period == "M13" or value == ABSENT:
        return None
    month = MONTH.fullmatch(period)
    if not month or not re.fullmatch(r"(19|20)\d\d", year) or not LEVEL.fullmatch(value):
        raise ParseError(f"{capture.url}: not a level of a month: {str(each)[:200]}")
    number = int(month[1])
    return date(int(year), number, calendar.monthrange(int(year), number)[1]), float(value)


def _known_at(end: date) -> datetime:
    """The first moment of the month after the next: no month came out later than in its next."""
    after = (end + timedelta(days=1)).replace(day=28) + timedelta(days=4)
    return datetime(after.year, after.month, 1, tzinfo=UTC)


SOURCE = Source(
    name="bls_cpi",
    homepage="https://www.bls.gov/cpi/",
    terms="https://www.bls.gov/developers/termsOfService.htm",
    licence="US government work, public domain",
    contract=CONSUMER_PRICES,
    parse=parse,
    fetch=fetch,
    sightings=False,
)
