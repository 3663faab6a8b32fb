"""`sql` and `vintage`: questions to the published file, read-only, with the dictionary at hand."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches

import polars as pl
from rich.console import Console
from rich.text import Text

from pipeline.build.lineage import REWOUND, ModelError, rewound
from pipeline.cli.telling import as_json, frame, out
from pipeline.release.explain import Explained, explain
from pipeline.warehouse import DuckDB, DuckDBError, Warehouse, opened_for_reading, quoted

__all__ = [
    "NothingPublishedError",
    "answer",
    "explained",
    "moment",
    "past",
    "shell",
    "shown",
    "tell_origin",
]

ROWS_SHOWN = 200
HELP = """\
Write SQL, ended by a semicolon or an empty line. Tables: marts.*, vintage.*, staging.*, meta.*
  .tables [WORD]        the tables, or those whose name or meaning has the word
  .describe TABLE       its columns with type, unit and meaning (also: describe TABLE)
  .as_of [DATE]         what vintage.* shows: as known on that day; without one, now
  .quit                 end (also Ctrl-D)"""
TABLES = """
    with named as (
        select schema_name || '.' || table_name as table_name, comment, estimated_size as row_count
        from duckdb_tables() where schema_name in ('marts', 'steps', 'staging', 'meta')
    )
    select table_name, row_count, split_part(coalesce(comment, ''), '. ', 1) as meaning from named
    where contains(lower(table_name || ' ' || coalesce(comment, '')), lower($1)) order by
        case split_part(table_name, '.', 1)
            when 'marts' then 1 when 'meta' then 2 when 'staging' then 3 else 4 end, table_name
"""
COLUMNS = """
    select column_name, column_type, unit, case when is_grain then 'key' end as grain, meaning
    from meta.data_dictionary where table_name = $1
"""


class NothingPublishedError(RuntimeError):
    """There is no published file to ask."""


def moment(text: str) -> datetime:
    """A day (its end, UTC: what was known that day) or a moment, as ISO 8601.

    Raises:
        ValueError: neither.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)


def past(query: str) -> str:
    """The query with every table in its past: `marts.x`, `vintage.x` and `x` are all the vintage.

    Raises:
        ModelError: not one SELECT, or a table that has no past.
    """
    own = {name: name for name in REWOUND.values()}
    return rewound(query.strip().rstrip(";"), REWOUND | own)


def answer(store: Warehouse, query: str, as_of: datetime | None = None) -> pl.DataFrame:
    """Rows of a query on the published file, the variable `as_of` set where a moment is given.

    Raises:
        NothingPublishedError: there is no file yet.
        DuckDBError: what DuckDB says of the query.
    """
    if not store.published.exists():
        raise NothingPublishedError("nothing has been published yet: `make run` first")
    with opened_for_reading(store.published) as db:
        _look_in(db, as_of)
        return _rows(db, query)


def _look_in(db: DuckDB, as_of: datetime | None) -> None:
    """Names without a schema are marts, or their past where a moment is given."""
    if as_of is not None:
        db.execute(f"set variable as_of = timestamptz {quoted(as_of.isoformat())}")
    db.execute(f"set search_path = '{'marts,meta,staging' if as_of is None else 'vintage,known'}'")


def _rows(db: DuckDB, query: str) -> pl.DataFrame:
    made = db.sql(query)
    rows: pl.DataFrame = pl.DataFrame() if made is None else made.pl()
    return rows


def explained(store: Warehouse, table: str, key: Sequence[str]) -> Explained:
    """What a row of the published file rests on; `pipeline.release.explain`.

    Raises:
        NothingPublishedError: there is no file yet.
        UnknownRowError: no such table, column or row.
    """
    if not store.published.exists():
        raise NothingPublishedError("nothing has been published yet: `make run` first")
    with opened_for_reading(store.published) as db:
        return explain(db, store.raw, table, key)


def tell_origin(console: Console, found: Explained) -> None:
    """The row with its key, how it was made again, and each table below with a few of its rows."""
    others = f" (the newest of {found.other_rows + 1:,} that fit)" if found.other_rows else ""
    key = ", ".join(f"{name} = {value}" for name, value in found.key.items())
    console.print(Text(f"{found.table}: {key}{others}", style="bold"))
    for name, value in found.row.items():
        if value is not None and name not in found.key:
            console.print(Text(f"  {name}: {value}"))
    console.print(Text(f"made by {found.made_by}; {found.recomputed}"))
    for line in found.by_hand:
        console.print(Text(f"  {line}"))
    for step in found.steps:
        rows = f"{step.row_count:,} rows" + ("" if step.rows else ", as a whole")
        console.print(Text(f"{step.table} ({rows}), read by {step.read_by}", style="bold"))
        for row in step.rows:
            cells = (f"{name}={value}" for name, value in row.items() if value is not None)
            console.print(Text("  " + ", ".join(cells)))
        for line in step.origins:
            console.print(Text(f"  <- {line}"))


def shown(rows: pl.DataFrame, *, form: str) -> None:
    """Rows on standard output: `table`, `csv` or `json`; a table into a pipe is tab-separated."""
    if form == "json":
        as_json(rows.to_dicts())
    elif form == "csv":
        sys.stdout.write(rows.write_csv())
    else:
        frame(out(), rows, limit=ROWS_SHOWN)


def shell(store: Warehouse, ask: Callable[[str], str] = input) -> None:
    """A conversation with the published file until it ends; a mistake is told, and does not end it.

    Raises:
        NothingPublishedError: there is no file yet.
    """
    if not store.published.exists():
        raise NothingPublishedError("nothing has been published yet: `make run` first")
    console = out()
    with opened_for_reading(store.published) as db:
        _look_in(db, None)
        _edit_lines(db)
        console.print(Text(f"{store.published}, read-only. .help says how, .tables what."))
        while (said := _question(ask)) is not None:
            if not said or said in (".quit", ".exit"):
                if said:
                    return
                continue
            try:
                _told(console, db, said)
            except (DuckDBError, ValueError, ModelError) as error:
                console.print(Text(str(error), style="red"))


def _question(ask: Callable[[str], str]) -> str | None:
    """Lines up to a semicolon, an empty line or a dot command; None at the end of the input."""
    lines: list[str] = []
    while True:
        try:
            line = ask("     > " if lines else "gcw> ").strip()
        except EOFError:
            return " ".join(lines) or None
        except KeyboardInterrupt:
            sys.stdout.write("\n")
            return ""
        if not lines and (line.startswith(".") or line.lower().startswith("describe ")):
            return line.rstrip(";")
        lines.append(line)
        if not line or line.endswith(";"):
            return " ".join(lines).strip()


def _told(console: Console, db: DuckDB, said: str) -> None:
    verb, _, rest = said.partition(" ")
    rest = rest.strip()
    match verb.lower():
        case ".help":
            console.print(HELP, markup=False)
        case ".tables":
            frame(console, _with(db, TABLES, rest))
        case ".describe" | "describe" | ".schema":
            described(console, db, rest)
        case ".as_of":
            at = moment(rest) if rest else datetime.now(UTC)
            db.execute(f"set variable as_of = timestamptz {quoted(at.isoformat())}")
            console.print(f"vintage.* is as known at {at:%Y-%m-%d %H:%M:%S} UTC")
        case _ if verb.startswith("."):
            console.print(HELP, markup=False)
        case _:
            frame(console, _rows(db, said), limit=ROWS_SHOWN)


def _with(db: DuckDB, query: str, value: str) -> pl.DataFrame:
    rows: pl.DataFrame = db.sql(query, params=[value]).pl()
    return rows


def described(console: Console, db: DuckDB, table: str) -> None:
    """A table's meaning, then each column with type, unit and meaning.

    Raises:
        ValueError: there is no such table; says which come nearest.
    """
    found = db.execute(
        "select schema_name || '.' || table_name, comment from duckdb_tables() where "
        "schema_name in ('marts', 'steps', 'staging', 'meta')"
    ).fetchall()
    docs = dict(found)
    # `marts.x`, `vintage.x` and `x` have the same columns.
    bare = table.removeprefix("vintage.").removeprefix("known.")
    names = [name for name in docs if name in (bare, table) or name.partition(".")[2] == bare]
    if not names:
        near = get_close_matches(bare, [*docs, *(name.partition(".")[2] for name in docs)], n=3)
        raise ValueError(f"no table {table!r}" + (f"; near: {', '.join(near)}" if near else ""))
    console.print(Text(f"{names[0]}: {docs[names[0]] or ''}"))
    frame(console, _with(db, COLUMNS, names[0]))


def _edit_lines(db: DuckDB) -> None:
    """History and completion of table names, where the terminal can."""
    try:
        import readline
    except ImportError:
        return
    words = sorted(
        name
        for (name,) in db.execute(
            "select schema_name || '.' || table_name from duckdb_tables() union "
            "select schema_name || '.' || view_name from duckdb_views() where not internal"
        ).fetchall()
    )

    def complete(text: str, state: int) -> str | None:
        fitting = [each for each in words if each.startswith(text)]
        return fitting[state] if state < len(fitting) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n,;()")
    readline.parse_and_bind("tab: complete")
