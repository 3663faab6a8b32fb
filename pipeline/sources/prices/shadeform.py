"""Shadeform: one account for the machines of about twenty clouds, at Shadeform's price.

Grain: one machine type of one cloud in one region; a type is listed in several regions at one
price. The seller named is the underlying cloud; the one who sells is Shadeform, so every row is
flagged `reseller` and stays out of levels: the clouds it resells vote with their own list.
Units: US cents per hour for the whole machine (`hourly_price`), memory in GB per accelerator.
Clock: the list of the moment, only what is available now.
Limits: one page; the key goes in a header. Rate limit not written down.
Terms: https://www.shadeform.ai/terms

Field names: Shadeform's API reference (docs.shadeform.ai, instances/types), its Terraform provider
and SkyPilot's fetch_shadeform.py; no answer was recorded here, so a field that is missing or of
another type refuses the answer.

Traps: cents. The name of a chip leaves out its form (`A100_80G`), which `interconnect` tells: the
two together are the name. A region listed as not available has no price that anybody can pay. An
empty list is an incomplete answer, never no supply.
"""

import os
from collections.abc import Iterator
from functools import partial

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.guards import read_json
from pipeline.sources.prices._answers import (
    numbered,
    provenance,
    read_each,
    typed,
    untold,
)
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

URL = "https://api.shadeform.ai/v1/instances/types"
KEY = "SHADEFORM_API_KEY"
CENTS = 100
FIELDS: dict[str, type[pl.DataType]] = {
    "cloud": pl.String,
    "shade_instance_type": pl.String,
    "cloud_instance_type": pl.String,
    "hourly_price": pl.Float64,
    "gpu_type": pl.String,
    "num_gpus": pl.Int64,
    "interconnect": pl.String,
    "vram_per_gpu_in_gb": pl.Float64,
    "region": pl.String,
    "available": pl.Boolean,
}
OPTIONAL = ("cloud_instance_type", "interconnect", "vram_per_gpu_in_gb")


def fetch(held: Held) -> Iterator[Part]:
    del held  # answers have no validators
    ask = partial(
        http.get,
        URL,
        params={"available": "true"},
        headers={"x-api-key": os.environ[KEY]},
        expects="json",
    )
    yield Part("all", http.attempt(ask))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One on_demand row per machine type and region.

    Raises:
        ParseError: not the documented answer, a field missing or of another type, or no types.
    """
    return _rows(_offers(body, capture), capture)


def _offers(body: bytes, capture: Capture) -> pl.DataFrame:
    answer = read_json(body, capture)
    types = answer.get("instance_types") if isinstance(answer, dict) else None
    if not isinstance(types, list):
        raise ParseError(f"{capture.url}: no list in `instance_types`: {str(answer)[:200]}")
    offers = read_each(types, lambda each: _regions(each, capture), lambda _: {})
    if not offers:
        raise ParseError(f"{capture.url}: `instance_types` is empty; never read as no supply")
    return typed(offers, FIELDS, capture, may_lack=OPTIONAL)


def _regions(kind: object, capture: Capture) -> list[dict[str, object]]:
    """The type once per region it is listed in."""
    machine = kind.get("configuration") if isinstance(kind, dict) else None
    places = kind.get("availability") if isinstance(kind, dict) else None
    if (
        not isinstance(kind, dict)
        or not isinstance(machine, dict)
        or not isinstance(places, list)
        or not all(isinstance(each, dict) for each in places)
    ):
        raise ParseError(f"{capture.url}: no `configuration` and `availability`: {str(kind)[:200]}")
    return [{**machine, **kind, **each} for each in places]


def _rows(offers: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    memory = pl.col("vram_per_gpu_in_gb")
    rows = offers.filter(pl.col("num_gpus").ne_missing(0)).select(
        offer_id=pl.concat_str(
            "cloud",
            "shade_instance_type",
            pl.col("cloud_instance_type").fill_null("-"),
            "region",
            separator="/",
        ),
        provider_raw=pl.lit("shadeform"),
        accelerator_raw=pl.concat_str("gpu_type", "interconnect", separator=" ", ignore_nulls=True),
        memory_gib=pl.when(memory > 0).then(memory),
        instance_type=pl.concat_str("cloud", "shade_instance_type", separator="_"),
        gpu_count="num_gpus",
        market=pl.lit("on_demand"),
        basis=pl.lit("all_in"),
        region="region",
        operator_id="cloud",
        price_in_currency_per_gpu_hour=pl.col("hourly_price") / CENTS / pl.col("num_gpus"),
        currency=pl.lit("USD"),
        flag=pl.lit("reseller"),
        reason=pl.coalesce(
            "malformed",
            pl.when(pl.col("num_gpus") < 0).then(pl.lit("unknown_count")),
            pl.when(~pl.col("available")).then(pl.lit("not_offered")),
            pl.when(pl.col("hourly_price") == 0).then(pl.lit("not_priced_yet")),
        ),
        **untold("spot_kind", "term_months", "country", "host_id", "available_count"),
        **provenance(SOURCE, capture, "medium"),
    )
    # One type may stand several times, for virtual and bare machines.
    return numbered(rows.unique(maintain_order=True))


SOURCE = Source(
    name="shadeform",
    homepage="https://www.shadeform.ai",
    terms="https://www.shadeform.ai/terms",
    licence="not established; prices are facts shown to account holders",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    secrets=(KEY,),
)
