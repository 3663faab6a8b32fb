"""Published marts as files other tools open: one typed Parquet and one CSV per mart."""

import json
import os
from pathlib import Path

from pipeline.columns import COLUMNS
from pipeline.model import Model, models
from pipeline.warehouse import DuckDB, Warehouse, quoted, scratch

__all__ = ["export"]


def export(store: Warehouse) -> list[Path]:
    """Write `exports/parquet/<mart>.parquet` and `exports/csv/<mart>.csv`, each atomically.

    The Parquet footer holds the mart's description under `description` and, under `columns`, the
    unit and meaning of each column as JSON.

    Raises:
        FileNotFoundError: nothing has been published yet.
    """
    if not store.published.exists():
        raise FileNotFoundError(f"{store.published} has not been published")
    written: list[Path] = []
    with scratch() as db:
        db.execute(f"attach {quoted(str(store.published))} as published (read_only)")
        for model in models():
            if model.schema == "marts":
                written += [_parquet(db, store, model), _csv(db, store, model)]
    return written


def _parquet(db: DuckDB, store: Warehouse, model: Model) -> Path:
    columns = [
        name
        for (name,) in db.execute(
            "select column_name from duckdb_columns() where database_name = 'published' "
            "and schema_name = ? and table_name = ? order by column_index",
            [model.schema, model.name],
        ).fetchall()
    ]
    about = {name: {"unit": COLUMNS[name].unit, "meaning": COLUMNS[name].doc} for name in columns}
    metadata = (
        f"{{description: {quoted(model.doc)}, columns: {quoted(json.dumps(about))}, "
        f"grain: {quoted(', '.join(model.grain))}}}"
    )
    options = f"format parquet, compression zstd, kv_metadata {metadata}"
    return _copy(db, model, store.exports / "parquet" / f"{model.name}.parquet", options)


def _csv(db: DuckDB, store: Warehouse, model: Model) -> Path:
    return _copy(db, model, store.exports / "csv" / f"{model.name}.csv", "format csv, header")


def _copy(db: DuckDB, model: Model, path: Path, options: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    order = ", ".join(model.grain)
    db.execute(
        f"copy (from published.{model.table} order by {order}) to {quoted(str(draft))} ({options})"
    )
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    return draft.replace(path)
