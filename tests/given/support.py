"""Rows and warehouses for tests. Every number here is made up, which only tests may do."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl

from pipeline import warehouse as wh
from pipeline.build.lineage import rewound_once
from pipeline.build.model import models, rebuild, upstream
from pipeline.columns import COLUMNS
from pipeline.contracts import Contract, declared
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.contracts.reference import (
    ACCELERATOR_SUCCESSORS,
    ACCELERATORS,
    FORM_FACTORS,
    INTERVAL_RANKS,
    PROVIDERS,
    PUBLISHED_INDICES,
)
from pipeline.methods.bootstrap import median_interval_ranks
from pipeline.release.publish import AS_OF
from pipeline.warehouse import DuckDB
from tests.given.cited import LONG_AGO

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DERIVED = ("steps", "marts")
TIERS = {"aws": "hyperscaler", "vast": "marketplace"}
SPECIFICATIONS = {  # dense BF16 TFLOPS, TB/s, GiB, W
    "nvidia-h100-sxm-80gb": (1000.0, 3.0, 80.0, 700.0),
    "nvidia-h200-sxm-141gb": (1000.0, 4.5, 141.0, 700.0),
    "nvidia-t4-16gb": (None, 0.32, 16.0, 70.0),
}


def typed(terms: Contract, rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """Rows with the contract's columns; what a row leaves out is null."""
    schema = {name: COLUMNS[name].dtype for name in terms.columns}
    return pl.DataFrame(
        [{name: row.get(name) for name in schema} for row in rows], schema=schema, orient="row"
    )


def offer(**cells: Any) -> dict[str, Any]:
    """One plausible offer; `on` is short for the observation's and knowledge's day."""
    on = cells.pop("on", NOON.date())
    at = cells.pop("at", datetime(on.year, on.month, on.day, 12, tzinfo=UTC))
    row = {
        "source": "recorded",
        "offer_id": "a",
        "observed_at": at,
        "provider": "aws",
        "accelerator": "nvidia-h100-sxm-80gb",
        "accelerator_raw": "H100",
        "gpu_count": 8,
        "market": "on_demand",
        "term_months": 0,
        "basis": "all_in",
        "region": "us-east-1",
        "region_group": "north_america",
        "price_usd_per_gpu_hour": 4.0,
        "currency": "USD",
        "refresh_days": 1,
        "licence": "test",
        "confidence": "high",
        "known_at": at,
        "captured_at": at,
        "source_url": "https://example.org/prices",
    }
    row |= cells
    price = row["price_usd_per_gpu_hour"]
    row.setdefault("price_in_currency_per_gpu_hour", price)
    row.setdefault("price_usd_per_instance_hour", price * row["gpu_count"])
    return row


def daily(days: int, *, start: date = date(2026, 11, 1), **cells: Any) -> list[dict[str, Any]]:
    """The same offer seen once a day."""
    return [offer(on=start + timedelta(days=n), **cells) for n in range(days)]


def fill(db: DuckDB, offers: Iterable[dict[str, Any]]) -> None:
    """Land offers, their providers (neocloud unless TIERS says) and the reference tables."""
    frame = typed(GPU_OFFERS, offers)
    wh.append(db, GPU_OFFERS, frame)
    providers = [
        {"provider": name, "name": name, "tier": TIERS.get(name, "neocloud"), **LONG_AGO}
        for name in sorted(frame["provider"].unique())
    ]
    wh.append(db, PROVIDERS, typed(PROVIDERS, providers))
    ranks = []
    for count in range(2, 40):
        low, high = median_interval_ranks(count)
        rank = {"vote_total_count": count, "rank_low": low, "rank_high": high}
        ranks.append(rank | LONG_AGO)
    wh.append(db, INTERVAL_RANKS, typed(INTERVAL_RANKS, ranks))
    refer(db)


def refer(db: DuckDB) -> None:
    """Land specifications, one successor and one level of somebody else's index."""
    parts = []
    for name, (tflops, bandwidth, memory, watts) in SPECIFICATIONS.items():
        part: dict[str, Any] = {
            "accelerator": name,
            "vendor": "NVIDIA",
            "family": "x",
            "architecture": "x",
        }
        part |= {"form_factor": "SXM", "bf16_dense_tflops": tflops, "memory_gib": memory}
        parts.append(part | {"memory_bandwidth_tb_per_s": bandwidth, "tdp_w": watts} | LONG_AGO)
    wh.append(db, ACCELERATORS, typed(ACCELERATORS, parts))
    socket = {"form_factor": "SXM", "is_training_part": True}
    wh.append(db, FORM_FACTORS, typed(FORM_FACTORS, [socket | LONG_AGO]))
    pair = {"predecessor": "nvidia-h100-sxm-80gb", "successor": "nvidia-h200-sxm-141gb"}
    wh.append(db, ACCELERATOR_SUCCESSORS, typed(ACCELERATOR_SUCCESSORS, [pair | LONG_AGO]))
    level = {
        "publisher": "somebody",
        "index_name": "an index",
        "accelerator": "nvidia-h100-sxm-80gb",
        "tier": "neocloud",
        "market": "on_demand",
        "term_months": 0,
        "level_on": date(2024, 1, 5),
        "level_usd_per_gpu_hour": 2.0,
    }
    seen = {"known_at": datetime(2024, 1, 8, tzinfo=UTC)}
    wh.append(db, PUBLISHED_INDICES, typed(PUBLISHED_INDICES, [level | LONG_AGO | seen]))


def build(db: DuckDB, *tables: str) -> None:
    """Build the named marts and the steps to them, without the magnitude checks of real data.

    A mart that a named one reads is built only where it is named too: tests put rows into it.
    """
    wh.create_declared(db)
    for model in models():
        if model.schema in DERIVED and (not tables or model.table in with_steps(*tables)):
            rebuild(db, model, audits=())


def build_up_to(db: DuckDB, *tables: str) -> None:
    """Build the named tables and all they rest on, marts included."""
    wh.create_declared(db)
    wanted = upstream(tables)
    for model in models():
        if model.table in wanted:
            rebuild(db, model, audits=())


def build_alone(db: DuckDB, table: str) -> None:
    """Build one table over what was put where it reads."""
    wh.create_declared(db)
    [model] = [each for each in models() if each.table == table]
    rebuild(db, model, audits=())


@cache
def with_steps(*tables: str) -> frozenset[str]:
    """The tables and the steps they rest on, as far as no mart lies between."""
    reads = {each.table: each.reads for each in models()}
    wanted = set(tables)
    todo = list(tables)
    while todo:
        steps = {table for table in reads[todo.pop()] if table.startswith("steps.")} - wanted
        wanted |= steps
        todo += steps
    return frozenset(wanted)


def rewindable(db: DuckDB, *tables: str) -> None:
    """Make `known.*`, and `vintage.*` of these tables and their steps, as publishing does for all.

    Rows of a method are never restated: their past is the rows that were there.
    """
    for schema in ("known", "vintage"):
        db.execute(f"create schema if not exists {schema}")
    for name in (*(each.name for each in declared()), "quarantine"):
        db.execute(f"create or replace view known.{name} as from staging.{name} where {AS_OF}")
    made = [each for each in models() if each.table in with_steps(*tables)]
    queries = {each.table: each.query for each in made if not each.is_kept}
    for each in made:
        past = (
            f"from {each.table} where {AS_OF}"
            if each.is_kept
            else rewound_once(each.table, queries)
        )
        db.execute(f"create or replace view vintage.{each.name} as {past}")


def rows(db: DuckDB, query: str) -> list[dict[str, Any]]:
    return wh.frame(db, query).to_dicts()
