"""What there is and what came of the sources, read from the published file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.warehouse import DuckDB, DuckDBError, Warehouse, opened_for_reading

__all__ = ["Status", "status"]

# Shown of `meta.source_status`, as far as the file has them.
SHOWN = (
    "source",
    "domain",
    "outcome",
    "outcome_reason",
    "held_count",
    "quarantined_count",
    "newest_observed_at",
    "last_landed_at",
    "is_stale",
)


@dataclass(frozen=True)
class Status:
    """A published file.

    Attributes:
        path: Where it is.
        publication: `build_id` and `published_at`; empty for a file of before there was such a row.
        sources: One row per source of `meta.source_status`.
        tables: Rows of each mart.
        is_build: The build database was read, since another program holds the file for writing.
    """

    path: str
    publication: dict[str, Any]
    sources: pl.DataFrame
    tables: dict[str, int]
    is_build: bool = False

    @property
    def newest(self) -> dict[str, Any]:
        """Newest observation held, by domain."""
        if "domain" not in self.sources.columns:
            return {}
        by = self.sources.group_by("domain").agg(pl.max("newest_observed_at")).sort("domain")
        return dict(by.iter_rows())


def status(store: Warehouse | None = None) -> Status | None:
    """What has been published; None where nothing has."""
    store = store or Warehouse()
    if not store.published.exists():
        return None
    with _readable(store) as (db, is_build):
        there = db.sql("from meta.source_status limit 0").columns
        columns = ", ".join(name for name in SHOWN if name in there)
        sources: pl.DataFrame = db.sql(f"select {columns} from meta.source_status").pl()
        marts = db.execute(
            "select schema_name || '.' || table_name, estimated_size from duckdb_tables() "
            "where schema_name = 'marts' order by 1"
        ).fetchall()
        publication: dict[str, Any] = {}
        if db.execute(
            "select 1 from duckdb_tables() where schema_name = 'meta' and table_name = $1",
            ["publication"],
        ).fetchall():
            for row in db.sql("from meta.publication").pl().to_dicts():
                publication = row
    return Status(str(store.published), publication, sources, dict(marts), is_build)


@contextmanager
def _readable(store: Warehouse) -> Iterator[tuple[DuckDB, bool]]:
    """The published file; where somebody holds it for writing, the build it is a copy of."""
    try:
        with opened_for_reading(store.published) as db:
            yield db, False
            return
    except DuckDBError as error:
        if "lock" not in str(error):
            raise
    with store.connect() as db:
        yield db, True
