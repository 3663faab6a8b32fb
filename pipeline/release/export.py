"""Published marts as files other tools open: one typed Parquet and one CSV per mart."""

import json
import os
from pathlib import Path

from pipeline.build.model import Model, models
from pipeline.columns import COLUMNS
from pipeline.identity.offers import FORMULA
from pipeline.warehouse import DuckDB, Warehouse, quoted, scratch

__all__ = ["export"]


def export(store: Warehouse) -> list[Path]:
    """Write `exports/parquet/<mart>.parquet` and `exports/csv/<mart>.csv`, each atomically.

    The Parquet footer holds the mart's description under `description` and, under `columns`, the
    unit and meaning of each column as JSON. In CSV, which has no types, a text that a spreadsheet
    would run as a formula is led by an apostrophe; Parquet has it as it is.

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


def _columns(db: DuckDB, model: Model) -> dict[str, str]:
    rows = db.execute(
        "select column_name, data_type from duckdb_columns() where database_name = 'published' "
        "and schema_name = ? and table_name = ? order by column_index",
        [model.schema, model.name],
    ).fetchall()
    return dict(rows)


def _parquet(db: DuckDB, store: Warehouse, model: Model) -> Path:
    about = {
        name: {"unit": COLUMNS[name].unit, "meaning": COLUMNS[name].doc}
        for name in _columns(db, model)
    }
    metadata = (
        f"{{description: {quoted(model.doc)}, columns: {quoted(json.dumps(about))}, "
        f"grain: {quoted(', '.join(model.grain))}}}"
    )
    options = f"format parquet, compression zstd, kv_metadata {metadata}"
    return _copy(db, model, "*", store.exports / "parquet" / f"{model.name}.parquet", options)


def _csv(db: DuckDB, store: Warehouse, model: Model) -> Path:
    cells = [
        _as_text(name) if kind == "VARCHAR" else name for name, kind in _columns(db, model).items()
    ]
    path = store.exports / "csv" / f"{model.name}.csv"
    return _copy(db, model, ", ".join(cells), path, "format csv, header")


def _as_text(name: str) -> str:
    risky = f"regexp_matches({name}, {quoted(FORMULA)})"
    return f"case when {risky} then chr(39) || {name} else {name} end as {name}"


def _copy(db: DuckDB, model: Model, cells: str, path: Path, options: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    # The table's own columns: rows keep their order even where CSV changes a cell.
    order = ", ".join(f"made.{name}" for name in model.grain)
    db.execute(
        f"copy (select {cells} from published.{model.table} as made order by {order}) "
        f"to {quoted(str(draft))} ({options})"
    )
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    return draft.replace(path)
