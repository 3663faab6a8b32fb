"""Euro reference rates of the European Central Bank, as Frankfurter serves them.

Grain: one currency on the newest day the ECB published.
Units: Frankfurter answers foreign units per dollar, five significant digits; a row is the inverse,
US dollars per unit of the currency. Rates between two currencies go through the euro.
Clock: the ECB publishes at about 16:00 Frankfurt time on TARGET working days, so a weekend's rate
is Friday's. The answer does not say when it was published: `known_at` is the capture.
Limits: no key, no stated quota; one request.
Terms: the ECB allows free use of its information (ecb.europa.eu, disclaimer and copyright);
Frankfurter is open source and free (https://frankfurter.dev).

Trap: rates are for information, not for transactions.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial

import polars as pl

from pipeline.capture import http
from pipeline.contracts.reference import EXCHANGE_RATES
from pipeline.sources.source import Capture, ParseError, Part, Source

URL = "https://api.frankfurter.dev/v1/latest"
# What providers in reach quote, or their parents report in.
SYMBOLS = ("AUD", "CAD", "CHF", "CNY", "EUR", "GBP", "INR", "JPY", "KRW", "NOK", "SEK", "SGD")


def fetch(last: Callable[[str], Mapping[str, str]]) -> Iterator[Part]:
    params = {"base": "USD", "symbols": ",".join(SYMBOLS)}
    ask = partial(http.get, URL, params=params, validators=last("all"), expects="json")
    yield Part("all", http.attempt(ask))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per currency, US dollars per unit.

    Raises:
        ParseError: not the documented answer, another base than USD, a day after the capture, a
            rate that is not a number, or no rates at all.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{capture.url}: not JSON: {error}") from error
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
    per_dollar = [_number(f"rates.{name}", rate, capture) for name, rate in rates.items()]
    now = pl.lit(capture.captured_at, pl.Datetime("us", "UTC"))
    return pl.DataFrame(
        {"currency": list(rates), "per_dollar": per_dollar},
        schema={"currency": pl.String, "per_dollar": pl.Float64},
    ).select(
        "currency",
        observed_on=pl.lit(_day(answer["date"], capture)),
        # A zero gives infinity, which the contract's range sets aside.
        usd_per_currency_unit=_number("amount", answer["amount"], capture) / pl.col("per_dollar"),
        known_at=now,
        captured_at=now,
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
    )


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
