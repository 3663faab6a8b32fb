"""What each publication changed, table by table (`meta.releases`), and the macros of the file.

`changes(since)` lists it; `cite(table, key)` gives rows with their sources and their build.
"""

from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from pipeline.build.days import told_since
from pipeline.build.model import models
from pipeline.warehouse import DuckDB, DuckDBError, quoted

__all__ = ["Release", "give_macros", "note"]

KEPT_DAYS = 400
TABLE = "meta.releases"
# Clients from 1.2 on know all that stands here. The key is a struct: {issuer: 'CoreWeave'}.
MACROS = {
    "cite(cited_table, cited_key)": """
        select
            cited_table as table_name,
            to_json(cited) as cited_row,
            nullif(concat_ws(' ', to_json(cited) ->> 'source_url', to_json(cited) ->> 'source_urls',
                (select string_agg(distinct prices.source_url, ' ')
                from marts.provider_price_daily as prices
                where cited_table like '%gpu_price_%'
                and prices.accelerator = to_json(cited) ->> 'accelerator'
                and prices.tier = to_json(cited) ->> 'tier'
                and prices.market = to_json(cited) ->> 'market'
                and cast(prices.observed_on as varchar) = to_json(cited) ->> 'observed_on')
            ), '') as source_urls,
            coalesce(to_json(cited) ->> 'accession', to_json(cited) ->> 'accessions') as accessions,
            to_json(cited) ->> 'known_at' as known_at,
            publication.build_id,
            publication.published_at
        from query_table(cited_table) as cited
        cross join meta.publication as publication
        where json_contains(to_json(cited), to_json(cited_key))
    """,
    "changes(since)": """
        select * from meta.releases
        where released_at > cast(since as timestamptz) order by released_at desc, table_name
    """,
}


class Release(NamedTuple):
    """One table that a publication changed; columns as in `meta.releases`."""

    build_id: str
    released_at: datetime
    table_name: str
    change_reason: str
    row_count: int
    rows_added_count: int
    rows_removed_count: int
    rows_changed_count: int
    columns_changed: str | None


def note(
    db: DuckDB, draft: str, before: Path, build_id: str, released_at: datetime
) -> list[Release]:
    """Write into a draft's `meta.releases` what it changes, after what the file before has there.

    A table whose version and inputs are the same is not looked at; of the others those days are,
    whose rows have another hash, among the days that were told to have changed where the old file
    is this build's. Nothing is said of the first publication, or where the old file cannot be
    opened.

    Args:
        db: A connection that has the draft attached.
        draft: Its name there.
        before: The file that the draft is about to replace.
        build_id: Of the draft.
        released_at: Moment of the publication.
    """
    if not before.exists():
        return []
    try:
        db.execute(f"attach {quoted(str(before))} as before (read_only)")
    except DuckDBError:  # somebody writes to it, or it is no database any more
        return []
    try:
        released = [
            Release(build_id, released_at, *each) for each in _changes(db, draft, _Files(db, draft))
        ]
        _carry(db, draft)
    except DuckDBError:  # laid out by code of long ago
        return []
    finally:
        db.execute("detach before")
    marks = ", ".join("?" * len(Release._fields))
    for each in released:
        db.execute(f"insert into {draft}.{TABLE} values ({marks})", [*each])
    return released


def _carry(db: DuckDB, draft: str) -> None:
    """The history is in the file people keep, not in the build database, which may be deleted."""
    there = db.execute(
        "select count(*) from duckdb_tables() where database_name = 'before' "
        "and schema_name || '.' || table_name = ?",
        [TABLE],
    ).fetchall()
    if there[0][0]:
        db.execute(
            f"insert into {draft}.{TABLE} by name from before.{TABLE} "
            f"where released_at >= now() - interval {KEPT_DAYS} day"
        )


class _Files:
    """Columns, keys, versions, and key columns that are days, of the marts of both files."""

    def __init__(self, db: DuckDB, draft: str) -> None:
        self.columns: dict[tuple[str, str], list[str]] = {}
        self.versions: dict[tuple[str, str], tuple[object, ...]] = {}
        self.keys: dict[tuple[str, str], set[str]] = {}
        self.days: dict[tuple[str, str], set[str]] = {}
        noted = [
            db.execute(f"select build_id from {each}meta.publication").fetchall()
            for each in ("", "before.")
        ]
        self.is_ours = bool(noted[0]) and noted[0] == noted[1]
        for name in (draft, "before"):
            dictionary = db.execute(
                "select table_name, column_name, is_grain, column_type from "
                f"{name}.meta.data_dictionary where table_name like 'marts.%'"
            ).fetchall()
            for table, column, is_grain, kind in dictionary:
                self.columns.setdefault((name, table), []).append(column)
                if is_grain:
                    self.keys.setdefault((name, table), set()).add(column)
                if is_grain and kind == "DATE":
                    self.days.setdefault((name, table), set()).add(column)
            for table, *state in db.execute(
                f"select table_name, code_version, version, built_at from {name}.meta.versions"
            ).fetchall():
                self.versions[name, table] = tuple(state)


def _changes(
    db: DuckDB, draft: str, files: _Files
) -> list[tuple[str, str, int, int, int, int, str | None]]:
    upstream = _upstream()
    by_day = {each.table: each.by_day.column for each in models() if each.by_day}
    found = []
    for table in sorted({table for _, table in files.columns}):
        now, then = (draft, table), ("before", table)
        if now in files.columns and files.versions.get(now) == files.versions.get(then):
            continue
        is_rule = any(
            files.versions.get((draft, each), (None,))[0]
            != files.versions.get(("before", each), (None,))[0]
            for each in upstream.get(table, {table})
        )
        told = None
        if table in by_day and files.is_ours and then in files.versions:
            told = told_since(db, table, int(str(files.versions[then][1])))
        counts = _counts(db, now, then, files, by_day.get(table), told)
        if counts is None:
            continue
        rows, added, removed, changed = counts
        odd = {*files.columns.get(now, ())} ^ {*files.columns.get(then, ())}
        reason = "restated history" if removed or changed else "new observation"
        found.append(
            (table, "rule change" if is_rule else reason, rows, added, removed, changed,
             ", ".join(sorted(odd)) or None)
        )  # fmt: skip
    return found


def _upstream() -> dict[str, set[str]]:
    """Each mart with every step and mart it rests on."""
    made: dict[str, set[str]] = {}
    for each in models():  # in building order
        made[each.table] = {each.table}.union(*(made.get(table, set()) for table in each.reads))
    return made


def _counts(
    db: DuckDB,
    now: tuple[str, str],
    then: tuple[str, str],
    files: _Files,
    by_day: str | None,
    told: Collection[date] | None,
) -> tuple[int, int, int, int] | None:
    """Rows now, added, removed, changed; None where the two are the same.

    `told` are the days of `by_day` that may differ, where that is known.
    """
    one, other = ".".join(now), ".".join(then)
    names, old = files.columns.get(now), files.columns.get(then)
    if names is None or old is None or files.keys.get(now) != files.keys.get(then):
        # Another key, or no such table: none of the rows can be told to be the same.
        here, there = (
            int(db.execute(f"select count(*) from {table}").fetchall()[0][0]) if known else 0
            for table, known in ((one, names), (other, old))
        )
        return here, here, there, 0
    shared = ", ".join(name for name in names if name in old)
    # A row stays in its day, which is of the key; a table without days is one of them, null.
    by = min(files.days.get(now, set()) & files.days.get(then, set()), default="null::date")
    among, values = "", {}
    if by_day is not None and told is not None:
        by, among = by_day, f"where {by_day} in (select unnest($told::date[]))"
        values = {"told": [*told]}
    marks = [
        {
            each: tuple(mark)
            for each, *mark in db.execute(
                f"select {by} as day, count(*), bit_xor(hash({shared})) from {table} {among} "
                "group by day",
                values,
            ).fetchall()
        }
        for table in (one, other)
    ]
    [(rows,)] = db.execute(f"select count(*) from {one}").fetchall()
    odd = [day for day in {*marks[0], *marks[1]} if marks[0].get(day) != marks[1].get(day)]
    if not odd:
        return None if names == old else (rows, 0, 0, 0)
    key = ", ".join(sorted(files.keys[now]))
    side = f"select hash({key}) as key_hash, hash({shared}) as row_hash from "
    # Of rows without a day all are compared.
    where = f"where coalesce(list_contains($odd::date[], {by}), true)"
    [(added, removed, changed)] = db.execute(
        "select count(*) filter (where there.key_hash is null), "
        "count(*) filter (where here.key_hash is null), "
        "count(*) filter (where here.row_hash <> there.row_hash) "
        f"from ({side}{one} {where}) as here full join ({side}{other} {where}) as there "
        "on here.key_hash = there.key_hash",
        {"odd": odd},
    ).fetchall()
    return int(rows), int(added), int(removed), int(changed)


def give_macros(db: DuckDB, database: str) -> None:
    """Put `cite` and `changes` into a database that is to be published."""
    for head, query in MACROS.items():
        db.execute(f"create or replace macro {database}.main.{head} as table {query}")
