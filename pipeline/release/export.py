"""Published marts as files other tools open: Parquet and CSV per mart, a workbook per domain.

    exports/.releases/<name>/      all files of one publication, and their manifest
    exports/.current               a link to one of them: replacing it is the switch
    exports/parquet, exports/csv, exports/xlsx              links through it, where people look
    exports/manifest.json, exports/datapackage.json, exports/SHA256SUMS     the same

So all files are of one publication at any moment, whatever ends the program, and those of a mart
that is gone are gone. The release before stays for whoever is reading it. A large table is in parts
(pipeline/release/parts.py).
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
from pipeline.release.datapackage import datapackage
from pipeline.release.parts import (
    MANIFEST,
    PART_ROWS,
    Before,
    Files,
    Part,
    note_export,
    parts_of,
    stamp,
)
from pipeline.release.publish import build_id
from pipeline.release.state import EXPORTS_CODE, code_of, states_of
from pipeline.release.workbook import write_workbook
from pipeline.warehouse import DuckDB, Warehouse, columns_of, quoted, scratch

__all__ = ["export"]

KINDS = ("parquet", "csv", "xlsx")
PACKAGE, SUMS = "datapackage.json", "SHA256SUMS"
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def export(store: Warehouse) -> list[Path]:
    """Write `exports/parquet/<mart>.parquet`, `exports/csv/<mart>.csv` and more, all in one switch.

    A mart of more rows than `PART_ROWS` has for a kind, whose key has a day, is in parts of that
    kind, `<mart>_<year>.csv`; a year of more is one a month, `<mart>_<year>-<month>.csv`. Moments
    in CSV are UTC as 2026-11-27T12:00:00Z, to the second. `xlsx/<domain>.xlsx` is a workbook of the
    domain's marts; `datapackage.json` describes the CSV by the Data Package standard, with the
    licences each table rests on; `sha256sum --check SHA256SUMS` holds.

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
    code = code_of(EXPORTS_CODE)
    with _published(store) as (db, database, publication):
        try:
            states = states_of(db, database)
            asked = db if database == "build" else None
            before = Before(store.exports / ".current", code, states, asked)
            files: Files = {}
            for model in models():
                if model.schema == "marts":
                    files |= before.of_tables(draft, KINDS[:2], [model.table]) or _parts(
                        db, database, draft, model, before
                    )
            files |= _workbooks(db, database, draft, publication, before)
            package = datapackage(db, database, publication, files)
            _write(draft / PACKAGE, json.dumps(package, indent=1) + "\n")
            sums = "".join(f"{about['sha256']}  {file}\n" for file, about in files.items())
            _write(draft / SUMS, sums)
            manifest = {**publication, "code": code, "states": states, "files": files}
            _write(draft / MANIFEST, json.dumps(manifest, indent=1) + "\n")
            for folder in (*(draft / kind for kind in KINDS), draft):
                _sync(folder)
            draft.rename(releases / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        _switch(store.exports, name)
        if asked is not None:
            note_export(asked, publication["build_id"])
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


def _parts(db: DuckDB, database: str, draft: Path, model: Model, before: Before) -> Files:
    """The files of a mart that changed: of its parts those that did are written."""
    columns = columns_of(db, f"{database}.{model.table}")
    about = {name: {"unit": COLUMNS[name].unit, "meaning": COLUMNS[name].doc} for name in columns}
    metadata = (
        f"{{description: {quoted(model.doc)}, columns: {quoted(json.dumps(about))}, "
        f"grain: {quoted(', '.join(model.grain))}}}"
    )
    cells = ", ".join(_csv_cell(name, kind) for name, kind in columns.items())
    wanted = {
        "parquet": ("*", f"format parquet, compression zstd, kv_metadata {metadata}"),
        "csv": (cells, "format csv, header"),
    }
    made: Files = {}
    for kind, (asked, options) in wanted.items():
        for part in parts_of(db, f"{database}.{model.table}", model, PART_ROWS[kind]):
            file = part.file(kind, model.name)
            if kept := before.of_part(draft, model.table, part, file):
                made |= kept
            else:
                made[file] = _copy(db, database, model, asked, draft / file, options, part)
    return made


def _csv_cell(name: str, kind: str) -> str:
    if kind == "VARCHAR":
        return _as_text(name)
    if kind == "TIMESTAMP WITH TIME ZONE":  # spreadsheets do not read DuckDB's own form
        return f"strftime({name} at time zone 'UTC', {quoted(MOMENT)}) as {name}"
    return name


def _workbooks(
    db: DuckDB, database: str, draft: Path, publication: dict[str, str], before: Before
) -> Files:
    """One workbook per group of marts."""
    groups: dict[str, list[Model]] = {}
    for model in models():
        if model.schema == "marts":
            groups.setdefault(model.group, []).append(model)
    made: Files = {}
    for group, members in sorted(groups.items()):
        file = f"xlsx/{group}.xlsx"
        members.sort(key=lambda each: each.name)
        tables = [each.table for each in members]
        if kept := before.of_tables(draft, ["xlsx"], tables):
            made |= kept
            continue
        write_workbook(db, database, members, draft / file, publication)
        made[file] = {"tables": tables, **_sealed(draft / file)}
    return made


def _as_text(name: str) -> str:
    risky = f"regexp_matches({name}, {quoted(FORMULA)})"
    return f"case when {risky} then chr(39) || {name} else {name} end as {name}"


def _copy(
    db: DuckDB, database: str, model: Model, cells: str, path: Path, options: str, part: Part
) -> dict[str, Any]:
    """Write one file; what the manifest has of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The table's own columns: rows keep their order even where CSV changes a cell.
    order = ", ".join(f"made.{name}" for name in model.grain)
    [(rows,)] = db.execute(
        f"copy (select {cells} from {database}.{model.table} as made {part.where} "
        f"order by {order}) to {quoted(str(path))} ({options})"
    ).fetchall()
    return {"table": model.table, "rows": rows, **_sealed(path)}


def _sealed(path: Path) -> dict[str, Any]:
    """Size, moment and hash of a file, once it is on disk."""
    with path.open("rb") as written:
        sha256 = hashlib.file_digest(written, "sha256").hexdigest()
        os.fsync(written.fileno())
    return {**stamp(path), "sha256": sha256}


def _switch(exports: Path, name: str) -> None:
    """Let the links lead to a release, and drop what is neither it nor the one before."""
    current = exports / ".current"
    before = current.readlink().name if current.is_symlink() else None
    _link(current, f".releases/{name}")
    for kind in (*KINDS, MANIFEST, PACKAGE, SUMS):
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
