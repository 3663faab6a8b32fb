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

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.guards import read_documents
from pipeline.sources.prices._answers import (
    mostly,
    provenance,
    read_each,
    typed_rows,
    untold,
)
from pipeline.sources.prices._pages import all_pages
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

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
    "odd": pl.String,
}


def fetch(held: Held) -> Iterator[Part]:
    del held  # the pages are one capture, and validators are of one page
    for zone in ZONES:
        url, params = f"{API}/{zone}/products/servers", {"per_page": str(PAGE_SIZE), "page": "1"}
        ask = partial(all_pages, url, params, _next, most=MAX_PAGES, joined="lines")
        yield Part(zone, http.attempt(ask))


def _next(answer: Any, page: int) -> Mapping[str, str] | None:
    return {"page": str(page + 1)} if len(answer["servers"]) >= PAGE_SIZE else None


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per instance type with GPUs; slices and types without a price have a reason.

    Raises:
        ParseError: not the documented answer, its last page full, a page twice, a field missing or
            of another type in most types, or no type with GPUs.
    """
    servers = _servers(body, capture)
    with_gpu = [(kind, each) for kind, each in servers if each.get("gpu", True)]
    types = read_each(with_gpu, lambda each: [_type(*each, capture)], _odd)
    if all(server.get("gpu") is None for _, server in with_gpu):
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
        if not mostly([isinstance(x, dict) and "gpu" in x for x in servers.values()]):
            raise ParseError(f"{capture.url}: types without the field `gpu`")
        twice = found.keys() & servers.keys()
        if not mostly([each not in twice for each in servers]):
            raise ParseError(f"{capture.url}: on two pages: {sorted(twice)[:5]}")
        found |= {k: each if isinstance(each, dict) else {} for k, each in servers.items()}
        count = len(servers)
    if count >= PAGE_SIZE:
        raise ParseError(f"{capture.url}: the last page is full ({count}): the list goes on")
    return list(found.items())


def _type(kind: str, server: dict[str, object], capture: Capture) -> tuple[object, ...]:
    info = server.get("gpu_info")
    gpu, hourly = server.get("gpu"), server.get("hourly_price")
    if not isinstance(info, dict) or "hourly_price" not in server or gpu is None:
        raise ParseError(f"{capture.url}: {kind}: gpu_info or hourly_price is missing")
    if isinstance(gpu, bool) or isinstance(hourly, bool):
        raise ParseError(f"{capture.url}: {kind}: a number is true or false")
    name, memory = info.get("gpu_name"), info.get("gpu_memory")
    is_slice = server.get("mig_profile") is not None
    ended = server.get("end_of_service") is True
    return kind, gpu, name or "", memory, hourly, is_slice, ended, None


def _odd(each: tuple[str, dict[str, object]]) -> tuple[object, ...]:
    return each[0], 1.0, "", None, None, False, False, "malformed: type"


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
            "odd",
            "malformed",
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
    real_answer="2026-10-01, entries",
)
