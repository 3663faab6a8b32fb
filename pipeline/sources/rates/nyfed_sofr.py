"""Federal Reserve Bank of New York: the Secured Overnight Financing Rate of each business day.

Grain: one rate and business day.
Units: percent a year.
Clock: the rate of a day is published at about 8:00 in New York on the next business day, and may be
revised that day at about 14:30 (newyorkfed.org, "Additional information about reference rates").
The answer does not say when: the next business day is the next one that has a rate, and the moment
taken is 13:00 UTC, 8:00 in winter, so never too early; 20:00 UTC for a revised rate. The newest
rate of an answer has no next day yet: it is known when it is read.
Limits: no key, no stated quota. A run asks for the last 30 days, a backfill for one month and ten
days, which tell when its last rate was published.
Terms: https://www.newyorkfed.org/markets/reference-rates/terms-of-use

Traps: percent, not basis points. Newest first. A weekend or holiday has no row; carrying is for the
reader. `type` is asked for, yet an answer of another rate or of the index has the same shape.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial

import polars as pl

from pipeline.capture import http
from pipeline.contracts.credit import RATES
from pipeline.sources.guards import read_json
from pipeline.sources.source import Backfill, Capture, Held, ParseError, Part, Source

URL = "https://markets.newyorkfed.org/api/rates/secured/sofr/search.json"
SINCE = date(2018, 4, 1)  # the first rate is of 2018-04-02
LOOK_BACK_DAYS = 30
TAIL_DAYS = 10  # no break of markets lasts longer
PUBLISHED_HOUR, REVISED_HOUR = 13, 20
MOMENT = pl.Datetime("us", "UTC")


def fetch(held: Held) -> Iterator[Part]:
    today = datetime.now(UTC).date()
    yield _asked("all", today - timedelta(days=LOOK_BACK_DAYS), today, held("all"))


def fetch_month(month: date, held: Held) -> Iterator[Part]:
    """One month, asked once it is over for good: a rate of long ago does not change."""
    part = f"{month:%Y-%m}"
    until = _next_month(month) + timedelta(days=TAIL_DAYS)
    if held(part) and until < datetime.now(UTC).date():
        return
    yield _asked(part, month, until, {})


def _asked(part: str, since: date, until: date, held: Mapping[str, str]) -> Part:
    params = {"startDate": f"{since}", "endDate": f"{until}", "type": "rate"}
    ask = partial(http.get, URL, params=params, validators=held, expects="json")
    return Part(part, http.attempt(ask))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per business day, of its own month where a month was asked.

    Raises:
        ParseError: not the documented answer, another rate than SOFR, a day that is none, lies
            after the capture or comes twice, or a rate that is not a number.
    """
    rates = sorted(_rate(each, capture) for each in _listed(body, capture))
    days = [day for day, _, _ in rates]
    if len(set(days)) != len(days):
        raise ParseError(f"{capture.url}: a day comes twice")
    if days and days[-1] > capture.captured_at.date():
        raise ParseError(f"{capture.url}: {days[-1]} lies after the capture")
    published = [*days[1:], None]
    frame = pl.DataFrame(
        {
            "observed_on": days,
            "rate_pct": [rate for _, rate, _ in rates],
            "known_at": [
                _known_at(day, is_revised, capture)
                for day, (_, _, is_revised) in zip(published, rates, strict=True)
            ],
        },
        schema={"observed_on": pl.Date, "rate_pct": pl.Float64, "known_at": MOMENT},
    )
    if capture.part != "all":
        frame = frame.filter(pl.col("observed_on").dt.strftime("%Y-%m") == capture.part)
    return frame.select(
        rate_name=pl.lit("SOFR"),
        observed_on="observed_on",
        rate_pct="rate_pct",
        known_at="known_at",
        captured_at=pl.lit(capture.captured_at, MOMENT),
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
    )


def _listed(body: bytes, capture: Capture) -> list[object]:
    answer = read_json(body, capture)
    rates = answer.get("refRates") if isinstance(answer, dict) else None
    if not isinstance(rates, list):
        raise ParseError(f"{capture.url}: no list `refRates`: {str(answer)[:200]}")
    return rates


def _rate(each: object, capture: Capture) -> tuple[date, float, bool]:
    """Day, percent, and whether the rate was revised after its first publication."""
    if not isinstance(each, dict) or each.get("type") != "SOFR":
        raise ParseError(f"{capture.url}: not a rate of SOFR: {str(each)[:200]}")
    rate, revision = each.get("percentRate"), each.get("revisionIndicator", "")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not math.isfinite(rate):
        raise ParseError(f"{capture.url}: field percentRate is {str(rate)[:100]!r}")
    if not isinstance(revision, str):
        raise ParseError(f"{capture.url}: field revisionIndicator is {str(revision)[:100]!r}")
    try:
        day = date.fromisoformat(str(each.get("effectiveDate")))
    except ValueError as error:
        raise ParseError(
            f"{capture.url}: field effectiveDate is {str(each.get('effectiveDate'))[:100]!r}"
        ) from error
    return day, float(rate), bool(revision.strip())


def _known_at(published_on: date | None, is_revised: bool, capture: Capture) -> datetime:
    if published_on is None:
        return capture.captured_at
    hour = REVISED_HOUR if is_revised else PUBLISHED_HOUR
    moment = datetime(published_on.year, published_on.month, published_on.day, hour, tzinfo=UTC)
    return min(moment, capture.captured_at)


def _next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


SOURCE = Source(
    name="nyfed_sofr",
    homepage="https://www.newyorkfed.org/markets/reference-rates/sofr",
    terms="https://www.newyorkfed.org/markets/reference-rates/terms-of-use",
    licence="Federal Reserve Bank of New York: free use with the source named, no endorsement",
    contract=RATES,
    parse=parse,
    fetch=fetch,
    backfill=Backfill("month", SINCE, fetch_month),
    sightings=False,
    real_answer="2024-06-06, whole",
)
