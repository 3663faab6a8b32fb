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

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import polars as pl

from pipeline import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.source import Capture, ParseError, Part, Source

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
        yield Part(zone, http.attempt(partial(_all_pages, f"{API}/{zone}/products/servers")))


def _all_pages(url: str) -> http.Response:
    bodies: list[bytes] = []
    for page in range(1, MAX_PAGES + 1):
        params = {"per_page": str(PAGE_SIZE), "page": str(page)}
        answer = http.get(url, params=params, expects="json")
        bodies.append(answer.body)
        if _type_count(answer.body) < PAGE_SIZE:
            return replace(answer, url=url, headers={}, body=b"\n".join(bodies))
    raise http.UpstreamError(f"more than {MAX_PAGES} pages", url=url, status=200)


def _type_count(body: bytes) -> int:
    """Types on the page; 0 when unreadable, which `parse` then says."""
    try:
        return len(json.loads(body)["servers"])
    except (ValueError, RecursionError, TypeError, KeyError):
        return 0


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
    frame = pl.DataFrame(
        [
            _column(name, values, capture)
            for name, values in zip(FIELDS, zip(*types, strict=True), strict=True)
        ]
    )
    return _rows(frame, capture)


def _servers(body: bytes, capture: Capture) -> list[tuple[str, dict[str, object]]]:
    found: dict[str, dict[str, object]] = {}
    count = 0
    for page in _documents(body, capture):
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


def _column(name: str, values: tuple[object, ...], capture: Capture) -> pl.Series:
    try:
        return pl.Series(name, values, dtype=FIELDS[name], strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        raise ParseError(f"{capture.url}: {name}: {str(error)[:200]}") from error


def _rows(types: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    now = pl.lit(capture.captured_at, pl.Datetime("us", "UTC"))
    gpu, hourly = pl.col("gpu"), pl.col("hourly")
    whole = gpu.is_finite() & (gpu >= 1) & (gpu == gpu.floor())
    count = pl.when(whole).then(gpu).otherwise(1.0)
    return types.select(
        offer_id=pl.format("{}/{}", pl.lit(capture.part), "kind"),
        observed_at=now,
        provider_raw=pl.lit("scaleway"),
        accelerator_raw="name",
        memory_gib=pl.when(pl.col("memory_bytes") > 0).then(pl.col("memory_bytes") / 2**30),
        instance_type="kind",
        gpu_count=count.cast(pl.Int64),
        market=pl.lit("on_demand"),
        spot_kind=pl.lit(None, pl.String),
        term_months=pl.lit(None, pl.Int64),
        basis=pl.lit("all_in"),
        region=pl.lit(capture.part),
        country=pl.lit(None, pl.String),
        host_id=pl.lit(None, pl.String),
        host_count=pl.lit(None, pl.Int64),
        offer_count=pl.lit(None, pl.Int64),
        available_count=pl.lit(None, pl.Int64),
        price_in_currency_per_gpu_hour=hourly / count,
        currency=pl.lit("EUR"),
        refresh_days=pl.lit(SOURCE.refresh_days, pl.Int64),
        flag=pl.lit(None, pl.String),
        reason=pl.coalesce(
            pl.when(pl.col("is_slice") | ~whole).then(pl.lit("fractional")),
            pl.when("is_ended").then(pl.lit("not_offered")),
            pl.when(hourly.is_null() | (hourly == 0)).then(pl.lit("not_priced_yet")),
        ),
        known_at=now,
        captured_at=now,
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
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
