"""Hyperbolic: machines of its marketplace, as it lists them to anybody.

Grain: one machine type in one region; one row on demand, and one on spot where it names a price.
Units: US cents per hour of a whole option (`costPerHourCents`); a row is per accelerator, in
dollars.
Clock: the list of the moment, not dated.
Limits: one page, no key. Rate limit not written down.
Terms: https://www.hyperbolic.ai/terms-of-use

Address and field names (costPerHourCents, gpuCount, gpuType, gpuFormFactor, region): as public
clients of 2026 read `/v2/alpha/on-demand/rental-options`, and as one keyless answer of 2026 was
recorded. The list that was asked until 2026-11, with a key on the development host, is an object of
`vms` in dollars per machine, as SkyPilot's fetch_hyperbolic.py writes it out; it is still read.

Traps: a spot price equal to the list price is no discount, and any other is Hyperbolic's own list:
administered. An option that is not `enabled`, or of which none is left, is not offered. An empty
list is an incomplete answer, never no supply.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.guards import read_json
from pipeline.sources.prices._answers import (
    mostly,
    numbered,
    objects,
    provenance,
    typed,
    untold,
)
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

URL = "https://api.hyperbolic.ai/v2/alpha/on-demand/rental-options"
CENTS = 100
FIELDS: dict[str, type[pl.DataType]] = {
    "InstanceType": pl.String,
    "AcceleratorName": pl.String,
    "AcceleratorCount": pl.Float64,
    "Price": pl.Float64,
    "SpotPrice": pl.Float64,
    "Region": pl.String,
}
OPTION: dict[str, type[pl.DataType]] = {
    "costPerHourCents": pl.Float64,
    "gpuCount": pl.Float64,
    "gpuType": pl.String,
    "gpuFormFactor": pl.String,
    "region": pl.String,
    "machineType": pl.String,
    "connectionType": pl.String,
    "enabled": pl.Boolean,
    "totalAvailable": pl.Int64,
}
MAY_LACK = ("gpuFormFactor", "region", "machineType", "connectionType", "enabled", "totalAvailable")
NOWHERE = ("", "default")  # SkyPilot's name for Hyperbolic's only region
NULLABLE = ("AcceleratorName", "Price", "SpotPrice", "Region")


def fetch(held: Held) -> Iterator[Part]:
    del held  # answers have no validators
    yield Part("all", http.attempt(partial(http.get, URL, expects="json")))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One on_demand row per machine type and region, and one spot row where it names a price.

    The shape tells which list it is: a list of options, or an object with `vms`.

    Raises:
        ParseError: neither documented answer, a field missing or of another type in most machines,
            or no machines.
    """
    answer = read_json(body, capture)
    machines = _options(answer, capture) if isinstance(answer, list) else _vms(answer, capture)
    spot = machines.filter(pl.col("SpotPrice") > 0)
    rows = pl.concat(
        [
            _rows(machines, capture, market="on_demand", price="Price"),
            _rows(spot, capture, market="spot", price="SpotPrice"),
        ]
    )
    return numbered(rows.unique(maintain_order=True))


def _options(answer: list[Any], capture: Capture) -> pl.DataFrame:
    """The public list in the columns of the other one."""
    if not answer:
        raise ParseError(f"{capture.url}: no machines; never read as no supply")
    if not mostly([isinstance(each, dict) for each in answer]):
        raise ParseError(f"{capture.url}: not a list of objects: {str(answer)[:200]}")
    entries = [each if isinstance(each, dict) else {} for each in answer]
    options = typed(entries, OPTION, capture, may_lack=MAY_LACK)
    name = pl.concat_str("gpuType", "gpuFormFactor", separator=" ", ignore_nulls=True)
    gone = ~pl.col("enabled").fill_null(True) | (pl.col("totalAvailable") < 1).fill_null(False)
    count = pl.format("{}x", pl.col("gpuCount").cast(pl.Int64, strict=False))
    return options.select(
        "malformed",
        InstanceType=pl.concat_str(
            name, "machineType", "connectionType", count, separator=":", ignore_nulls=True
        ),
        AcceleratorName=name,
        AcceleratorCount="gpuCount",
        Price=pl.col("costPerHourCents") / CENTS,
        SpotPrice=pl.lit(None, pl.Float64),
        Region="region",
        gone=gone,
    )


def _vms(answer: object, capture: Capture) -> pl.DataFrame:
    found = objects(answer, "vms", capture)
    machines = [each for each in found if each.get("AcceleratorCount") != 0]
    if not machines:
        raise ParseError(f"{capture.url}: no machines; never read as no supply")
    frame = typed(machines, FIELDS, capture, may_be_null=NULLABLE)
    return frame.with_columns(gone=pl.lit(False))


def _rows(machines: pl.DataFrame, capture: Capture, *, market: str, price: str) -> pl.DataFrame:
    count, amount = pl.col("AcceleratorCount"), pl.col(price)
    spot = market == "spot"
    whole = count.is_finite() & (count >= 1)
    flag = pl.when(amount == pl.col("Price")).then(pl.lit("no_discount"))
    place = pl.col("Region").str.strip_chars()
    region = pl.when(~place.is_in(NOWHERE)).then(place).otherwise(pl.lit("global"))
    return machines.select(
        offer_id=pl.concat_str("InstanceType", region, pl.lit(market), separator="/"),
        provider_raw=pl.lit("hyperbolic"),
        accelerator_raw=pl.col("AcceleratorName").fill_null(""),
        instance_type="InstanceType",
        gpu_count=pl.when(whole).then(count.floor()).otherwise(1.0).cast(pl.Int64),
        market=pl.lit(market),
        spot_kind=pl.lit("administered" if spot else None, pl.String),
        basis=pl.lit("all_in"),
        region=region,
        price_in_currency_per_gpu_hour=amount / count,
        currency=pl.lit("USD"),
        flag=flag.otherwise(pl.lit("administered")) if spot else pl.lit(None, pl.String),
        reason=pl.coalesce(
            "malformed",
            pl.when("gone").then(pl.lit("not_offered")),
            pl.when(count.is_finite() & (count != count.floor())).then(pl.lit("fractional")),
            pl.when(~whole).then(pl.lit("unknown_count")),
            pl.when(amount.is_null() | (amount == 0)).then(pl.lit("not_priced_yet")),
        ),
        **untold("memory_gib", "term_months", "country", "host_id", "available_count"),
        **provenance(SOURCE, capture, "medium"),
    )


SOURCE = Source(
    name="hyperbolic",
    homepage="https://www.hyperbolic.ai",
    terms="https://www.hyperbolic.ai/terms-of-use",
    licence="not established; prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    real_answer="2026, entries",
)
