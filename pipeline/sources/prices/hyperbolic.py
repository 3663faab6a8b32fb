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

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import polars as pl

from pipeline import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.source import Capture, ParseError, Part, Source

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
OPTIONAL = ("AcceleratorName", "Price", "SpotPrice", "Region")


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
    rows = rows.unique(maintain_order=True).sort("offer_id", "price_in_currency_per_gpu_hour")
    repeat = pl.int_range(pl.len()).over("offer_id") + 1
    suffix = pl.when(repeat > 1).then(pl.format("#{}", repeat)).otherwise(pl.lit(""))
    return rows.with_columns(offer_id=pl.concat_str("offer_id", suffix))


def _machines(body: bytes, capture: Capture) -> pl.DataFrame:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{capture.url}: not JSON: {error}") from error
    found = answer.get("vms") if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ParseError(f"{capture.url}: no list of objects in `vms`: {str(answer)[:200]}")
    machines = [each for each in found if each.get("AcceleratorCount") != 0]
    if not machines:
        raise ParseError(f"{capture.url}: no machines; never read as no supply")
    return pl.DataFrame([_column(machines, name, dtype, capture) for name, dtype in FIELDS.items()])


def _column(
    machines: list[dict[str, object]], name: str, dtype: type[pl.DataType], capture: Capture
) -> pl.Series:
    if missing := sum(name not in each for each in machines):
        raise ParseError(f"{capture.url}: field {name} missing in {missing} machines")
    values = [each[name] for each in machines]
    if name not in OPTIONAL and None in values:
        raise ParseError(f"{capture.url}: field {name} is null")
    if any(isinstance(each, bool) for each in values):
        raise ParseError(f"{capture.url}: field {name} is true or false")
    try:
        return pl.Series(name, values, dtype=dtype, strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        raise ParseError(f"{capture.url}: field {name}: {str(error)[:200]}") from error


def _rows(machines: pl.DataFrame, capture: Capture, *, market: str, price: str) -> pl.DataFrame:
    now = pl.lit(capture.captured_at, pl.Datetime("us", "UTC"))
    count, amount = pl.col("AcceleratorCount"), pl.col(price)
    spot = market == "spot"
    whole = count.is_finite() & (count >= 1)
    flag = pl.when(amount == pl.col("Price")).then(pl.lit("no_discount"))
    place = pl.col("Region").str.strip_chars()
    region = pl.when(~place.is_in(NOWHERE)).then(place).otherwise(pl.lit("global"))
    return machines.select(
        offer_id=pl.concat_str("InstanceType", region, pl.lit(market), separator="/"),
        observed_at=now,
        provider_raw=pl.lit("hyperbolic"),
        accelerator_raw=pl.col("AcceleratorName").fill_null(""),
        memory_gib=pl.lit(None, pl.Float64),
        instance_type="InstanceType",
        gpu_count=pl.when(whole).then(count.floor()).otherwise(1.0).cast(pl.Int64),
        market=pl.lit(market),
        spot_kind=pl.lit("administered" if spot else None, pl.String),
        term_months=pl.lit(None, pl.Int64),
        basis=pl.lit("all_in"),
        region=region,
        country=pl.lit(None, pl.String),
        host_id=pl.lit(None, pl.String),
        host_count=pl.lit(None, pl.Int64),
        offer_count=pl.lit(None, pl.Int64),
        available_count=pl.lit(None, pl.Int64),
        price_in_currency_per_gpu_hour=amount / count,
        currency=pl.lit("USD"),
        refresh_days=pl.lit(SOURCE.refresh_days, pl.Int64),
        flag=flag.otherwise(pl.lit("administered")) if spot else pl.lit(None, pl.String),
        reason=pl.coalesce(
            pl.when(count.is_finite() & (count != count.floor())).then(pl.lit("fractional")),
            pl.when(~whole).then(pl.lit("unknown_count")),
            pl.when(amount.is_null() | (amount == 0)).then(pl.lit("not_priced_yet")),
        ),
        known_at=now,
        captured_at=now,
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("medium"),
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
