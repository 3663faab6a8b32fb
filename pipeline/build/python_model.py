"""Models that one SELECT cannot say: a SELECT asked at every month's end, and a function of one.

`-- lookback_days:` in the header: the SELECT is asked at every month's end, and each answer holds
only what was known then, so a row, once there, is never restated (docs/decisions/0010). `-- method:
pipeline.methods.hedonic.fit` names the function that makes the table from what its SELECT answers:
one frame in, one out, no I/O.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from pipeline import warehouse as wh
from pipeline.build.days import Inputs, changed_since, note_inputs, stretches, within
from pipeline.build.lineage import ModelError, rewound, tables_read
from pipeline.warehouse import DuckDB

__all__ = ["asked_at_month_ends", "method_code", "method_named", "this_month"]

Method = Callable[[pl.DataFrame], pl.DataFrame]
THEN = {"staging": "staging_then", "steps": "made_then", "marts": "made_then"}


def method_named(path: str) -> Method:
    """The function at `package.module.function`."""
    module, _, name = path.rpartition(".")
    found: Method = getattr(import_module(module), name)
    return found


def method_code(path: str) -> str:
    """Text of the module a method is in and of those it uses, without running them.

    A table is as old as its code.

    Raises:
        ModelError: no such module.
    """
    texts: dict[str, str] = {}
    todo = [path.rpartition(".")[0]]
    while todo:
        module = todo.pop()
        spec = find_spec(module)
        if spec is None or spec.origin is None:
            raise ModelError(f"{module} is not a module")
        texts[module] = Path(spec.origin).read_text(encoding="utf-8")
        used = re.findall(r"^from (pipeline\.methods\.\w+) import", texts[module], re.MULTILINE)
        todo += [each for each in used if each not in texts]
    return "".join(texts[module] for module in sorted(texts))


def asked_at_month_ends(
    db: DuckDB,
    table: str,
    query: str,
    derived: Mapping[str, str],
    lookback_days: int,
    kept: Collection[str] = (),
) -> bool:
    """Make the table of a query's answers at the end of each month in which something was observed.

    An answer is kept until something it was given from has changed: a row that was known by then
    and landed, left or was corrected since, or the text of the query or of what it reads.

    Args:
        db: The build database, inside a transaction; two schemas come and go.
        table: Holds the query's columns and `known_at`: the first moment after the month, UTC.
        query: One SELECT over `staging`, `steps` and `marts`.
        derived: The SQL of each step and mart, to be read over the past as well.
        lookback_days: How far back observations are read, which bounds the work per month.
        kept: Tables whose rows are never restated: of these the rows known then.

    Returns:
        Whether a month was asked, or one left.

    Raises:
        ModelError: a step or mart that is not in `derived`.
    """
    kept_read, reads = [], []
    for schema in sorted(set(THEN.values())):
        db.execute(f"drop schema if exists {schema} cascade")
        db.execute(f"create schema {schema}")
    texts = [query, str(lookback_days)]
    for read in _upstream(query, derived, kept):
        schema, _, name = read.partition(".")
        view = f"{THEN[schema]}.{name}"
        if read in derived:
            texts.append(derived[read])
            db.execute(f"create view {view} as {rewound(derived[read], THEN)}")
            continue
        known = "known_at <= getvariable('month_end')::timestamptz"
        seen_at = None
        if read in kept:
            kept_read.append(read)
        elif "observed_at" in wh.columns_of(db, read):
            seen_at = "observed_at"
            first = f"getvariable('month_end')::timestamptz - interval {lookback_days} day"
            known += f" and observed_at >= {first}"
        reads.append(read)
        _mark(db, table, read, seen_at)
        db.execute(f"create view {view} as from {read} where {known}")
    asked = f"select *, getvariable('month_end')::timestamptz as known_at from ({query})"
    then = rewound(asked, THEN)
    text = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    wanted = _wanted(db, _month_ends(db, table, reads, kept_read), table, lookback_days, text)
    held = _held(db, table, then)
    gone = [end for end, mark in held.items() if wanted.get(end) != mark]
    new = [end for end, mark in wanted.items() if held.get(end) != mark]
    if not held:
        # Without a month end nothing is known: the empty answer that has the columns.
        db.execute("reset variable month_end")
        db.execute(f"create or replace table {table} as {then}")
    for end in gone:
        db.execute(f"delete from {table} where known_at = ?", [end])
    for end in new:
        db.execute("set variable month_end = ?::timestamptz", [end])
        db.execute(f"insert into {table} {then}")
    db.execute("reset variable month_end")
    for schema in sorted(set(THEN.values())):
        db.execute(f"drop schema {schema} cascade")
    db.execute("delete from meta.answers where table_name = ?", [table])
    for end, mark in wanted.items():
        db.execute("insert into meta.answers values (?, ?, ?)", [table, end, mark])
    gone_from = (
        "delete from meta.read_marks where table_name = ? and not list_contains(?, input_name)"
    )
    db.execute(gone_from, [table, reads])
    note_inputs(db, table, Inputs(frozenset(reads), {}))
    return bool(gone or new or not held)


def _upstream(query: str, derived: Mapping[str, str], kept: Collection[str]) -> Iterator[str]:
    """Every table a query rests on, each after what it reads."""
    seen: set[str] = set()

    def visit(text: str) -> Iterator[str]:
        for table in sorted(tables_read(text) - seen):
            seen.add(table)
            if not (table.startswith("staging.") or table in kept):
                if table not in derived:
                    raise ModelError(f"{table} cannot be asked at a past month's end")
                yield from visit(derived[table])
            yield table

    return visit(query)


def this_month(db: DuckDB) -> date:
    """The first day of the month it is: by the clock, or by the variable `as_of` where set."""
    now = "coalesce(getvariable('as_of')::timestamptz, now()) at time zone 'UTC'"
    [(month,)] = db.execute(f"select date_trunc('month', {now})::date").fetchall()
    first: date = month
    return first


def _month_ends(
    db: DuckDB, table: str, reads: Collection[str], kept: Collection[str]
) -> list[datetime]:
    """First moments after the months in which something was observed and that are over.

    Of what is read the marks say the days; of tables that are never restated, `known_at` does.
    """
    days = [
        "select observed_on from meta.read_marks where table_name = ? "
        "and list_contains(?, input_name)"
    ]
    days += [
        f"select (known_at - interval 1 second) at time zone 'UTC' from {each}" for each in kept
    ]
    ends = db.execute(
        "select distinct (date_trunc('month', observed_on) + interval 1 month)::date as end_on "
        f"from ({' union all '.join(days)}) where observed_on < ? order by end_on",
        [table, [*reads], this_month(db)],
    ).fetchall()
    return [datetime.combine(end, time(), UTC) for (end,) in ends]


def _mark(db: DuckDB, table: str, read: str, seen_at: str | None) -> None:
    """Bring up what `meta.read_marks` says of what a table reads: days that changed, or all of it.

    Number and hash of its rows per month in which they became known and day they are of.
    """
    changed = changed_since(db, table, read)
    if changed is not None and not changed:
        return
    spans = stretches(changed) if changed and seen_at else []
    gone = within("observed_on", spans) or "true"
    fresh = Inputs(frozenset(), {read: seen_at or ""}).within(read, spans) or "true"
    where = f"table_name = ? and input_name = ? and ({gone})"
    db.execute(f"delete from meta.read_marks where {where}", [table, read])
    month = "date_trunc('month', known_at at time zone 'UTC' - interval 1 microsecond)"
    db.execute(
        "insert into meta.read_marks by name select ? as table_name, ? as input_name, "
        f"({month} + interval 1 month) at time zone 'UTC' as known_at, "
        f"{wh.UTC_DAY if seen_at else 'null::date'} as observed_on, "
        "count(*) as row_count, sum(hash(own))::varchar as fingerprint "
        f"from {read} as own where {fresh} group by all",
        [table, read],
    )


def _wanted(
    db: DuckDB, ends: list[datetime], table: str, lookback_days: int, text: str
) -> dict[datetime, str]:
    """What each month's answer is given from, in one hash: rows that were known and looked at."""
    found: dict[datetime, list[object]] = {end: [text] for end in ends}
    said = db.execute(
        "with ends as (select unnest(?::timestamptz[]) as end_at) "
        "select ends.end_at, own.input_name, sum(own.row_count), sum(own.fingerprint::hugeint) "
        "from meta.read_marks as own join ends on own.known_at <= ends.end_at "
        f"and coalesce(own.observed_on >= ends.end_at - interval {lookback_days} day, true) "
        "where own.table_name = ? group by all order by all",
        [ends, table],
    ).fetchall()
    for end, *each in said:
        found[end.astimezone(UTC)].append(each)
    return {end: hashlib.sha256(repr(each).encode()).hexdigest() for end, each in found.items()}


def _held(db: DuckDB, table: str, query: str) -> dict[datetime, str]:
    """What the answers that are held were given from; nothing where they have other columns."""
    db.execute("reset variable month_end")
    if not wh.exists(db, table) or wh.columns_of(db, table) != wh.columns_of(db, query):
        return {}
    held = "select known_at, fingerprint from meta.answers where table_name = ?"
    return {end.astimezone(UTC): mark for end, mark in db.execute(held, [table]).fetchall()}
