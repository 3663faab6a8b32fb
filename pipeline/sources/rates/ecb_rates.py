"""Euro reference rates of the European Central Bank, as Frankfurter serves them.

Grain: one currency on the newest day the ECB published.
Units: Frankfurter answers foreign units per dollar, five significant digits; a row is the inverse,
US dollars per unit of the currency. Rates between two currencies go through the euro.
Shapes: v2 is asked, a flat list of `date`, `base`, `quote`, `rate`, which blends a hundred sources
unless one is named (frankfurter.dev, read 2026-11-27): the ECB is. v1 (`rates` by currency, the
ECB's alone) was asked until 2026-11 and is still read.
Clock: the ECB publishes at about 16:00 Frankfurt time on TARGET working days, so a weekend's rate
is Friday's. The answer does not say when it was published: `known_at` is the capture.
Limits: no key, no stated quota; one request.
Terms: the ECB allows free use of its information (ecb.europa.eu, disclaimer and copyright);
Frankfurter is open source and free (https://frankfurter.dev).

Trap: rates are for information, not for transactions.
"""

from collections.abc import Iterator
from datetime import date
from functools import partial

import polars as pl

from pipeline.capture import http
from pipeline.contracts.reference import EXCHANGE_RATES
from pipeline.sources.guards import read_json
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

URL = "https://api.frankfurter.dev/v2/rates"
PROVIDER = "ECB"
# What providers in reach quote, or their parents report in.
SYMBOLS = ("AUD", "CAD", "CHF", "CNY", "EUR", "GBP", "INR", "JPY", "KRW", "NOK", "SEK", "SGD")


def fetch(held: Held) -> Iterator[Part]:
    params = {"base": "USD", "quotes": ",".join(SYMBOLS), "providers": PROVIDER}
    ask = partial(http.get, URL, params=params, validators=held("all"), expects="json")
    yield Part("all", http.attempt(ask))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per currency, US dollars per unit.

    Raises:
        ParseError: neither documented answer, another base than USD, a day after the capture, a
            blend of sources, no rates at all, or most of them no numbers.
    """
    answer = read_json(body, capture)
    rates = _flat(answer, capture) if isinstance(answer, list) else _by_currency(answer, capture)
    now = pl.lit(capture.captured_at, pl.Datetime("us", "UTC"))
    return pl.DataFrame(
        rates,
        schema={"currency": pl.String, "observed_on": pl.Date, "per_dollar": pl.Float64},
        orient="row",
    ).select(
        "currency",
        "observed_on",
        # A zero gives infinity, which the contract's range sets aside, as it does a null.
        usd_per_currency_unit=1 / pl.col("per_dollar"),
        known_at=now,
        captured_at=now,
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
    )


Rate = tuple[str, date, float | None]


def _flat(answer: list[object], capture: Capture) -> list[Rate]:
    """v2: one object per rate; one that cannot be read has no rate and is set aside."""
    if not answer:
        raise ParseError(f"{capture.url}: no rates")
    read: list[Rate] = []
    refused: list[ParseError] = []
    for each in answer:
        try:
            read.append(_rate(each, capture))
        except ParseError as error:
            refused.append(error)
            read.append((str(each)[:100], capture.captured_at.date(), None))
    if 2 * len(refused) > len(answer):
        raise refused[0]
    return read


def _rate(each: object, capture: Capture) -> Rate:
    if not isinstance(each, dict):
        raise ParseError(f"{capture.url}: not an object: {str(each)[:200]}")
    for name in ("date", "base", "quote", "rate"):
        if name not in each:
            raise ParseError(f"{capture.url}: field {name} missing: {str(each)[:200]}")
    if each["base"] != "USD":
        raise ParseError(f"{capture.url}: base is {each['base']!r}, asked for USD")
    sources = each.get("providers")
    if sources is not None and [str(x).upper() for x in list(sources)] != [PROVIDER]:
        raise ParseError(f"{capture.url}: of {str(sources)[:100]}, asked for {PROVIDER}")
    quote = str(each["quote"])
    return quote, _day(each["date"], capture), _number(f"rate of {quote}", each["rate"], capture)


def _by_currency(answer: object, capture: Capture) -> list[Rate]:
    """v1: one object of rates, all of one day."""
    if not isinstance(answer, dict):
        raise ParseError(f"{capture.url}: not an object: {str(answer)[:200]}")
    for name in ("amount", "base", "date", "rates"):
        if name not in answer:
            raise ParseError(f"{capture.url}: field {name} missing: {str(answer)[:200]}")
    if answer["base"] != "USD":
        raise ParseError(f"{capture.url}: base is {answer['base']!r}, asked for USD")
    rates = answer["rates"]
    if not isinstance(rates, dict) or not rates:
        raise ParseError(f"{capture.url}: field rates is empty or not an object")
    amount, day = _number("amount", answer["amount"], capture), _day(answer["date"], capture)
    read: list[Rate] = []
    refused: list[ParseError] = []
    for name, rate in rates.items():
        try:
            read.append((name, day, _number(f"rates.{name}", rate, capture) / amount))
        except (ParseError, ZeroDivisionError) as error:
            refused.append(ParseError(str(error)))
            read.append((name, day, None))
    if 2 * len(refused) > len(rates):
        raise refused[0]
    return read


def _number(name: str, value: object, capture: Capture) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ParseError(f"{capture.url}: field {name} is {str(value)[:100]!r}, not a number")
    try:
        return float(value)
    except OverflowError as error:
        raise ParseError(f"{capture.url}: field {name} is out of range") from error


def _day(value: object, capture: Capture) -> date:
    try:
        day = date.fromisoformat(str(value))
    except ValueError as error:
        raise ParseError(f"{capture.url}: field date is {str(value)[:100]!r}") from error
    if day > capture.captured_at.date():
        raise ParseError(f"{capture.url}: field date {day} lies after the capture")
    return day


SOURCE = Source(
    name="ecb_rates",
    homepage="https://frankfurter.dev",
    terms="https://www.ecb.europa.eu/services/disclaimer/html/index.en.html",
    licence="ECB: free use with the source named",
    contract=EXCHANGE_RATES,
    parse=parse,
    fetch=fetch,
)
