"""The tables that a month left beside those of one batch load of the same bytes."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from pipeline.build.model import models
from pipeline.contracts import declared
from pipeline.sources.source import Source, discover
from pipeline.warehouse import DuckDB, columns_of, quoted
from tests.given.upstreams import ASKED

__all__ = ["CLOSE", "RULES", "Compared", "compared", "sources"]

# What may differ, and why; all else has to be the same.
CLOSE = 1e-12
RULES = {
    "captured_at of a committed file": "not compared: when it landed, which is later in the batch",
    "doubles": f"equal to {CLOSE} of what they are: sums are added in the order rows lie",
}


def sources() -> tuple[Source, ...]:
    """The seven that answer here, and every committed file."""
    return tuple(each for each in discover() if each.fetch is None or each.name in ASKED)


class Compared(NamedTuple):
    """A table of the month beside that of the batch; rows that one of them alone has."""

    table: str
    rows: int
    of_the_month: int
    of_the_batch: int
    close: tuple[str, ...]  # columns whose cells are equal to CLOSE only, and no others differ

    @property
    def is_equal(self) -> bool:
        return not (self.of_the_month or self.of_the_batch) or bool(self.close)


def compared(one: Path, other: Path) -> Iterator[Compared]:
    """Every table of the month beside that of the batch."""
    keys = {model.table: model.grain for model in models()}
    keys |= {terms.table: terms.key for terms in declared()}
    files = ", ".join(quoted(each.name) for each in sources() if each.file is not None)
    with duckdb.connect() as db:
        for name, path in (("month", one), ("batch", other)):
            db.execute(f"attach {quoted(str(path))} as {name} (read_only)")
        tables = db.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = "
            "'month' and schema_name in ('staging', 'steps', 'marts') order by all"
        ).fetchall()
        for (table,) in tables:
            kinds = columns_of(db, f"month.{table}")
            what = "*"
            if {"source", "captured_at"} <= kinds.keys():
                asked = f"case when source not in ({files}) then captured_at end"
                what = f"* replace ({asked} as captured_at)"
            both = (
                f"with a as (select {what} from month.{table}), "
                f"b as (select {what} from batch.{table}) "
            )
            [(count, only, others)] = db.execute(
                f"{both}select (select count(*) from a), "
                "(select count(*) from (from a except all from b)), "
                "(select count(*) from (from b except all from a))"
            ).fetchall()
            close = (
                _close(db, both, kinds, keys[table]) if only == others > 0 and table in keys else ()
            )
            yield Compared(table, count, only, others, close)


def _close(db: DuckDB, both: str, kinds: Mapping[str, str], key: Sequence[str]) -> tuple[str, ...]:
    """Columns of doubles that differ by CLOSE at most; none where anything else differs."""
    rest = [name for name in kinds if name not in key]
    on = " and ".join(f"a.{name} is not distinct from b.{name}" for name in key)
    differ = [f"count_if(a.{name} is distinct from b.{name})" for name in rest]
    beyond = [
        f"count_if(abs(a.{name} - b.{name}) > {CLOSE} * greatest(abs(a.{name}), abs(b.{name}), 1) "
        f"or (a.{name} is null) <> (b.{name} is null))"
        if kinds[name] == "DOUBLE"
        else differs
        for name, differs in zip(rest, differ, strict=True)
    ]
    [(left, right, matched, *counts)] = db.execute(
        f"{both}select (select count(*) from a), (select count(*) from b), count(*), "
        f"{', '.join([*differ, *beyond])} from a inner join b on {on}"
    ).fetchall()
    if not left == right == matched or any(counts[len(rest) :]):
        return ()
    return tuple(name for name, count in zip(rest, counts, strict=False) if count)
