"""Vultr: list prices of cloud and bare-metal plans with GPUs, on demand and preemptible.

Grain: one plan, location and market. A plan in stock nowhere has one row without a location.
Units: US dollars per hour for the whole plan; a location may have a price of its own. `gpu_vram_gb`
is of the whole plan.
Clock: the list of the moment; locations are those with stock.
Limits: no key; cursor in `meta.links.next`, empty on the last page. A capture holds all pages of
one list, one JSON document after the other: a list that lacks a page is no list.
Terms: https://www.vultr.com/legal/tos/

Field names: hourly_cost, hourly_cost_preemptible, gpu_type, gpu_vram_gb and locations as in answers
recorded by gpuhunt's tests; gpu_count, deploy_ondemand, deploy_preemptible and location_cost as
public clients read them, so each of these may be absent. All types are asked for, since whole GPUs
(type `vdm`) are missing from the list of type `vcg`.

Traps: a vcg plan can be a share of a GPU, told by its memory (4 of 80 GB) or a count such as 1/8.
Preemptible is a list discount, not an auction. The month costs 672 hours at most, which is a cap
and no term. A plan that cannot be deployed on demand still shows an on-demand price. `vdm` and
older bare-metal answers leave the GPU out: `machine_types.csv` has the plans public sources agree
on. MI325X of 1536 GB is not among them: read as six GPUs here and eight there.
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
from pipeline.sources.prices._machines import RULES, gpu_counts, gpu_names
from pipeline.sources.prices._pages import all_pages
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

API = "https://api.vultr.com/v2"
LISTS = {"plans": f"{API}/plans", "plans_metal": f"{API}/plans-metal"}
PARAMS = {"plans": {"type": "all", "per_page": "500"}, "plans_metal": {"per_page": "500"}}
MAX_PAGES = 20
GPU_PLAN_TYPES = ("vcg", "vdm")
# Memory in GB of a whole card, to tell shares. Source: https://docs.nvidia.com/ and
# https://www.amd.com/en/products/accelerators/instinct.html; Vultr's A100 all have 80 GB.
WHOLE_GB = {
    "A16": 16,
    "A40": 48,
    "L40S": 48,
    "A100": 80,
    "H100": 80,
    "GH200": 96,
    "H200": 141,
    "B200": 180,
    "MI300X": 192,
    "MI325X": 256,
    "MI355X": 288,
}
SHARE_BELOW, WHOLE_UP_TO = 0.9, 1.1
FIELDS: dict[str, type[pl.DataType]] = {
    "plan": pl.String,
    "location": pl.String,
    "name": pl.String,
    "count": pl.Float64,
    "vram_gb": pl.Float64,
    "on_demand": pl.Float64,
    "spot": pl.Float64,
    "deploy_on_demand": pl.Boolean,
    "deploy_spot": pl.Boolean,
    "odd": pl.String,
}


def fetch(held: Held) -> Iterator[Part]:
    del held  # the pages are one capture, and validators are of one page
    for part in LISTS:
        ask = partial(all_pages, LISTS[part], PARAMS[part], _next, most=MAX_PAGES, joined="lines")
        yield Part(part, http.attempt(ask))


def _next(answer: Any, _: int) -> Mapping[str, str] | None:
    cursor = answer["meta"]["links"]["next"]
    return {"cursor": cursor} if isinstance(cursor, str) and cursor else None


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per GPU plan, location and market; shares of a GPU have a reason.

    Raises:
        ParseError: not the documented answer, fewer plans than it announces, a field missing or of
            another type in most plans, or no plan with GPUs.
    """
    plans = _plans(body, capture)
    places = read_each(filter(_has_gpu, plans), lambda plan: _places(plan, capture), _odd)
    if not places:
        raise ParseError(f"{capture.url}: no plan with GPUs among {len(plans)}")
    frame = typed_rows(places, FIELDS, capture)
    counted = _counted(frame)
    return pl.concat([_rows(counted, capture, "on_demand"), _rows(counted, capture, "spot")])


def _plans(body: bytes, capture: Capture) -> list[dict[str, object]]:
    plans: list[dict[str, object]] = []
    announced: object = None
    for page in read_documents(body, capture):
        answer = page if isinstance(page, dict) else {}
        if error := answer.get("error"):
            raise ParseError(f"{capture.url}: error: {str(error)[:300]}")
        found, meta = answer.get(capture.part), answer.get("meta")
        if not isinstance(found, list) or not mostly([isinstance(x, dict) for x in found]):
            raise ParseError(f"{capture.url}: no objects in `{capture.part}`: {str(page)[:200]}")
        announced = meta.get("total") if isinstance(meta, dict) else None
        plans += [each if isinstance(each, dict) else {"id": "-gpu"} for each in found]
    if announced != len(plans):
        raise ParseError(f"{capture.url}: {len(plans)} plans where {announced} are announced")
    return plans


def _has_gpu(plan: dict[str, object]) -> bool:
    kind = str(plan.get("gpu_type") or "none").lower()
    named = plan.get("type") in GPU_PLAN_TYPES or str(plan.get("id")).endswith("-gpu")
    return named or kind != "none"


def _places(plan: dict[str, object], capture: Capture) -> Iterator[tuple[object, ...]]:
    """The plan once for each location, with what it costs there."""
    name, where = plan.get("id"), plan.get("locations")
    costs = plan.get("location_cost") or {}
    if (
        not isinstance(name, str)
        or not isinstance(where, list)
        or not all(isinstance(each, str | None) for each in where)
        or "hourly_cost" not in plan
    ):
        raise ParseError(f"{capture.url}: a plan without id, locations or price: {plan}"[:300])
    if not isinstance(costs, dict) or not all(isinstance(x, dict) for x in costs.values()):
        raise ParseError(f"{capture.url}: {name}: location_cost is {costs!r}"[:300])
    kind = str(plan.get("gpu_type") or gpu_names("vultr").get(name, ""))
    count = _count(plan.get("gpu_count"), name, capture)
    for location in [each for each in where if each != ""] or [None]:
        cost = {**plan, **costs.get(location, {})}
        prices = [cost.get("hourly_cost"), cost.get("hourly_cost_preemptible")]
        if any(isinstance(each, bool) for each in prices):
            raise ParseError(f"{capture.url}: {name}: a price is true or false")
        yield (
            name,
            location,
            kind,
            gpu_counts("vultr").get(name) if count is None else count,
            plan.get("gpu_vram_gb"),
            *prices,
            plan.get("deploy_ondemand") is not False,
            plan.get("deploy_preemptible") is not False,
            None,
        )


def _odd(plan: dict[str, object]) -> tuple[object, ...]:
    return (str(plan.get("id")), *[None] * 6, True, True, "malformed: plan")


def _count(declared: object, name: str, capture: Capture) -> float | None:
    """A count of GPUs as the answer writes it: 8, "8" or "1/8"."""
    if declared is None or declared == "":
        return None
    try:
        above, _, below = str(declared).partition("/")
        return float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        raise ParseError(f"{capture.url}: {name}: gpu_count is {declared!r}"[:300]) from None


def _counted(places: pl.DataFrame) -> pl.DataFrame:
    """The count of whole GPUs, and a reason where the plan has none."""
    card = pl.col("name").str.extract(r"(?i)(?:^|_)(MI\d+X|GH\d+|[ABHL]\d+S?)(?:[_ ]|$)")
    whole = card.str.to_uppercase().replace_strict(WHOLE_GB, default=None, return_dtype=pl.Float64)
    vram = pl.when(pl.col("vram_gb") > 0).then("vram_gb")
    count = pl.coalesce("count", (vram / whole).round())
    filled = vram / pl.max_horizontal(count, pl.lit(1.0)) / whole
    is_share = ((count > 0) & (count < 1)) | (filled < SHARE_BELOW)
    is_clear = (
        count.is_finite()
        & (count >= 1)
        & (count == count.floor())
        & (filled <= WHOLE_UP_TO).fill_null(True)
    )
    return places.with_columns(
        gpu_count=pl.when(is_clear).then(count).otherwise(1.0),
        memory_gib=pl.when(is_clear).then(vram / count),
        count_reason=pl.when(pl.coalesce("odd", "malformed").is_not_null())
        .then(pl.coalesce("odd", "malformed"))
        .when(is_share.fill_null(False))
        .then(pl.lit("fractional"))
        .when(~is_clear.fill_null(False))
        .then(pl.lit("unknown_count")),
    )


def _rows(places: pl.DataFrame, capture: Capture, market: str) -> pl.DataFrame:
    spot = market == "spot"
    amount, listed = pl.col(market), pl.col("on_demand")
    nowhere = pl.col("location").is_null()
    discount = (
        pl.when(amount == listed).then(pl.lit("no_discount")).otherwise(pl.lit("administered"))
    )
    absent = pl.lit("not_offered" if spot else "not_priced_yet")
    region = pl.col("location").fill_null("global")
    offered = places.filter(amount.is_not_null()) if spot else places
    return offered.select(
        offer_id=pl.format("{}/{}/{}", "plan", region, pl.lit(market)),
        provider_raw=pl.lit("vultr"),
        accelerator_raw="name",
        memory_gib="memory_gib",
        instance_type="plan",
        gpu_count=pl.col("gpu_count").cast(pl.Int64),
        market=pl.lit(market),
        spot_kind=pl.lit("administered" if spot else None, pl.String),
        basis=pl.lit("all_in"),
        region=region,
        price_in_currency_per_gpu_hour=amount / pl.col("gpu_count"),
        currency=pl.lit("USD"),
        flag=pl.coalesce(
            pl.when(nowhere).then(pl.lit("sold_out")),
            discount if spot else pl.lit(None, pl.String),
        ),
        reason=pl.coalesce(
            "count_reason",
            pl.when(~pl.col("deploy_spot" if spot else "deploy_on_demand")).then(
                pl.lit("not_offered")
            ),
            pl.when(amount.is_null() | (amount == 0)).then(absent),
        ),
        **untold("term_months", "country", "host_id", "available_count"),
        **provenance(SOURCE, capture, "high"),
    )


SOURCE = Source(
    name="vultr",
    homepage="https://www.vultr.com/pricing/",
    terms="https://www.vultr.com/legal/tos/",
    licence="not established; prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    rules=RULES,
    real_answer="2026-09-28, entries",
)
