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

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.guards import read_documents
from pipeline.sources.prices._answers import (
    objects,
    provenance,
    read_each,
    typed_rows,
    untold,
)
from pipeline.sources.prices._pages import all_pages
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

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
    "odd": pl.String,
}


def fetch(held: Held) -> Iterator[Part]:
    del held  # the pages are one capture, and validators are of one page
    params = {"page": "1", "page_size": str(PAGE_SIZE)}
    ask = partial(all_pages, URL, params, _next, most=MAX_PAGES, joined="lines")
    yield Part("all", http.attempt(ask))


def _next(answer: Any, page: int) -> Mapping[str, str] | None:
    return {"page": str(page + 1)} if page < answer["pages"] else None


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per plan with GPUs and price; a plan without a price has a reason.

    Raises:
        ParseError: not the documented answer, fewer plans than it announces, a field missing or of
            another type in most plans, or no plan with GPUs.
    """
    types = _types(body, capture)
    prices = read_each(types, lambda plan: _prices(plan, capture), _odd)
    if not prices:
        raise ParseError(f"{capture.url}: no plan with GPUs among {len(types)}")
    return _rows(typed_rows(prices, FIELDS, capture), capture)


def _types(body: bytes, capture: Capture) -> list[dict[str, object]]:
    types: list[dict[str, object]] = []
    announced: object = None
    for page in read_documents(body, capture):
        answer = page if isinstance(page, dict) else {}
        if errors := answer.get("errors"):
            raise ParseError(f"{capture.url}: errors: {str(errors)[:300]}")
        types += objects(page, "data", capture)
        announced = answer.get("results")
    if announced != len(types):
        raise ParseError(f"{capture.url}: {len(types)} plans where {announced} are announced")
    return types


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
        yield name, label, gpus, region, hourly, None


def _odd(plan: dict[str, object]) -> tuple[object, ...]:
    return str(plan.get("id")), str(plan.get("label")), 1, "global", None, "malformed: plan"


def _rows(prices: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    hourly, gpus = pl.col("hourly"), pl.col("gpus")
    return prices.select(
        offer_id=pl.format("{}/{}", "plan", "region"),
        provider_raw=pl.lit("linode"),
        accelerator_raw=pl.coalesce(pl.col("label").str.extract(CARD), "label"),
        instance_type="plan",
        gpu_count=pl.max_horizontal(gpus, pl.lit(1, pl.Int64)),
        market=pl.lit("on_demand"),
        basis=pl.lit("all_in"),
        region="region",
        price_in_currency_per_gpu_hour=hourly / pl.max_horizontal(gpus, pl.lit(1, pl.Int64)),
        currency=pl.lit("USD"),
        reason=pl.coalesce(
            "odd",
            "malformed",
            pl.when(gpus < 1).then(pl.lit("unknown_count")),
            pl.when(hourly.is_null() | (hourly == 0)).then(pl.lit("not_priced_yet")),
        ),
        **untold(
            "memory_gib",
            "spot_kind",
            "term_months",
            "country",
            "host_id",
            "available_count",
            "flag",
        ),
        **provenance(SOURCE, capture, "high"),
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
