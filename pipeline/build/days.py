"""Building the days of a table that changed, and no others, from the same SELECT.

A header that says `-- by day: observed_on` states that a table's rows of one day are made from rows
of that day of whatever it reads that has days; `, 33 days before` after it that days up to so long
before take part; `, all days` that any may, so that the table is made whole and compared with what
it was. From the days that changed upstream follow those to make again, and what comes out the same
changes nothing further on. Known elsewhere as INCREMENTAL_BY_TIME_RANGE (SQLMesh) and microbatch
(dbt). Why it is safe: docs/decisions/0145.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline import warehouse as wh
from pipeline.build.lineage import ModelError, rewound
from pipeline.warehouse import DuckDB

__all__ = [
    "ByDay", "Inputs", "changed_since", "made_again", "made_in_batches", "note_inputs", "stretches",
    "told_since", "within",
]  # fmt: skip

BY_DAY = re.compile(r"(\w+)(?:, (?:(\d+) days before|(all days)))?")
MADE = "made_days"
PART = {"staging": "part_staging", "steps": "part_made", "marts": "part_made"}
# So many of a table's days, and making all of it is less work; a month is little of any table.
MOST_DAYS = 0.5
LEAST_AT_ONCE = 28
# Above so many rows of inputs a table is made in batches of days: host_price_daily of 20 million
# took 8.9 GiB at once, and 3.3 in batches for the same seconds.
ROWS_AT_ONCE = 2_000_000
CHANGES_KEPT = 1_000
Span = tuple[date, date]


@dataclass(frozen=True)
class ByDay:
    """What a table's rows of one day are made from.

    Attributes:
        column: The table's own day, part of its grain.
        before: How many days before it take part, of every input that has days; None is any day.
    """

    column: str
    before: int | None = 0

    @classmethod
    def said(cls, words: str) -> "ByDay":
        """From the header's words. Raises ModelError where they are none of the above."""
        found = BY_DAY.fullmatch(words)
        if not found:
            raise ModelError(f"`by day` is a column, `N days before` or `all days`: {words}")
        return cls(found[1], None if found[3] else int(found[2] or 0))


@dataclass(frozen=True)
class Inputs:
    """What a table reads, of which `dated` have days: the column, or of staging `observed_at`."""

    reads: frozenset[str]
    dated: Mapping[str, str]

    def day(self, table: str) -> str:
        """The day of a row, as SQL."""
        return wh.UTC_DAY if self.dated[table] == "observed_at" else self.dated[table]

    def within(self, table: str, spans: Iterable[Span]) -> str:
        """Condition on rows that lets DuckDB pass over blocks of other days."""
        if self.dated[table] != "observed_at":
            return within(self.dated[table], spans)
        midnight = "observed_at {} timestamptz '{} 00:00:00+00'".format
        return " or ".join(
            midnight(">=", first) + " and " + midnight("<", last + timedelta(days=1))
            for first, last in spans
        )


def within(column: str, spans: Iterable[Span]) -> str:
    """Condition that a day is in one of the stretches."""
    return " or ".join(f"{column} between date '{a}' and date '{b}'" for a, b in spans)


def made_again(
    db: DuckDB, table: str, query: str, grain: Iterable[str], by_day: ByDay, inputs: Inputs
) -> list[date] | None:
    """Bring a table up to what it reads, by the days that changed; the caller has the transaction.

    Returns:
        Days whose rows differ from before, which may be none; None where the table must be made
        whole: it was never made from these inputs, it is not said which of their days changed, or
        they are too many.

    Raises:
        ModelError: more than one row per grain.
    """
    if not wh.exists(db, table):
        return None
    spans: list[Span] = []
    if by_day.before is None:
        db.execute(f"create or replace temp table {MADE} as {query}")
    else:
        changed = _changed_inputs(db, table, inputs)
        if changed is None:
            return None
        reach = timedelta(days=by_day.before)
        spans = _merged(((day, day + reach) for day in changed), by_day.before)
        if not spans:
            return []
        [(held,)] = db.execute(f"select count(distinct {by_day.column}) from {table}").fetchall()
        asked = sum((last - first).days + 1 for first, last in spans)
        if asked > max(LEAST_AT_ONCE, MOST_DAYS * held):
            return None
        most = max(LEAST_AT_ONCE, by_day.before)
        _make(db, MADE, query, by_day, inputs, _batches(spans, most))
    if wh.columns_of(db, MADE) != wh.columns_of(db, table):
        return None
    keys = ", ".join(grain)
    repeats = db.sql(f"select {keys} from {MADE} group by all having count(*) > 1").pl()
    if not repeats.is_empty():
        raise ModelError(f"{table}: more than one row per {keys}: {repeats.head(3)}")
    days = _differing(db, table, by_day.column, spans)
    if days:
        of_days = f"where {within(by_day.column, stretches(days))}"
        db.execute(f"delete from {table} {of_days}")
        db.execute(f"insert into {table} from {MADE} {of_days}")
    db.execute(f"drop table {MADE}")
    return days


def made_in_batches(db: DuckDB, table: str, query: str, by_day: ByDay, inputs: Inputs) -> bool:
    """Make a whole table some days at a time, so that memory does not follow the history.

    Returns:
        False where nothing was done: inputs are small, or any day may take part in any other.
    """
    if by_day.before is None or not inputs.dated:
        return False
    sizes = "select coalesce(sum(estimated_size), 0) from duckdb_tables() where list_contains(?, "
    sizes += "schema_name || '.' || table_name)"
    [(size,)] = db.execute(sizes, [sorted(inputs.dated)]).fetchall()
    if size <= ROWS_AT_ONCE:
        return False
    edges = " union all ".join(
        f"select {inputs.day(name)} as day from (select {edge}({column}) as {column} from {name})"
        for name, column in sorted(inputs.dated.items())
        for edge in ("min", "max")
    )
    [(first, last)] = db.execute(f"select min(day), max(day) from ({edges})").fetchall()
    if first is None:
        return False
    last += timedelta(days=by_day.before)
    most = max(LEAST_AT_ONCE, by_day.before, (last - first).days * ROWS_AT_ONCE // int(size))
    batches = _batches([(first, last)], most)
    _make(db, table, query, by_day, inputs, batches)
    return True


def note_inputs(db: DuckDB, table: str, inputs: Inputs) -> None:
    """Remember which versions of its inputs a table now is of."""
    db.execute("delete from meta.built_from where table_name = ?", [table])
    db.execute(
        "insert into meta.built_from by name select ? as table_name, "
        "table_name as input_name, version from meta.versions where list_contains(?, table_name)",
        [table, sorted(inputs.reads)],
    )
    db.execute(
        "delete from meta.changed_days as told using meta.versions as held "
        "where told.table_name = held.table_name and told.version <= held.version - ?",
        [CHANGES_KEPT],
    )


def _changed_inputs(db: DuckDB, table: str, inputs: Inputs) -> set[date] | None:
    """Days of inputs that changed since the table was built; None where that is not told."""
    if not versions_built_from(db, table):
        return None
    changed: set[date] = set()
    for name in inputs.reads:
        days = changed_since(db, table, name)
        if days is None or (days and name not in inputs.dated):
            return None
        changed |= days
    return changed


def versions_built_from(db: DuckDB, table: str) -> dict[str, int]:
    """The version of each input that a table was built from last."""
    of = "select input_name, version from meta.built_from where table_name = ?"
    return dict(db.execute(of, [table]).fetchall())


def changed_since(db: DuckDB, table: str, name: str) -> set[date] | None:
    """Days of an input that changed since a table was built from it; None where not told."""
    return told_since(db, name, versions_built_from(db, table).get(name))


def told_since(db: DuckDB, name: str, old: int | None) -> set[date] | None:
    """Days of a table that changed since its version `old`; None where that is not told."""
    now = db.execute("select version from meta.versions where table_name = ?", [name]).fetchall()
    new = now[0][0] if now else None
    if old == new:  # none at all where nothing ever landed
        return set()
    if old is None or new is None or new < old:
        return None
    told = db.execute(
        "select version, changed_on from meta.changed_days where table_name = ? and version > ?",
        [name, old],
    ).fetchall()
    if {version for version, _ in told} != {*range(old + 1, new + 1)}:
        return None
    return {day for _, day in told}


def stretches(days: Iterable[date]) -> list[Span]:
    """Days as first and last of each run of them, oldest first."""
    return _merged(((day, day) for day in days), 0)


def _merged(spans: Iterable[Span], gap: int) -> list[Span]:
    """Stretches united where what they read would overlap."""
    found: list[Span] = []
    for first, last in sorted(span for span in spans if span[0] <= span[1]):
        if found and first <= found[-1][1] + timedelta(days=gap + 1):
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found


def _make(
    db: DuckDB, table: str, query: str, by_day: ByDay, inputs: Inputs, batches: Iterable[list[Span]]
) -> None:
    """A table of what the query makes of each batch of days, over what reaches into them."""
    part = rewound(query, PART)
    for schema in sorted(set(PART.values())):
        db.execute(f"create schema {schema}")
    for n, batch in enumerate(batches):
        reached = [(first - timedelta(days=by_day.before or 0), last) for first, last in batch]
        for name in sorted(inputs.reads):
            schema, _, bare = name.partition(".")
            where = f"where {inputs.within(name, reached)}" if name in inputs.dated else ""
            db.execute(f"create or replace view {PART[schema]}.{bare} as from {name} {where}")
        kind = "temp table" if table == MADE else "table"
        into = f"insert into {table}" if n else f"create or replace {kind} {table} as"
        db.execute(f"{into} select * from ({part}) where {within(by_day.column, batch)}")
    for schema in sorted(set(PART.values())):
        db.execute(f"drop schema {schema} cascade")


def _batches(spans: Iterable[Span], most: int) -> Iterator[list[Span]]:
    """The stretches, so many days at once at most."""
    batch: list[Span] = []
    left = most
    for first, last in spans:
        while first <= last:
            until = min(last, first + timedelta(days=left - 1))
            batch.append((first, until))
            left -= (until - first).days + 1
            first = until + timedelta(days=1)
            if not left:
                yield batch
                batch, left = [], most
    if batch:
        yield batch


def _differing(db: DuckDB, table: str, column: str, spans: list[Span]) -> list[date]:
    """Days whose rows are not those held: of these stretches, or of all where there are none."""
    where = f"where {within(column, spans)}" if spans else ""
    told = f"select {column} as day_on, count(*) as row_count, sum(hash(each_row)) as mark from"
    differing = db.execute(
        f"with made as ({told} {MADE} as each_row group by all), "
        f"held as ({told} {table} as each_row {where} group by all) "
        "select day_on from made full join held using (day_on) "
        "where made.row_count is distinct from held.row_count "
        "or made.mark is distinct from held.mark order by day_on"
    )
    return [day for (day,) in differing.fetchall()]
