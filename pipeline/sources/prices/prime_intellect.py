"""Prime Intellect: its own capacity and that of a dozen clouds in one order book.

Grain: one offer is a box of one seller in one data centre; one row, on demand or spot. The seller
named is the underlying cloud. Offers of Prime Intellect's own capacity (`primecompute`, `dc_...`)
are its price; the others are resold and flagged `reseller`: 2.12 for an H100 of Nebius while Nebius
listed 2.95.
Units: US dollars per hour for the whole box (`prices.onDemand`); `gpuMemory` is the memory of the
whole box in GB. A row is per accelerator.
Clock: live; what nobody offers is gone.
Limits: 100 offers a page; pages are followed and kept together as one JSON list. The key goes in a
header. Rate limit not written down.
Terms: https://www.primeintellect.ai/terms

Base path and field names: not in SOURCES 2.10; public clients agree on
`https://api.primeintellect.ai/api/v1/availability/gpus` with `{items, totalCount}` and on the names
below (SkyPilot's fetch_primeintellect.py, probed 2026-10-06, and others). No answer was recorded
here: a field that is missing or of another type refuses the answer.

Traps: 200 with no items comes and goes within seconds while capacity exists: an empty or short
answer is refused, never read as no supply. The memory of a box is not that of a card. One seller
repeats one price for 16 to 256 accelerators: one operator. `CPU_NODE` has no accelerator.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import polars as pl

from pipeline import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.source import Capture, ParseError, Part, Source

URL = "https://api.primeintellect.ai/api/v1/availability/gpus"
KEY = "PRIME_INTELLECT_API_KEY"
PAGE = 100
MAX_PAGES = 50
OWN = r"^(?:dc_|primecompute$)"
FIELDS: dict[str, type[pl.DataType]] = {
    "cloudId": pl.String,
    "provider": pl.String,
    "gpuType": pl.String,
    "gpuCount": pl.Int64,
    "gpuMemory": pl.Float64,
    "socket": pl.String,
    "dataCenter": pl.String,
    "country": pl.String,
    "isSpot": pl.Boolean,
    "onDemand": pl.Float64,
    "currency": pl.String,
}
OPTIONAL = ("gpuMemory", "socket", "dataCenter", "country", "isSpot", "onDemand", "currency")


def fetch(last: Callable[[str], Mapping[str, str]]) -> Iterator[Part]:
    del last  # answers have no validators
    yield Part("all", http.attempt(_pages))


def _pages() -> http.Response:
    """Every page, in one body: a JSON list of the pages as received."""
    headers = {"authorization": f"Bearer {os.environ[KEY]}"}
    pages: list[http.Response] = []
    for number in range(1, MAX_PAGES + 1):
        params = {"page": str(number), "page_size": str(PAGE)}
        pages.append(http.get(URL, params=params, headers=headers, expects="json"))
        if not _is_full(pages[-1].body):
            break
    body = b"[" + b",".join(each.body for each in pages) + b"]"
    return replace(pages[-1], url=pages[0].url, headers={}, body=body)


def _is_full(body: bytes) -> bool:
    try:
        return len(json.loads(body)["items"]) >= PAGE
    except (ValueError, KeyError, TypeError, RecursionError):
        return False  # `parse` judges it


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per offer; an offer without a price has a reason.

    Raises:
        ParseError: not the documented answer, a field missing or of another type, no offers, or
            fewer than the answer says there are.
    """
    return _rows(_offers(body, capture), capture)


def _offers(body: bytes, capture: Capture) -> pl.DataFrame:
    try:
        pages = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{capture.url}: not JSON: {error}") from error
    items: list[dict[str, object]] = []
    total: object = None
    for page in pages if isinstance(pages, list) else [pages]:
        found = page.get("items") if isinstance(page, dict) else None
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise ParseError(f"{capture.url}: no list of objects in `items`: {str(page)[:200]}")
        total = page.get("totalCount")
        items += found
    if not items:
        raise ParseError(f"{capture.url}: `items` is empty; never read as no supply")
    if type(total) is not int:
        raise ParseError(f"{capture.url}: no number in `totalCount`: {total!r}")
    if len(items) < total:
        raise ParseError(f"{capture.url}: truncated: {len(items)} offers of {total}")
    flat = [_flat(each, capture) for each in items]
    frame = pl.DataFrame([_column(flat, name, dtype, capture) for name, dtype in FIELDS.items()])
    cards = frame.filter(pl.col("gpuType") != "CPU_NODE")
    if cards.is_empty():
        raise ParseError(f"{capture.url}: no offer with an accelerator")
    return cards


def _flat(item: dict[str, object], capture: Capture) -> dict[str, object]:
    prices = item.get("prices")
    if not isinstance(prices, dict):
        raise ParseError(f"{capture.url}: no object in `prices`: {str(item)[:200]}")
    return {**item, **prices}


def _column(
    offers: list[dict[str, object]], name: str, dtype: type[pl.DataType], capture: Capture
) -> pl.Series:
    values = [each.get(name) for each in offers]
    if name not in OPTIONAL and (missing := values.count(None)):
        raise ParseError(f"{capture.url}: field {name} missing in {missing} offers")
    if dtype is not pl.Boolean and any(isinstance(each, bool) for each in values):
        raise ParseError(f"{capture.url}: field {name} is true or false")
    try:
        return pl.Series(name, values, dtype=dtype, strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        raise ParseError(f"{capture.url}: field {name}: {str(error)[:200]}") from error


def _rows(offers: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    now = pl.lit(capture.captured_at, pl.Datetime("us", "UTC"))
    count, price = pl.col("gpuCount"), pl.col("onDemand")
    spot = pl.col("isSpot").fill_null(False)
    market = pl.when(spot).then(pl.lit("spot")).otherwise(pl.lit("on_demand"))
    country = pl.when(pl.col("country").str.contains(r"^[A-Z]{2}$")).then("country")
    place = pl.concat_str("dataCenter", country, separator=", ", ignore_nulls=True)
    rows = offers.select(
        offer_id=pl.concat_str(
            "provider",
            "cloudId",
            pl.format("{} x{}", "gpuType", "gpuCount"),
            pl.when(place != "").then(place).otherwise(pl.lit("-")),
            market,
            separator="/",
        ),
        observed_at=now,
        provider_raw=pl.lit("prime-intellect"),
        accelerator_raw=pl.concat_str("gpuType", "socket", separator=" ", ignore_nulls=True),
        memory_gib=pl.when((pl.col("gpuMemory") > 0) & (count > 0)).then(
            pl.col("gpuMemory") / count
        ),
        instance_type=pl.lit(None, pl.String),
        gpu_count=count,
        market=market,
        spot_kind=pl.when(spot).then(pl.lit("administered")),
        term_months=pl.lit(None, pl.Int64),
        basis=pl.lit("all_in"),
        region=pl.when(place != "").then(place).otherwise(pl.lit("global")),
        country=country,
        host_id=pl.lit(None, pl.String),
        operator_id="provider",
        host_count=pl.lit(None, pl.Int64),
        offer_count=pl.lit(None, pl.Int64),
        available_count=pl.lit(None, pl.Int64),
        price_in_currency_per_gpu_hour=price / count,
        currency=pl.col("currency").fill_null("USD"),
        refresh_days=pl.lit(SOURCE.refresh_days, pl.Int64),
        flag=pl.coalesce(
            pl.when(~pl.col("provider").str.contains(OWN)).then(pl.lit("reseller")),
            pl.when(spot).then(pl.lit("administered")),
        ),
        reason=pl.coalesce(
            pl.when(count < 1).then(pl.lit("unknown_count")),
            pl.when(price.is_null() | (price == 0)).then(pl.lit("not_priced_yet")),
        ),
        known_at=now,
        captured_at=now,
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("medium"),
    )
    # Offers may move from one page to the next while the pages are read.
    rows = rows.unique(maintain_order=True).sort("offer_id", "price_in_currency_per_gpu_hour")
    repeat = pl.int_range(pl.len()).over("offer_id") + 1
    suffix = pl.when(repeat > 1).then(pl.format("#{}", repeat)).otherwise(pl.lit(""))
    return rows.with_columns(offer_id=pl.concat_str("offer_id", suffix))


SOURCE = Source(
    name="prime_intellect",
    homepage="https://www.primeintellect.ai",
    terms="https://www.primeintellect.ai/terms",
    licence="not established; prices are facts shown to account holders",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    secrets=(KEY,),
)
