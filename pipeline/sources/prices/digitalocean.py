"""DigitalOcean: list prices of GPU Droplets.

Grain: one size with accelerators in one region; the price is the same in each.
Units: US dollars per hour for the whole Droplet (`price_hourly`); `vram` is the memory of all its
accelerators (1536 GiB for eight MI300X) and a row has that of one.
Clock: the list of the moment, not dated.
Limits: 200 sizes a page as documented; pages are followed and kept together as one JSON list. The
token goes in a header. 5,000 requests an hour.
Terms: https://www.digitalocean.com/legal/terms-of-service-agreement

Field names: DigitalOcean's API reference (GET /v2/sizes), gpuhunt's digitalocean.py, and the size
shown in SOURCES 2.11; anything missing or of another type refuses the answer.

Traps: a size sold nowhere keeps its price and has an empty `regions`, or `available` false: not
offered. `-spot` sizes are interruptible at a list price: administered. `-contracted` sizes belong
to a contract whose length the API does not say: rejected, `unknown_term`. Fewer sizes than
`meta.total` says are a cut-off answer.
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
    objects,
    provenance,
    read_each,
    typed,
    untold,
)
from pipeline.sources.prices._pages import all_pages
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

URL = "https://api.digitalocean.com/v2/sizes"
KEY = "DIGITALOCEAN_TOKEN"
PAGE = 200
MAX_PAGES = 20
FIELDS: dict[str, type[pl.DataType]] = {
    "slug": pl.String,
    "price_hourly": pl.Float64,
    "available": pl.Boolean,
    "model": pl.String,
    "count": pl.Int64,
    "amount": pl.Float64,
    "unit": pl.String,
    "region": pl.String,
}
OPTIONAL = ("available", "amount", "unit", "region")


def fetch(held: Held) -> Iterator[Part]:
    del held  # answers have no validators
    params = {"per_page": str(PAGE), "page": "1"}
    headers = {"authorization": f"Bearer {os.environ[KEY]}"}
    ask = partial(all_pages, URL, params, _next, most=MAX_PAGES, joined="list", headers=headers)
    yield Part("all", http.attempt(ask))


def _next(answer: Any, page: int) -> Mapping[str, str] | None:
    return {"page": str(page + 1)} if answer["links"]["pages"]["next"] else None


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per GPU size and region.

    Raises:
        ParseError: not the documented answer, a field missing or of another type in most sizes,
            fewer sizes than the answer says there are, or no GPU size at all.
    """
    return _rows(_offers(_sizes(body, capture), capture), capture)


def _sizes(body: bytes, capture: Capture) -> list[dict[str, object]]:
    pages = read_json(body, capture)
    sizes: list[dict[str, object]] = []
    total: object = None
    for page in pages if isinstance(pages, list) else [pages]:
        sizes += objects(page, "sizes", capture)
        meta = page.get("meta")
        total = meta.get("total") if isinstance(meta, dict) else None
    if total != len(sizes):
        raise ParseError(f"{capture.url}: truncated: {len(sizes)} sizes of {total}")
    return sizes


def _offers(sizes: list[dict[str, object]], capture: Capture) -> pl.DataFrame:
    offers = read_each(sizes, lambda each: _regions(each, capture), lambda _: {})
    if not offers:
        raise ParseError(f"{capture.url}: no GPU size; never read as no supply")
    return typed(offers, FIELDS, capture, may_lack=OPTIONAL)


def _regions(size: dict[str, object], capture: Capture) -> list[dict[str, object]]:
    """A GPU size once per region, once without a region when sold nowhere; nothing for others."""
    card = size.get("gpu_info")
    if card is None and not str(size.get("slug")).startswith("gpu-"):
        return []
    regions = size.get("regions")
    if not isinstance(card, dict) or not isinstance(regions, list):
        raise ParseError(f"{capture.url}: no `gpu_info` and `regions`: {str(size)[:200]}")
    memory = card.get("vram")
    vram = memory if isinstance(memory, dict) else {}
    return [{**size, **card, **vram, "region": each} for each in regions or [None]]


def _rows(offers: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    count, name = pl.col("count"), pl.col("slug")
    spot = name.str.contains(r"-spot$")
    gib = pl.col("unit").str.to_lowercase().is_in(["gib", "gb"])
    sold = pl.col("region").is_not_null() & pl.col("available").fill_null(True)
    return offers.select(
        offer_id=pl.concat_str(name, pl.col("region").fill_null("-"), separator="/"),
        provider_raw=pl.lit("digitalocean"),
        accelerator_raw="model",
        memory_gib=pl.when(gib & (pl.col("amount") > 0) & (count > 0)).then(
            pl.col("amount") / count
        ),
        instance_type="slug",
        gpu_count="count",
        market=pl.when(spot).then(pl.lit("spot")).otherwise(pl.lit("on_demand")),
        spot_kind=pl.when(spot).then(pl.lit("administered")),
        basis=pl.lit("all_in"),
        region=pl.col("region").fill_null("global"),
        price_in_currency_per_gpu_hour=pl.col("price_hourly") / count,
        currency=pl.lit("USD"),
        flag=pl.when(spot).then(pl.lit("administered")),
        reason=pl.coalesce(
            "malformed",
            pl.when(count < 1).then(pl.lit("unknown_count")),
            pl.when(name.str.contains("contracted")).then(pl.lit("unknown_term")),
            pl.when(~sold).then(pl.lit("not_offered")),
            pl.when(pl.col("price_hourly") == 0).then(pl.lit("not_priced_yet")),
        ),
        **untold("term_months", "country", "host_id", "available_count"),
        **provenance(SOURCE, capture, "high"),
    )


SOURCE = Source(
    name="digitalocean",
    homepage="https://www.digitalocean.com/products/gpu-droplets",
    terms="https://www.digitalocean.com/legal/terms-of-service-agreement",
    licence="not established; list prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    secrets=(KEY,),
)
