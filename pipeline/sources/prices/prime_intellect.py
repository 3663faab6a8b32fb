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

import os
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.guards import read_json
from pipeline.sources.prices._answers import (
    numbered,
    objects,
    provenance,
    read_each,
    typed,
    untold,
)
from pipeline.sources.prices._pages import all_pages
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

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


def fetch(held: Held) -> Iterator[Part]:
    del held  # answers have no validators
    params = {"page": "1", "page_size": str(PAGE)}
    headers = {"authorization": f"Bearer {os.environ[KEY]}"}
    ask = partial(all_pages, URL, params, _next, most=MAX_PAGES, joined="list", headers=headers)
    yield Part("all", http.attempt(ask))


def _next(answer: Any, page: int) -> Mapping[str, str] | None:
    return {"page": str(page + 1)} if len(answer["items"]) >= PAGE else None


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per offer; an offer without a price has a reason.

    Raises:
        ParseError: not the documented answer, a field missing or of another type, no offers, or
            fewer than the answer says there are.
    """
    return _rows(_offers(body, capture), capture)


def _offers(body: bytes, capture: Capture) -> pl.DataFrame:
    pages = read_json(body, capture)
    items: list[dict[str, object]] = []
    total: object = None
    for page in pages if isinstance(pages, list) else [pages]:
        items += objects(page, "items", capture)
        total = page.get("totalCount")
    if not items:
        raise ParseError(f"{capture.url}: `items` is empty; never read as no supply")
    if type(total) is not int:
        raise ParseError(f"{capture.url}: no number in `totalCount`: {total!r}")
    if len(items) < total:
        raise ParseError(f"{capture.url}: truncated: {len(items)} offers of {total}")
    flat = read_each(items, lambda each: [_flat(each, capture)], lambda _: {})
    frame = typed(flat, FIELDS, capture, may_lack=OPTIONAL)
    cards = frame.filter(pl.col("gpuType").ne_missing("CPU_NODE"))
    if cards.is_empty():
        raise ParseError(f"{capture.url}: no offer with an accelerator")
    return cards


def _flat(item: dict[str, object], capture: Capture) -> dict[str, object]:
    prices = item.get("prices")
    if not isinstance(prices, dict):
        raise ParseError(f"{capture.url}: no object in `prices`: {str(item)[:200]}")
    return {**item, **prices}


def _rows(offers: pl.DataFrame, capture: Capture) -> pl.DataFrame:
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
        provider_raw=pl.lit("prime-intellect"),
        accelerator_raw=pl.concat_str("gpuType", "socket", separator=" ", ignore_nulls=True),
        memory_gib=pl.when((pl.col("gpuMemory") > 0) & (count > 0)).then(
            pl.col("gpuMemory") / count
        ),
        gpu_count=count,
        market=market,
        spot_kind=pl.when(spot).then(pl.lit("administered")),
        basis=pl.lit("all_in"),
        region=pl.when(place != "").then(place).otherwise(pl.lit("global")),
        country=country,
        operator_id="provider",
        price_in_currency_per_gpu_hour=price / count,
        currency=pl.col("currency").fill_null("USD"),
        flag=pl.coalesce(
            pl.when(~pl.col("provider").str.contains(OWN)).then(pl.lit("reseller")),
            pl.when(spot).then(pl.lit("administered")),
        ),
        reason=pl.coalesce(
            "malformed",
            pl.when(count < 1).then(pl.lit("unknown_count")),
            pl.when(price.is_null() | (price == 0)).then(pl.lit("not_priced_yet")),
        ),
        **untold("instance_type", "term_months", "host_id", "available_count"),
        **provenance(SOURCE, capture, "medium"),
    )
    # Offers may move from one page to the next while the pages are read.
    return numbered(rows.unique(maintain_order=True))


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
