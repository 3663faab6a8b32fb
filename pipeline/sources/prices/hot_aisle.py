"""Hot Aisle: virtual machines with AMD accelerators that a team may start now.

Grain: one machine type; one row.
Units: US cents per hour for the whole machine (`OnDemandPrice`); a row is per accelerator, whose
memory is not stated. `Quantity` counts machines.
Clock: live; a type that is sold out may be missing.
Limits: one page; the token goes in a header, the team in the address. Rate limit not written down.
Terms: https://hotaisle.xyz/terms/

The team names the account, so every address that is kept says TEAM instead. One site, in Michigan.

Field names: Hot Aisle's API description (https://admin.hotaisle.app/api/docs/), gpuhunt's
hotaisle.py and an answer recorded 2026-06-13 in a public test; anything missing or of another type
refuses the answer.

Traps: cents. A machine may hold several kinds of accelerator: rejected, `unknown_count`.
"""

import os
from collections.abc import Iterator
from dataclasses import replace

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

URL = "https://admin.hotaisle.app/api/teams/TEAM/virtual_machines/available/"
KEY, TEAM = "HOT_AISLE_TOKEN", "HOT_AISLE_TEAM"
CENTS = 100
FIELDS: dict[str, type[pl.DataType]] = {
    "OnDemandPrice": pl.Float64,
    "Quantity": pl.Int64,
    "cpu_cores": pl.Int64,
    "count": pl.Int64,
    "manufacturer": pl.String,
    "model": pl.String,
    "kinds": pl.Int64,
}


def fetch(held: Held) -> Iterator[Part]:
    del held  # answers have no validators
    team = os.environ[TEAM]
    headers = {"authorization": f"Token {os.environ[KEY]}"}
    try:
        answer = http.get(URL.replace("TEAM", team), headers=headers, expects="json")
    except http.UpstreamError as error:
        error.url = URL
        error.args = (str(error).replace(team, "TEAM"),)
        yield Part("all", error)
    else:
        yield Part("all", replace(answer, url=URL))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One on_demand row per machine type that has accelerators.

    Raises:
        ParseError: not the documented answer, a field missing or of another type, or no machines.
    """
    return _rows(_machines(body, capture), capture)


def _machines(body: bytes, capture: Capture) -> pl.DataFrame:
    answer = read_json(body, capture)
    if not isinstance(answer, list):
        raise ParseError(f"{capture.url}: not a list: {str(answer)[:200]}")
    odd: dict[str, object] = {"kinds": 1}
    flat = read_each(answer, lambda each: [_flat(each, capture)], lambda _: odd)
    machines = [each for each in flat if each["kinds"]]
    if not machines:
        raise ParseError(f"{capture.url}: no machines; never read as no supply")
    return typed(machines, FIELDS, capture)


def _flat(machine: object, capture: Capture) -> dict[str, object]:
    specs = machine.get("Specs") if isinstance(machine, dict) else None
    cards = specs.get("gpus") if isinstance(specs, dict) else None
    if (
        not isinstance(machine, dict)
        or not isinstance(specs, dict)
        or not isinstance(cards, list)
        or not all(isinstance(each, dict) for each in cards)
    ):
        raise ParseError(f"{capture.url}: no `Specs` with `gpus`: {str(machine)[:200]}")
    return {**machine, **specs, **(cards[0] if cards else {}), "kinds": len(cards)}


def _rows(machines: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    count = pl.col("count")
    name = pl.format("{}x {} {} cores", "count", "model", "cpu_cores")
    rows = machines.select(
        offer_id=name,
        provider_raw=pl.lit("hotaisle"),
        accelerator_raw=pl.concat_str("manufacturer", "model", separator=" "),
        instance_type=name,
        gpu_count=count,
        market=pl.lit("on_demand"),
        basis=pl.lit("all_in"),
        region=pl.lit("US"),
        country=pl.lit("US"),
        available_count=(pl.col("Quantity") * count).clip(lower_bound=0),
        price_in_currency_per_gpu_hour=pl.col("OnDemandPrice") / CENTS / count,
        currency=pl.lit("USD"),
        reason=pl.coalesce(
            "malformed",
            pl.when((count < 1) | (pl.col("kinds") > 1)).then(pl.lit("unknown_count")),
            pl.when(pl.col("OnDemandPrice") == 0).then(pl.lit("not_priced_yet")),
        ),
        **untold("memory_gib", "spot_kind", "term_months", "host_id", "flag"),
        **provenance(SOURCE, capture, "high"),
    )
    return numbered(rows.unique(maintain_order=True))


SOURCE = Source(
    name="hot_aisle",
    homepage="https://hotaisle.xyz",
    terms="https://hotaisle.xyz/terms/",
    licence="not established; list prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    real_answer="2026-06-13, entries",
    secrets=(KEY, TEAM),
)
