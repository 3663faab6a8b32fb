"""Lambda: list prices of its on-demand instances, from the account API.

Grain: one instance type with accelerators; one row, since the price holds in every region.
Units: US cents per hour for the whole instance (`price_cents_per_hour`); a row is US dollars per
accelerator. Memory per accelerator stands in the description, `8x H100 (80 GB SXM5)`.
Clock: the list of the moment, not dated.
Limits: one page, one call a day; the key goes in a header. Documented limit: a request a second.
Terms: the site may be crawled slowly (https://lambda.ai/robots.txt); the API needs an account.

Field names: Lambda's public clients (SkyPilot's fetch_lambda_cloud.py, gpuhunt's lambdalabs.py) and
its OpenAPI description; no answer was recorded here, so a field that is missing or of another type
refuses the answer. `regions_with_capacity_available` is read when there.

Traps: cents, 100 times off when missed. `A100` without a size is the 40 GB card. The count in the
description is compared with `specs.gpus`; a type without it has the count in its name. CPU
instances have no accelerator and are left out.
"""

import os
from collections.abc import Iterator
from functools import partial

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.guards import read_json
from pipeline.sources.prices._answers import provenance, read_each, typed, untold
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

URL = "https://cloud.lambdalabs.com/api/v1/instance-types"
KEY = "LAMBDA_API_KEY"
CENTS = 100
COUNTED = r"^(\d+)x\s+"
FIELDS: dict[str, type[pl.DataType]] = {
    "name": pl.String,
    "description": pl.String,
    "price_cents_per_hour": pl.Float64,
    "gpus": pl.Int64,
    "has_capacity": pl.Boolean,
}


def fetch(held: Held) -> Iterator[Part]:
    del held  # answers have no validators
    headers = {"authorization": f"Bearer {os.environ[KEY]}"}
    yield Part("all", http.attempt(partial(http.get, URL, headers=headers, expects="json")))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One on_demand row per instance type that has accelerators.

    Raises:
        ParseError: not the documented answer, an error in it, a field missing or of another type in
            most types, or no types at all.
    """
    types = _types(body, capture)
    # A type without the count has it in its name, in the same words: gpu_1x_a100_sxm4.
    named = pl.col("name").str.extract(r"^gpu_(\d+)x_", 1).cast(pl.Int64, strict=False)
    types = types.with_columns(gpus=pl.coalesce("gpus", named))
    return _rows(types.filter(pl.col("gpus").ne_missing(0)), capture)


def _types(body: bytes, capture: Capture) -> pl.DataFrame:
    answer = read_json(body, capture)
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or "error" in answer:
        raise ParseError(f"{capture.url}: no object in `data`: {str(answer)[:200]}")
    if not data:
        raise ParseError(f"{capture.url}: `data` is empty; never read as no supply")
    flat = read_each(data.values(), lambda each: [_flat(each, capture)], lambda _: {})
    return typed(flat, FIELDS, capture, may_lack=("gpus",), may_be_null=("has_capacity",))


def _flat(entry: object, capture: Capture) -> dict[str, object]:
    kind = entry.get("instance_type") if isinstance(entry, dict) else None
    specs = kind.get("specs") if isinstance(kind, dict) else None
    if not isinstance(entry, dict) or not isinstance(kind, dict) or not isinstance(specs, dict):
        raise ParseError(f"{capture.url}: no `instance_type` with `specs`: {str(entry)[:200]}")
    regions = entry.get("regions_with_capacity_available")
    capacity = {"has_capacity": bool(regions) if isinstance(regions, list) else None}
    return {**kind, **specs, **capacity}


def _rows(types: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    said = pl.col("description").str.extract(COUNTED, 1).cast(pl.Int64, strict=False)
    miscounted = (pl.col("gpus") < 1).fill_null(True) | (said != pl.col("gpus")).fill_null(False)
    price = pl.col("price_cents_per_hour") / CENTS / pl.col("gpus")
    return types.select(
        offer_id="name",
        provider_raw=pl.lit("lambda"),
        accelerator_raw=pl.col("description").str.replace(COUNTED, ""),
        memory_gib=pl.col("description").str.extract(r"\((\d+(?:\.\d+)?) GB").cast(pl.Float64),
        instance_type="name",
        gpu_count="gpus",
        market=pl.lit("on_demand"),
        basis=pl.lit("all_in"),
        region=pl.lit("global"),
        available_count=pl.when(~pl.col("has_capacity")).then(pl.lit(0, pl.Int64)),
        price_in_currency_per_gpu_hour=price,
        currency=pl.lit("USD"),
        reason=pl.coalesce(
            "malformed",
            pl.when(miscounted).then(pl.lit("unknown_count")),
            pl.when(pl.col("price_cents_per_hour") == 0).then(pl.lit("not_priced_yet")),
        ),
        **untold("spot_kind", "term_months", "country", "host_id", "flag"),
        **provenance(SOURCE, capture, "high"),
    )


SOURCE = Source(
    name="lambda_cloud",
    homepage="https://lambda.ai/service/gpu-cloud",
    terms="https://lambda.ai/legal/terms-of-service",
    licence="not established; list prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    secrets=(KEY,),
)
