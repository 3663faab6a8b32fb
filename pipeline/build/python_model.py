"""Models that SQL cannot say: a SELECT asked once or at every month's end, and a function of it.

The header names the function (`-- method: pipeline.methods.hedonic.fit`), which makes the table
from the answers: one frame in, one out, no I/O. Each answer holds only what was known when its
month ended, so a row, once there, is never restated (docs/decisions/0010).
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import polars as pl

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
    query: str,
    derived: Mapping[str, str],
    lookback_days: int,
    kept: Collection[str] = (),
) -> pl.DataFrame:
    """The answers to a query at the end of each month in which something was observed.

    Args:
        db: The build database, inside a transaction; two schemas come and go.
        query: One SELECT over `staging`, `steps` and `marts`.
        derived: The SQL of each step and mart, to be read over the past as well.
        lookback_days: How far back observations are read, which bounds the work per month.
        kept: Tables of methods, whose rows are never restated: of these the rows known then.

    Returns:
        The query's columns and `known_at`: the first moment after the month, UTC.

    Raises:
        ModelError: a step or mart that is not in `derived`.
    """
    observed = []
    for schema in sorted(set(THEN.values())):
        db.execute(f"drop schema if exists {schema} cascade")
        db.execute(f"create schema {schema}")
    for table in _upstream(query, derived, kept):
        schema, _, name = table.partition(".")
        view = f"{THEN[schema]}.{name}"
        if table in derived:
            db.execute(f"create view {view} as {rewound(derived[table], THEN)}")
            continue
        known = "known_at <= getvariable('month_end')::timestamptz"
        if table in kept:
            observed.append(f"select (known_at - interval 1 second) as seen_at from {table}")
        elif _has_observations(db, name):
            observed.append(f"select observed_at as seen_at from {table}")
            first = f"getvariable('month_end')::timestamptz - interval {lookback_days} day"
            known += f" and observed_at >= {first}"
        db.execute(f"create view {view} as from {table} where {known}")
    asked = f"select *, getvariable('month_end')::timestamptz as known_at from ({query})"
    then = rewound(asked, THEN)
    # Without a month end nothing is known: the empty answer that has the columns.
    db.execute("reset variable month_end")
    answers = [db.sql(then).pl()]
    for (end,) in _month_ends(db, observed):
        db.execute(f"set variable month_end = timestamptz '{end} 00:00:00+00'")
        answers.append(db.sql(then).pl())
    db.execute("reset variable month_end")
    for schema in sorted(set(THEN.values())):
        db.execute(f"drop schema {schema} cascade")
    answer: pl.DataFrame = pl.concat(answers)
    return answer


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


def _has_observations(db: DuckDB, name: str) -> bool:
    return bool(
        db.execute(
            "select count(*) from duckdb_columns() where database_name = current_database() "
            "and schema_name = 'staging' and table_name = ? and column_name = 'observed_at'",
            [name],
        ).fetchall()[0][0]
    )


def this_month(db: DuckDB) -> date:
    """The first day of the month it is: by the clock, or by the variable `as_of` where set."""
    now = "coalesce(getvariable('as_of')::timestamptz, now()) at time zone 'UTC'"
    [(month,)] = db.execute(f"select date_trunc('month', {now})::date").fetchall()
    first: date = month
    return first


def _month_ends(db: DuckDB, moments: list[str]) -> list[tuple[date]]:
    """First days after the months in which something was observed and that are over, in order."""
    if not moments:
        return []
    months = " union ".join(
        f"select date_trunc('month', seen_at at time zone 'UTC')::date as month_on from ({each})"
        for each in moments
    )
    return db.execute(
        "select distinct (month_on + interval 1 month)::date as end_on "
        f"from ({months}) where month_on < ? order by end_on",
        [this_month(db)],
    ).fetchall()
