"""Akamai Cloud (Linode): list prices of plans with GPUs, and of regions that cost more.

Grain: one plan, and one more row for each region with a price of its own.
Units: US dollars per hour for the whole plan, `gpus` GPUs. The base price is not tied to a region.
Clock: the list of the moment.
Limits: no key; pages of up to 500 types, about 90 exist. A capture holds all pages, one JSON
document after the other: a list that lacks a page is no list.
Terms: https://www.linode.com/legal-tos/

Field names: as the answer is documented and public clients test it (class, gpus, price,
region_prices; labels as recorded in 2026); whole answers were not at hand.

Traps: the card stands in the label only ("Dedicated 32GB + RTX6000 GPU x1", "RTX4000 Ada x1
Small"), from which its name is cut; a label without a known form stays whole and is judged by the
alias table. RTX6000 is the Turing card. The monthly price was a cap until 2026-07 and never a
term. NETINT cards of class `accelerated` encode video and have `gpus` 0.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import polars as pl

from pipeline import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.source import Capture, ParseError, Part, Source

URL = "https://api.linode.com/v4/linode/types"
PAGE_SIZE = 500
MAX_PAGES = 20
# The card: what stands before " x1 Small", or between "+" and "GPU x1".
CARD = r"^(?:.*\+ *)?(.+?)(?: GPU)? x\d+(?: [A-Za-z]+)?$"
FIELDS: dict[str, type[pl.DataType]] = {
    "plan": pl.String,
    "label": pl.String,
    "gpus": pl.Int64,
    "region": pl.String,
    "hourly": pl.Float64,
}


def fetch(last: Callable[[str], Mapping[str, str]]) -> Iterator[Part]:
    del last  # the pages are one capture, and validators are of one page
    yield Part("all", http.attempt(_all_pages))


def _all_pages() -> http.Response:
    bodies: list[bytes] = []
    for page in range(1, MAX_PAGES + 1):
        params = {"page": str(page), "page_size": str(PAGE_SIZE)}
        answer = http.get(URL, params=params, expects="json")
        bodies.append(answer.body)
        if page >= _page_count(answer.body):
            return replace(answer, url=URL, headers={}, body=b"\n".join(bodies))
    raise http.UpstreamError(f"more than {MAX_PAGES} pages", url=URL, status=200)


def _page_count(body: bytes) -> int:
    """Pages the answer announces; 1 when unreadable, which `parse` then says."""
    try:
        pages = json.loads(body)["pages"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return 1
    return pages if isinstance(pages, int) else 1


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per plan with GPUs and price; a plan without a price has a reason.

    Raises:
        ParseError: not the documented answer, fewer plans than it announces, a plan twice, a field
            missing or of another type, or no plan with GPUs.
    """
    types = _types(body, capture)
    prices = [row for each in types for row in _prices(each, capture)]
    if not prices:
        raise ParseError(f"{capture.url}: no plan with GPUs among {len(types)}")
    frame = pl.DataFrame(
        [
            _column(name, values, capture)
            for name, values in zip(FIELDS, zip(*prices, strict=True), strict=True)
        ]
    )
    if frame.select("plan", "region").is_duplicated().any():
        raise ParseError(f"{capture.url}: a plan or a region of it is repeated")
    return _rows(frame, capture)


def _types(body: bytes, capture: Capture) -> list[dict[str, object]]:
    types: list[dict[str, object]] = []
    announced: object = None
    for page in _documents(body, capture):
        answer = page if isinstance(page, dict) else {}
        if errors := answer.get("errors"):
            raise ParseError(f"{capture.url}: errors: {str(errors)[:300]}")
        data, announced = answer.get("data"), answer.get("results")
        if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
            raise ParseError(f"{capture.url}: no list of objects in `data`: {str(page)[:200]}")
        types += data
    if announced != len(types):
        raise ParseError(f"{capture.url}: {len(types)} plans where {announced} are announced")
    return types


def _documents(body: bytes, capture: Capture) -> Iterator[object]:
    """The JSON documents of the pages, which stand one after the other."""
    try:
        text = body.decode("utf-8").strip()
        if not text:
            raise ParseError(f"{capture.url}: not JSON: an empty body")
        while text:
            document, end = json.JSONDecoder().raw_decode(text)
            yield document
            text = text[end:].lstrip()
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{capture.url}: not JSON: {str(error)[:200]}") from error


def _prices(plan: dict[str, object], capture: Capture) -> Iterator[tuple[object, ...]]:
    """The plan's own price and those of its regions; none for a plan without GPUs."""
    name, label, gpus = plan.get("id"), plan.get("label"), plan.get("gpus")
    base, regions = plan.get("price"), plan.get("region_prices", [])
    if isinstance(gpus, bool) or not isinstance(gpus, int):
        raise ParseError(f"{capture.url}: plan {name!r}: gpus is {gpus!r}")
    if gpus == 0 and plan.get("class") != "gpu":
        return
    if not (isinstance(name, str) and isinstance(label, str) and isinstance(base, dict)):
        raise ParseError(f"{capture.url}: a plan without id, label or price: {plan}"[:300])
    if not isinstance(regions, list) or not all(isinstance(each, dict) for each in regions):
        raise ParseError(f"{capture.url}: plan {name!r}: region_prices is {regions!r}"[:300])
    for price in [{"id": "global", **base}, *regions]:
        hourly, region = price.get("hourly"), price.get("id")
        if isinstance(hourly, bool) or not isinstance(region, str):
            raise ParseError(f"{capture.url}: plan {name!r}: price {price!r}"[:300])
        yield name, label, gpus, region, hourly


def _column(name: str, values: tuple[object, ...], capture: Capture) -> pl.Series:
    try:
        return pl.Series(name, values, dtype=FIELDS[name], strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        raise ParseError(f"{capture.url}: {name}: {str(error)[:200]}") from error


def _rows(prices: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    now = pl.lit(capture.captured_at, pl.Datetime("us", "UTC"))
    hourly, gpus = pl.col("hourly"), pl.col("gpus")
    return prices.select(
        offer_id=pl.format("{}/{}", "plan", "region"),
        observed_at=now,
        provider_raw=pl.lit("linode"),
        accelerator_raw=pl.coalesce(pl.col("label").str.extract(CARD), "label"),
        memory_gib=pl.lit(None, pl.Float64),
        instance_type="plan",
        gpu_count=pl.max_horizontal(gpus, pl.lit(1, pl.Int64)),
        market=pl.lit("on_demand"),
        spot_kind=pl.lit(None, pl.String),
        term_months=pl.lit(None, pl.Int64),
        basis=pl.lit("all_in"),
        region="region",
        country=pl.lit(None, pl.String),
        host_id=pl.lit(None, pl.String),
        host_count=pl.lit(None, pl.Int64),
        offer_count=pl.lit(None, pl.Int64),
        available_count=pl.lit(None, pl.Int64),
        price_in_currency_per_gpu_hour=hourly / pl.max_horizontal(gpus, pl.lit(1, pl.Int64)),
        currency=pl.lit("USD"),
        refresh_days=pl.lit(SOURCE.refresh_days, pl.Int64),
        flag=pl.lit(None, pl.String),
        reason=pl.coalesce(
            pl.when(gpus < 1).then(pl.lit("unknown_count")),
            pl.when(hourly.is_null() | (hourly == 0)).then(pl.lit("not_priced_yet")),
        ),
        known_at=now,
        captured_at=now,
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
    )


SOURCE = Source(
    name="akamai",
    homepage="https://www.linode.com/pricing/",
    terms="https://www.linode.com/legal-tos/",
    licence="not established; prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
)
