"""Rows of lives, prices of hardware and costs for tests. Every number here is made up."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from pipeline import warehouse as wh
from pipeline.columns import COLUMNS
from pipeline.contracts import Contract
from pipeline.warehouse import DuckDB
from tests.given.cited import cited
from tests.given.support import typed

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
H100, H200 = "nvidia-h100-sxm-80gb", "nvidia-h200-sxm-141gb"
CITED = cited(LONG_AGO)
RATED_ON = date(2026, 6, 30)


def empty(db: DuckDB) -> None:
    """Every staging table, as in a warehouse into which nothing of it has landed yet."""
    wh.create_declared(db)


def land(db: DuckDB, terms: Contract, *rows: dict[str, Any]) -> None:
    wh.append(db, terms, typed(terms, [CITED | row for row in rows]))


def life(**cells: Any) -> dict[str, Any]:
    """A change from four to six years on the first day of 2024."""
    return {
        "issuer": "Acme",
        "cik": "0000000001",
        "asset_class": "servers",
        "old_life_years": 4.0,
        "new_life_years": 6.0,
        "effective_on": date(2024, 1, 1),
        "life_change_kind": "extend",
        "effect_kind": "realised",
    } | cells


def sold(price: float, on: date, **cells: Any) -> dict[str, Any]:
    """An executed median of five single sales of a used H100."""
    return {
        "accelerator": H100,
        "priced_on": on,
        "price_usd_per_gpu": price,
        "price_kind": "executed_resale",
        "price_scope": "card",
        "condition": "used",
        "lot": "single",
        "statistic": "median",
        "sale_count": 5,
    } | cells


def new(price: float, on: date, **cells: Any) -> dict[str, Any]:
    return sold(price, on) | {"price_kind": "asked_new", "condition": "new"} | cells


def cost(
    name: str, base: float, low: float | None = None, high: float | None = None, **cells: Any
) -> dict[str, Any]:
    made = {"input": name, "scope": "any", "unit": "as named", "base_value": base}
    return made | {"low_value": low, "high_value": high} | cells


def rate(method: str, percent: float, low: float, high: float, **cells: Any) -> dict[str, Any]:
    """A published rate of all accelerators with its band, at the month of `RATED_ON`."""
    return {
        "accelerator": "all",
        "method": method,
        "period_end_on": RATED_ON,
        "publication_status": "published",
        "rate_pct_per_year": percent,
        "interval_low_rate_pct_per_year": low,
        "interval_high_rate_pct_per_year": high,
    } | cells


def put(db: DuckDB, table: str, *rows: dict[str, Any]) -> None:
    """A step or mart as if it had been built: a mart that reads it is tested on its own."""
    schema = {name: COLUMNS[name].dtype for name in rows[0]}
    db.register("put_rows", pl.DataFrame(list(rows), schema=schema, orient="row"))
    db.execute(f"create schema if not exists {table.partition('.')[0]}")
    db.execute(f"create or replace table {table} as from put_rows")
    db.unregister("put_rows")
