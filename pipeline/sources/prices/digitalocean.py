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

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import polars as pl

from pipeline import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.source import Capture, ParseError, Part, Source

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


def fetch(last: Callable[[str], Mapping[str, str]]) -> Iterator[Part]:
    del last  # answers have no validators
    yield Part("all", http.attempt(_pages))


def _pages() -> http.Response:
    """Every page, in one body: a JSON list of the pages as received."""
    headers = {"authorization": f"Bearer {os.environ[KEY]}"}
    pages: list[http.Response] = []
    for number in range(1, MAX_PAGES + 1):
        params = {"per_page": str(PAGE), "page": str(number)}
        pages.append(http.get(URL, params=params, headers=headers, expects="json"))
        if not _has_next(pages[-1].body):
            break
    body = b"[" + b",".join(each.body for each in pages) + b"]"
    return replace(pages[-1], url=pages[0].url, headers={}, body=body)


def _has_next(body: bytes) -> bool:
    try:
        return bool(json.loads(body)["links"]["pages"]["next"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return False  # the last page has no such link; `parse` judges the rest


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per GPU size and region.

    Raises:
        ParseError: not the documented answer, a field missing or of another type, a size twice,
            fewer sizes than the answer says there are, or no GPU size at all.
    """
    return _rows(_offers(_sizes(body, capture), capture), capture)


def _sizes(body: bytes, capture: Capture) -> list[dict[str, object]]:
    try:
        pages = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{capture.url}: not JSON: {error}") from error
    sizes: list[dict[str, object]] = []
    total: object = None
    for page in pages if isinstance(pages, list) else [pages]:
        found = page.get("sizes") if isinstance(page, dict) else None
        meta = page.get("meta") if isinstance(page, dict) else None
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise ParseError(f"{capture.url}: no list of objects in `sizes`: {str(page)[:200]}")
        total = meta.get("total") if isinstance(meta, dict) else None
        sizes += found
    if total != len(sizes):
        raise ParseError(f"{capture.url}: truncated: {len(sizes)} sizes of {total}")
    return sizes


def _offers(sizes: list[dict[str, object]], capture: Capture) -> pl.DataFrame:
    names = [str(each.get("slug")) for each in sizes]
    if len(set(names)) < len(names):
        raise ParseError(f"{capture.url}: size repeated")
    offers = [offer for each in sizes for offer in _regions(each, capture)]
    if not offers:
        raise ParseError(f"{capture.url}: no GPU size; never read as no supply")
    return pl.DataFrame([_column(offers, name, dtype, capture) for name, dtype in FIELDS.items()])


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
    count, name = pl.col("count"), pl.col("slug")
    spot = name.str.contains(r"-spot$")
    gib = pl.col("unit").str.to_lowercase().is_in(["gib", "gb"])
    sold = pl.col("region").is_not_null() & pl.col("available").fill_null(True)
    return offers.select(
        offer_id=pl.concat_str(name, pl.col("region").fill_null("-"), separator="/"),
        observed_at=now,
        provider_raw=pl.lit("digitalocean"),
        accelerator_raw="model",
        memory_gib=pl.when(gib & (pl.col("amount") > 0) & (count > 0)).then(
            pl.col("amount") / count
        ),
        instance_type="slug",
        gpu_count="count",
        market=pl.when(spot).then(pl.lit("spot")).otherwise(pl.lit("on_demand")),
        spot_kind=pl.when(spot).then(pl.lit("administered")),
        term_months=pl.lit(None, pl.Int64),
        basis=pl.lit("all_in"),
        region=pl.col("region").fill_null("global"),
        country=pl.lit(None, pl.String),
        host_id=pl.lit(None, pl.String),
        host_count=pl.lit(None, pl.Int64),
        offer_count=pl.lit(None, pl.Int64),
        available_count=pl.lit(None, pl.Int64),
        price_in_currency_per_gpu_hour=pl.col("price_hourly") / count,
        currency=pl.lit("USD"),
        refresh_days=pl.lit(SOURCE.refresh_days, pl.Int64),
        flag=pl.when(spot).then(pl.lit("administered")),
        reason=pl.coalesce(
            pl.when(count < 1).then(pl.lit("unknown_count")),
            pl.when(name.str.contains("contracted")).then(pl.lit("unknown_term")),
            pl.when(~sold).then(pl.lit("not_offered")),
            pl.when(pl.col("price_hourly") == 0).then(pl.lit("not_priced_yet")),
        ),
        known_at=now,
        captured_at=now,
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
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
