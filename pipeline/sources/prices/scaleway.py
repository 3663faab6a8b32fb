"""Scaleway: list prices of instance types with GPUs, per availability zone.

Grain: one instance type and zone.
Units: euro per hour for the whole instance; the answer names no currency. Memory in bytes per GPU.
Clock: the list of the moment.
Limits: no key; pages of up to 100 types, about 140 exist. A capture holds all pages of a zone, one
JSON document after the other: a list that lacks a page is no list.
Terms: https://www.scaleway.com/en/contracts/

Field names: answers of four zones recorded on 2026-10-01, published with a public client's tests.
Zones: those with GPUs, as public clients found them in 2026; nl-ams-1 lists none.

Traps: euro without saying so. `gpu_memory` is per GPU, not of the machine. `monthly_price` is 730
times the hour, no term. A type with a MIG profile is a slice. A zone that lists a type may have
none in stock. One page of exactly 100 types is not the whole list.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.prices._answers import provenance, read_documents, typed_rows, untold
from pipeline.sources.prices._pages import all_pages
from pipeline.sources.source import Capture, ParseError, Part, Source

API = "https://api.scaleway.com/instance/v1/zones"
ZONES = ("fr-par-1", "fr-par-2", "pl-waw-2")
PAGE_SIZE = 100
MAX_PAGES = 20
FIELDS: dict[str, type[pl.DataType]] = {
    "kind": pl.String,
    "gpu": pl.Float64,
    "name": pl.String,
    "memory_bytes": pl.Float64,
    "hourly": pl.Float64,
    "is_slice": pl.Boolean,
    "is_ended": pl.Boolean,
}


def fetch(last: Callable[[str], Mapping[str, str]]) -> Iterator[Part]:
    del last  # the pages are one capture, and validators are of one page
    for zone in ZONES:
        url, params = f"{API}/{zone}/products/servers", {"per_page": str(PAGE_SIZE), "page": "1"}
        ask = partial(all_pages, url, params, _next, most=MAX_PAGES, joined="lines")
        yield Part(zone, http.attempt(ask))


def _next(answer: Any, page: int) -> Mapping[str, str] | None:
    return {"page": str(page + 1)} if len(answer["servers"]) >= PAGE_SIZE else None


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per instance type with GPUs; slices and types without a price have a reason.

    Raises:
        ParseError: not the documented answer, its last page full, a type twice, a field missing or
            of another type, or no type with GPUs.
    """
    servers = _servers(body, capture)
    types = [_type(kind, each, capture) for kind, each in servers if each.get("gpu")]
    if not types:
        raise ParseError(f"{capture.url}: no type with GPUs among {len(servers)}")
    frame = typed_rows(types, FIELDS, capture)
    return _rows(frame, capture)


def _servers(body: bytes, capture: Capture) -> list[tuple[str, dict[str, object]]]:
    found: dict[str, dict[str, object]] = {}
    count = 0
    for page in read_documents(body, capture):
        servers = page.get("servers") if isinstance(page, dict) else None
        if not isinstance(servers, dict):
            raise ParseError(f"{capture.url}: no object in `servers`: {str(page)[:200]}")
        if not all(isinstance(each, dict) and "gpu" in each for each in servers.values()):
            raise ParseError(f"{capture.url}: a type without the field `gpu`")
        if twice := found.keys() & servers.keys():
            raise ParseError(f"{capture.url}: on two pages: {sorted(twice)[:5]}")
        found |= servers
        count = len(servers)
    if count >= PAGE_SIZE:
        raise ParseError(f"{capture.url}: the last page is full ({count}): the list goes on")
    return list(found.items())


def _type(kind: str, server: dict[str, object], capture: Capture) -> tuple[object, ...]:
    info = server.get("gpu_info")
    gpu, hourly = server.get("gpu"), server.get("hourly_price")
    if not isinstance(info, dict) or "hourly_price" not in server:
        raise ParseError(f"{capture.url}: {kind}: gpu_info or hourly_price is missing")
    if isinstance(gpu, bool) or isinstance(hourly, bool):
        raise ParseError(f"{capture.url}: {kind}: a number is true or false")
    name, memory = info.get("gpu_name"), info.get("gpu_memory")
    is_slice = server.get("mig_profile") is not None
    return kind, gpu, name or "", memory, hourly, is_slice, server.get("end_of_service") is True


def _rows(types: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    gpu, hourly = pl.col("gpu"), pl.col("hourly")
    whole = gpu.is_finite() & (gpu >= 1) & (gpu == gpu.floor())
    count = pl.when(whole).then(gpu).otherwise(1.0)
    return types.select(
        offer_id=pl.format("{}/{}", pl.lit(capture.part), "kind"),
        provider_raw=pl.lit("scaleway"),
        accelerator_raw="name",
        memory_gib=pl.when(pl.col("memory_bytes") > 0).then(pl.col("memory_bytes") / 2**30),
        instance_type="kind",
        gpu_count=count.cast(pl.Int64),
        market=pl.lit("on_demand"),
        basis=pl.lit("all_in"),
        region=pl.lit(capture.part),
        price_in_currency_per_gpu_hour=hourly / count,
        currency=pl.lit("EUR"),
        reason=pl.coalesce(
            pl.when(pl.col("is_slice") | ~whole).then(pl.lit("fractional")),
            pl.when("is_ended").then(pl.lit("not_offered")),
            pl.when(hourly.is_null() | (hourly == 0)).then(pl.lit("not_priced_yet")),
        ),
        **untold("spot_kind", "term_months", "country", "host_id", "available_count", "flag"),
        **provenance(SOURCE, capture, "high"),
    )


SOURCE = Source(
    name="scaleway",
    homepage="https://www.scaleway.com/en/pricing/gpu/",
    terms="https://www.scaleway.com/en/contracts/",
    licence="not established; prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
)
