"""Published marts as files other tools open: one typed Parquet and one CSV per mart.

    exports/.releases/<name>/      all files of one publication, and their manifest
    exports/.current               a link to one of them: replacing it is the switch
    exports/parquet, exports/csv, exports/manifest.json     links through it, where people look

So all files are of one publication at any moment, whatever ends the program, and those of a mart
that is gone are gone. The release before stays for whoever is reading it.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.build.model import Model, models
from pipeline.columns import COLUMNS
from pipeline.identity.offers import FORMULA
from pipeline.release.publish import build_id
from pipeline.warehouse import DuckDB, Warehouse, quoted, scratch

__all__ = ["export"]

KINDS = ("parquet", "csv")
MANIFEST = "manifest.json"


def export(store: Warehouse) -> list[Path]:
    """Write `exports/parquet/<mart>.parquet` and `exports/csv/<mart>.csv`, all in one switch.

    The Parquet footer holds the mart's description under `description` and, under `columns`, the
    unit and meaning of each column as JSON. In CSV, which has no types, a text that a spreadsheet
    would run as a formula is led by an apostrophe; Parquet has it as it is. `manifest.json` says
    of which publication the files are (`meta.publication` of the published file has the same
    `build_id`), and has each file's table, rows, bytes and SHA-256.

    Raises:
        FileNotFoundError: nothing has been published yet.
    """
    if not store.published.exists():
        raise FileNotFoundError(f"{store.published} has not been published")
    releases = store.exports / ".releases"
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    draft = releases / f"{name}.draft"
    try:
        with _published(store) as (db, database, publication):
            files: dict[str, dict[str, Any]] = {}
            for model in models():
                if model.schema == "marts":
                    files |= _parquet(db, database, draft, model) | _csv(db, database, draft, model)
        _write(draft / MANIFEST, json.dumps({**publication, "files": files}, indent=1) + "\n")
        for folder in (*(draft / kind for kind in KINDS), draft):
            _sync(folder)
        draft.rename(releases / name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _switch(store.exports, name)
    return [store.exports / file for file in files]


@contextmanager
def _published(store: Warehouse) -> Iterator[tuple[DuckDB, str, dict[str, str]]]:
    """What was published: a connection, the database's name in it, and of which build it is.

    The build database where it still is what was published: somebody may hold the file open for
    writing, and then nobody else can open it. Otherwise the file.
    """
    if store.build.exists():
        with store.connect() as db:
            publication = _publication(db, "build")
            if publication.get("build_id") == build_id(db):
                yield db, "build", publication
                return
    with scratch() as db:
        db.execute(f"attach {quoted(str(store.published))} as published (read_only)")
        yield db, "published", _publication(db, "published")


def _publication(db: DuckDB, database: str) -> dict[str, str]:
    """Empty for a file published before there was such a table."""
    there = db.execute(
        "select count(*) from duckdb_tables() where database_name = ? and schema_name = 'meta' "
        "and table_name = 'publication'",
        [database],
    ).fetchall()
    if not there[0][0]:
        return {}
    rows = db.execute(f"from {database}.meta.publication").fetchall()
    return {"build_id": rows[0][0], "published_at": rows[0][1].isoformat()} if rows else {}


def _columns(db: DuckDB, database: str, model: Model) -> dict[str, str]:
    rows = db.execute(
        "select column_name, data_type from duckdb_columns() where database_name = ? "
        "and schema_name = ? and table_name = ? order by column_index",
        [database, model.schema, model.name],
    ).fetchall()
    return dict(rows)


def _parquet(db: DuckDB, database: str, draft: Path, model: Model) -> dict[str, dict[str, Any]]:
    about = {
        name: {"unit": COLUMNS[name].unit, "meaning": COLUMNS[name].doc}
        for name in _columns(db, database, model)
    }
    metadata = (
        f"{{description: {quoted(model.doc)}, columns: {quoted(json.dumps(about))}, "
        f"grain: {quoted(', '.join(model.grain))}}}"
    )
    options = f"format parquet, compression zstd, kv_metadata {metadata}"
    return _copy(db, database, model, "*", draft, f"parquet/{model.name}.parquet", options)


def _csv(db: DuckDB, database: str, draft: Path, model: Model) -> dict[str, dict[str, Any]]:
    cells = ", ".join(
        _as_text(name) if kind == "VARCHAR" else name
        for name, kind in _columns(db, database, model).items()
    )
    return _copy(db, database, model, cells, draft, f"csv/{model.name}.csv", "format csv, header")


def _as_text(name: str) -> str:
    risky = f"regexp_matches({name}, {quoted(FORMULA)})"
    return f"case when {risky} then chr(39) || {name} else {name} end as {name}"


def _copy(
    db: DuckDB, database: str, model: Model, cells: str, draft: Path, file: str, options: str
) -> dict[str, dict[str, Any]]:
    path = draft / file
    path.parent.mkdir(parents=True, exist_ok=True)
    # The table's own columns: rows keep their order even where CSV changes a cell.
    order = ", ".join(f"made.{name}" for name in model.grain)
    [(rows,)] = db.execute(
        f"copy (select {cells} from {database}.{model.table} as made order by {order}) "
        f"to {quoted(str(path))} ({options})"
    ).fetchall()
    with path.open("rb") as written:
        sha256 = hashlib.file_digest(written, "sha256").hexdigest()
        os.fsync(written.fileno())
        size = written.seek(0, os.SEEK_END)
    return {file: {"table": model.table, "rows": rows, "bytes": size, "sha256": sha256}}


def _switch(exports: Path, name: str) -> None:
    """Let the links lead to a release, and drop what is neither it nor the one before."""
    current = exports / ".current"
    before = current.readlink().name if current.is_symlink() else None
    _link(current, f".releases/{name}")
    for kind in (*KINDS, MANIFEST):
        place = exports / kind
        if place.is_dir() and not place.is_symlink():  # of a version that wrote here: once
            place.rename(exports / ".releases" / f"{kind}.replaced")
        _link(place, f".current/{kind}")
    for each in (exports / ".releases").iterdir():
        if each.name not in (name, before):
            shutil.rmtree(each, ignore_errors=True)


def _link(place: Path, target: str) -> None:
    if place.is_symlink() and str(place.readlink()) == target:
        return
    draft = place.with_name(f".{place.name.removeprefix('.')}.link")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(place)
    _sync(place.parent)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
