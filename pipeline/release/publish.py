"""Writing the file people open: vintage views, the data dictionary, then an atomic rename."""

import hashlib
import inspect
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pipeline import warehouse as wh
from pipeline.build import lineage
from pipeline.build.lineage import REWOUND, rewound_once
from pipeline.build.model import models
from pipeline.columns import COLUMNS
from pipeline.contracts import declared
from pipeline.contracts.own import OWN_TABLES
from pipeline.release import releases
from pipeline.warehouse import STORAGE_VERSION, DuckDB, Warehouse, quoted

__all__ = ["build_id", "contents", "prepare_views", "publish", "verify", "views_are_current"]

# Tables made anew leave holes, which a copy would carry along: from so many on, rows are copied.
MOST_HOLES = 0.5
AS_OF = "known_at <= coalesce(getvariable('as_of')::timestamptz, now())"
KNOWN = "Only rows known at the variable as_of."
PAST = "As it would have been known at the variable as_of."


def prepare_views(db: DuckDB) -> None:
    """Make `known.*` and `vintage.*`: everything as it was known at the variable `as_of`.

    Views that say what they would say now are left: making them takes seconds.
    """
    wh.create_declared(db)
    _forget_unmade(db)
    if views_are_current(db):
        return
    derived = [each for each in models() if each.schema in REWOUND]
    queries = {each.table: each.query for each in derived if not each.is_kept}
    # Never restated: the past is the rows that were there (decision 0010).
    pasts = {
        each.table: f"from {each.table} where {AS_OF}"
        if each.is_kept
        else rewound_once(each.table, queries)
        for each in derived
    }
    columns = _columns(db)
    db.execute("drop schema if exists vintage cascade")
    db.execute("drop schema if exists known cascade")
    db.execute("create schema known")
    db.execute("create schema vintage")
    for table, (doc, names) in _landed().items():
        view = table.replace("staging.", "known.")
        db.execute(f"create view {view} as from {table} where {AS_OF}")
        wh.comment(db, view, f"{doc} {KNOWN}", names, kind="view")
    # A view is worked out down to the tables when it is made. Those downstream are therefore made
    # first, over stand-ins as wide as the tables.
    whole = all(model.table in columns for model in derived)
    for model in derived if whole else ():
        db.execute(f"create view vintage.{model.name} as from {model.table}")
    for model in reversed(derived) if whole else derived:
        view = f"vintage.{model.name}"
        db.execute(f"create or replace view {view} as {_read_when_asked(pasts[model.table])}")
        wh.comment(db, view, f"{model.doc} {PAST}", [*columns.get(model.table, ())], kind="view")
    wh.bump(db, "vintage")
    mark = _mark(columns)
    db.execute("update meta.versions set fingerprint = ? where table_name = 'vintage'", [mark])


def _read_when_asked(query: str) -> str:
    """A query kept as text, which whoever asks the view parses.

    A view kept as a tree loses `materialized` in every storage that DuckDB before 1.4 reads: its
    CTEs are worked out at every mention (the past of `chip_decline` in 1.3.2: not in 14 seconds).
    """
    return f"from query({quoted(query)})" if " MATERIALIZED " in query else query


def views_are_current(db: DuckDB) -> bool:
    """Whether `known.*` and `vintage.*` say what they would say if they were made now."""
    before = db.execute("select fingerprint from meta.versions where table_name = 'vintage'")
    return before.fetchall() == [(_mark(_columns(db)),)]


def _landed() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Meaning and columns of each staging table, what was set aside included."""
    found = {each.table: (each.doc, each.columns) for each in declared()}
    return found | {name: each for name, each in OWN_TABLES.items() if name.startswith("staging.")}


def _mark(columns: dict[str, dict[str, str]]) -> str:
    """Hash of all that `known.*` and `vintage.*` are made from: of our code, how one is rewound."""
    said: list[object] = [AS_OF, KNOWN, PAST, columns, inspect.getsource(lineage)]
    said.append(inspect.getsource(_read_when_asked))
    said += [
        (each.table, each.doc, each.is_kept, each.query)
        for each in models()
        if each.schema in REWOUND
    ]
    said += _landed().items()
    said += [(name, wh.described(name)) for name in sorted(COLUMNS)]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _forget_unmade(db: DuckDB) -> None:
    """Drop steps and marts that only older code made: they would be published stale."""
    made = {each.table for each in models()}
    for (table,) in db.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = current_database() and schema_name in ('steps', 'marts')"
    ).fetchall():
        if table not in made:
            db.execute(f"drop table {table}")
            db.execute("delete from meta.versions where table_name = ?", [table])


def _columns(db: DuckDB) -> dict[str, dict[str, str]]:
    """Type by column of every step and mart that is there, in order."""
    found: dict[str, dict[str, str]] = {}
    for table, name, dtype in db.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and schema_name in ('steps', 'marts') "
        "order by 1, column_index"
    ).fetchall():
        found.setdefault(table, {})[name] = dtype
    return found


def write_dictionary(db: DuckDB) -> None:
    """`meta.data_dictionary`: every published column with its type, unit and meaning."""
    grains = {each.table: set(each.grain) for each in models()}
    grains |= {each.table: set(each.key) for each in declared()}
    made = db.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() "
        "and schema_name in ('staging', 'steps', 'marts', 'meta') "
        "and table_name <> 'data_dictionary' order by 1, column_index"
    ).fetchall()
    frame = pl.DataFrame(
        [
            (
                table,
                column,
                dtype,
                COLUMNS[column].unit,
                COLUMNS[column].doc,
                column in grains.get(table, ()),
            )
            for table, column, dtype in made
        ],
        schema=["table_name", "column_name", "column_type", "unit", "meaning", "is_grain"],
        orient="row",
    )
    db.register("entries", frame)
    db.execute("create or replace table meta.data_dictionary as from entries")
    db.unregister("entries")
    doc = "One row per table and column: type, unit and meaning."
    wh.comment(db, "meta.data_dictionary", doc, frame.columns)


def publish(store: Warehouse) -> Path:
    """Write the file people open beside the old one, then swap: readers never wait or break.

    Raises:
        ModelError: a step or mart that cannot be rewound.
        PublishError: the draft is not what was built; the published file stays as it was.
    """
    draft = store.published.with_name("warehouse.draft.duckdb")
    # One connection throughout: a second publisher waits for the lock instead of sharing the draft.
    with store.connect() as db:
        with wh.transaction(db):
            prepare_views(db)
            write_dictionary(db)
        for leftover in (draft, wal(draft)):
            leftover.unlink(missing_ok=True)
        copied = _copied(db, store.build, draft)
        db.execute(
            f"attach {quoted(str(draft))} as draft (storage_version {quoted(STORAGE_VERSION)})"
        )
        try:
            if not copied:
                db.execute("copy from database build to draft")
            verify(db, "build", "draft")
            row = (build_id(db), datetime.now(UTC))
            _note_publication(db, "draft", row)
            releases.note(db, "draft", store.published, *row)
            releases.give_macros(db, "draft")
        finally:
            db.execute("detach draft")  # the connection may be one that the run goes on with
        _synced(draft)
        published = _swapped(draft, store.published)
        with wh.transaction(db):
            _note_release(db)
            _note_publication(db, "build", row)  # only now: until here the file before is the one
    return published


def _copied(db: DuckDB, build: Path, draft: Path) -> bool:
    """Copy the build database's file, where people's clients read it and it is not full of holes.

    It has nobody else's writes: this connection is the only one, and has just checkpointed.
    """
    db.execute("force checkpoint build")
    [(blocks, free, written)] = db.execute(
        "select total_blocks, free_blocks, (select tags['storage_version'] from "
        "duckdb_databases() where database_name = 'build') from pragma_database_size() "
        "where database_name = 'build'"
    ).fetchall()
    if not str(written).startswith(STORAGE_VERSION) or free > MOST_HOLES * blocks:
        return False
    shutil.copyfile(build, draft)
    return True


def build_id(db: DuckDB) -> str:
    """Hash of the state of every table: changes whenever one is built or landed anew."""
    state = "concat_ws('|', table_name, version, fingerprint, code_version, epoch_us(built_at))"
    query = f"select md5(coalesce(string_agg({state}, ' ' order by table_name), '')) from "
    return str(db.execute(query + "meta.versions").fetchall()[0][0])


def _note_publication(db: DuckDB, database: str, row: tuple[str, datetime]) -> None:
    db.execute(f"delete from {database}.meta.publication")
    db.execute(f"insert into {database}.meta.publication values (?, ?)", [*row])


def _swapped(draft: Path, published: Path) -> Path:
    # Somebody's unfinished edits of the old file would be replayed onto the new one.
    wal(published).unlink(missing_ok=True)
    draft.replace(published)
    _synced(published.parent)
    return published


# The levels, and what decides them.
LEVELS = (
    "marts.gpu_price_daily", "marts.host_price_daily", "marts.provider_price_daily",
    "steps.price_sighting", "steps.price_vote",
)  # fmt: skip


def _note_release(db: DuckDB) -> None:
    """Remember the levels just published, for `meta.price_release` to compare the next ones with.

    A crash before this leaves the release before as the one compared with, which is still true.
    """
    if not wh.exists(db, LEVELS[0]):
        return
    db.execute("delete from meta.released_levels")
    db.execute(
        "insert into meta.released_levels by name select accelerator, tier, market, term_months, "
        "basis, region_group, observed_on, publication_status, median_price_usd_per_gpu_hour, "
        "now() as released_at, (select string_agg(code_version, ' ' order by table_name) "
        f"from meta.versions where table_name in {LEVELS}) as code_version from {LEVELS[0]}"
    )


def wal(path: Path) -> Path:
    """The write-ahead log DuckDB keeps beside a database file."""
    return path.with_name(path.name + ".wal")


def verify(db: DuckDB, built: str, copied: str) -> None:
    """Hold a copied database against the one it was made from.

    Args:
        db: A connection that has both attached.
        built: Name of the original.
        copied: Name of the copy.

    Raises:
        PublishError: a table or view is missing, added, or has another number of rows.
    """
    there, here = contents(db, built), contents(db, copied)
    odd = {
        name: (there.get(name, "absent"), here.get(name, "absent"))
        for name in sorted(there.keys() | here.keys())
        if there.get(name, "absent") != here.get(name, "absent")
    }
    if odd:
        raise wh.PublishError(f"{copied} differs from {built} in (rows built, rows copied): {odd}")


def contents(db: DuckDB, database: str) -> dict[str, object]:
    """Tables with their number of rows; views, which hold none, with the word."""
    found = db.execute(
        "select schema_name || '.' || table_name, 'table' from duckdb_tables() "
        "where database_name = $1 union all "
        "select schema_name || '.' || view_name, 'view' from duckdb_views() "
        "where database_name = $1 and not internal",
        [database],
    ).fetchall()
    contents: dict[str, object] = dict(found)
    tables = [name for name, kind in found if kind == "table"]
    # One question for all: asked one by one they take four times as long.
    counts = [f"select '{name}', count(*) from {database}.{name}" for name in tables]
    return contents | dict(db.execute(" union all ".join(counts)).fetchall() if counts else ())


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
