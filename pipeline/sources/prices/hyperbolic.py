"""Hyperbolic: machines of its marketplace, as it lists them for SkyPilot.

Grain: one machine type in one region; one row on demand, and one on spot where it names a price.
Units: US dollars per hour for the whole machine; a row is per accelerator.
Clock: the list of the moment, not dated.
Limits: one page; the key goes in a header. Rate limit not written down.
Terms: https://www.hyperbolic.ai/terms-of-use

Address and field names: SOURCES 2.10 and SkyPilot's fetch_hyperbolic.py, which writes the fields of
`vms` out as its catalog; no answer was recorded here, so a field that is missing or of another type
refuses the answer. `GpuInfo` is not read: in that catalog it may hold the memory of one accelerator
or of all.

Traps: a spot price equal to the list price is no discount, and any other is Hyperbolic's own list:
administered. An empty list is an incomplete answer, never no supply.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.prices._answers import numbered, objects, provenance, read_json, typed, untold
from pipeline.sources.source import Capture, ParseError, Part, Source

URL = "https://api.dev-hyperbolic.xyz/v2/skypilot/catalog"
KEY = "HYPERBOLIC_API_KEY"
FIELDS: dict[str, type[pl.DataType]] = {
    "InstanceType": pl.String,
    "AcceleratorName": pl.String,
    "AcceleratorCount": pl.Float64,
    "Price": pl.Float64,
    "SpotPrice": pl.Float64,
    "Region": pl.String,
}
NOWHERE = ("", "default")  # SkyPilot's name for Hyperbolic's only region
NULLABLE = ("AcceleratorName", "Price", "SpotPrice", "Region")


def fetch(last: Callable[[str], Mapping[str, str]]) -> Iterator[Part]:
    del last  # answers have no validators
    headers = {"authorization": f"Bearer {os.environ[KEY]}"}
    yield Part("all", http.attempt(partial(http.get, URL, headers=headers, expects="json")))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One on_demand row per machine type and region, and one spot row where it names a price.

    Raises:
        ParseError: not the documented answer, a field missing or of another type, or no machines.
    """
    machines = _machines(body, capture)
    spot = machines.filter(pl.col("SpotPrice") > 0)
    rows = pl.concat(
        [
            _rows(machines, capture, market="on_demand", price="Price"),
            _rows(spot, capture, market="spot", price="SpotPrice"),
        ]
    )
    return numbered(rows.unique(maintain_order=True))


def _machines(body: bytes, capture: Capture) -> pl.DataFrame:
    found = objects(read_json(body, capture), "vms", capture)
    machines = [each for each in found if each.get("AcceleratorCount") != 0]
    if not machines:
        raise ParseError(f"{capture.url}: no machines; never read as no supply")
    return typed(machines, FIELDS, capture, may_be_null=NULLABLE)


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
    licence="not established; prices are facts shown to account holders",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    secrets=(KEY,),
)
