"""Landing rows of any contract, and a mart that a thesis table reads. Every number is made up."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pipeline import warehouse as wh
from pipeline.columns import duckdb_type
from pipeline.contracts import Contract
from pipeline.warehouse import DuckDB
from tests.given.cited import cited
from tests.given.support import typed

__all__ = ["put", "stand_in"]

KNOWN = datetime(2026, 6, 1, tzinfo=UTC)


def put(db: DuckDB, terms: Contract, rows: Iterable[dict[str, Any]]) -> None:
    """Land rows, each cited as of one day unless it says otherwise."""
    wh.create(db, terms.table, terms.doc, terms.columns)
    wh.append(db, terms, typed(terms, [cited(KNOWN) | row for row in rows]))


def stand_in(db: DuckDB, table: str, columns: str, rows: Iterable[dict[str, Any]]) -> None:
    """A table of these columns in place of a mart that takes long to make."""
    schema = table.partition(".")[0]
    names = columns.split()
    db.execute(f"create schema if not exists {schema}")
    shape = ", ".join(f"{name} {duckdb_type(name)}" for name in names)
    db.execute(f"create or replace table {table} ({shape})")
    for row in rows:
        marks = ", ".join("?" for _ in names)
        db.execute(f"insert into {table} values ({marks})", [row.get(name) for name in names])
