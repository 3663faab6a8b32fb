"""The only module that opens DuckDB: the build database, its transactions, its tables.

The pipeline owns `warehouse/build/build.duckdb`; people open `warehouse/warehouse.duckdb`, which
`pipeline.release.publish` writes. The build database can always be deleted: it is rebuilt from
`raw/` and `reference/`.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl

from pipeline.capture.raw import RawStore
from pipeline.columns import COLUMNS, duckdb_type
from pipeline.contracts import Contract, declared
from pipeline.contracts.keys import near, same_key
from pipeline.contracts.own import OWN_TABLES
from pipeline.interrupts import interruptible

__all__ = ["DuckDB", "Warehouse", "opened_for_reading", "quoted", "scratch"]

DuckDB = duckdb.DuckDBPyConnection
Days = list[date] | None
DuckDBError = duckdb.Error
DataError = duckdb.DataError  # a value that does not fit, as opposed to a disk that is full


class PublishError(RuntimeError):
    """A draft that is not what was built: the published file stays as it was."""


class BuildCorruptError(RuntimeError):
    """The build database cannot be read; it is set aside, and the next one is made from raw."""


# What DuckDB says of a file that is damaged, cut short, no database, or of a later DuckDB.
DAMAGE = (
    "Corrupt database file",
    "not a valid DuckDB database file",
    "Could not read enough bytes",
    "Failure while replaying WAL",
    "database file with version number",
)


ROOT = Path(__file__).resolve().parents[1] / "warehouse"
LOCK_WAIT_SECONDS = 60.0
UTC_DAY = "(observed_at at time zone 'UTC')::date"
# What every connection is opened with, in DuckDB's words; tests give small work one thread.
Options = dict[str, str | bool | int | float | list[str]]
CONFIG: Options = {}
# Days are UTC's. DuckDB takes a run of the daemon for a prompt, and draws progress into its log.
SETTINGS = "set timezone = 'UTC'; set enable_progress_bar = false"
# Clients from 1.2 on can read it; a file with 2.0 defaults cannot be opened by 1.x. Only a new file
# is written so: what is published of one is its copy.
STORAGE_VERSION = "v1.2.0"
# Metadata taken over from the checkpoint before is what 1.2 and 1.3 may not find (decision 0173).
STORAGE: Options = {"storage_compatibility_version": STORAGE_VERSION}
STORAGE |= {"experimental_metadata_reuse": False}


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def scratch() -> Iterator[DuckDB]:
    """A database in memory, for parsing SQL and for writing files."""
    with duckdb.connect(config=CONFIG) as db, interruptible(db):
        db.execute(SETTINGS)
        yield db


@contextmanager
def opened_for_reading(path: Path) -> Iterator[DuckDB]:
    """A published file, read-only."""
    with duckdb.connect(path, read_only=True, config=CONFIG) as db, interruptible(db):
        db.execute(SETTINGS)
        yield db


class Warehouse:
    """The folder that holds everything the pipeline makes.

    Args:
        root: The folder; `raw/`, `build/`, `exports/` and `warehouse.duckdb` are made inside it.
    """

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.build = root / "build" / "build.duckdb"
        self.published = root / "warehouse.duckdb"
        self.exports = root / "exports"
        self.lock = root / "run.lock"
        self.raw = RawStore(root / "raw")

    @contextmanager
    def connect(self) -> Iterator[DuckDB]:
        """The build database, alone: waits a minute for another process to let go of it.

        One that is damaged is set aside, which is said in one line, and a new one opened: it is
        read again from raw. Damage that shows only later ends the step that met it.

        Raises:
            duckdb.IOException: another process still holds the file.
            BuildCorruptError: damage met while reading; the next to connect has a new database.
        """
        if (kept := _kept.get((os.getpid(), self.build))) is not None:
            try:
                with interruptible(kept):
                    yield kept
            except DuckDBError as error:
                if not is_damage(error):
                    raise
                kept.close()
                del _kept[os.getpid(), self.build]
                raise BuildCorruptError(self._set_aside(error)) from error
            return
        self.build.parent.mkdir(parents=True, exist_ok=True)
        for is_new in (False, True):
            usable = False
            try:
                with _opened(self.build) as db, interruptible(db):
                    _lay_out(db)
                    usable = True
                    yield db
                return
            except DuckDBError as error:
                if not is_damage(error):
                    raise
                said = self._set_aside(error)
                if usable or is_new:
                    raise BuildCorruptError(said) from error

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """One connection for whatever connects in the block: a tenth of a second saved each time.

        In one thread. After damage each opens its own again.
        """
        key = os.getpid(), self.build
        if key in _kept:
            yield
            return
        with self.connect() as db:
            _kept[key] = db
            try:
                yield
            finally:
                _kept.pop(key, None)

    def check(self) -> None:
        """Read the build database to the last block, so that damage shows before a run, not in it.

        Takes a third of a second for the whole of it; a damaged one is set aside.
        """
        try:
            with self.connect() as db:
                tables = db.execute(
                    "select format('{}.{}', schema_name, table_name) from duckdb_tables() "
                    "where database_name = current_database()"
                )
                for (table,) in tables.fetchall():
                    db.execute(f"select sum(hash(held)) from {table} as held").fetchall()
        except BuildCorruptError:
            return  # it is set aside, which is what was wanted

    def _set_aside(self, error: Exception) -> str:
        """Move the damaged file out of the way, in place of the one before; says so."""
        for earlier in self.build.parent.glob("build.damaged-*"):
            earlier.unlink()
        kept = self.build.with_name(f"build.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.duckdb")
        self.build.rename(kept)
        self.build.with_name(self.build.name + ".wal").unlink(missing_ok=True)
        why = str(error).splitlines()[0]
        said = f"{self.build} is damaged: set aside as {kept.name}, rebuilt from raw ({why})"
        sys.stderr.write(said + "\n")
        return said


def is_damage(error: BaseException) -> bool:
    """Whether DuckDB says that a database file is damaged, and not that it is held or not ours."""
    return isinstance(error, DuckDBError) and any(each in str(error) for each in DAMAGE)


def _lay_out(db: DuckDB) -> None:
    db.execute(SETTINGS)
    db.execute("create schema if not exists staging")
    db.execute("create schema if not exists meta")
    _heal(db)
    missing = OWN_TABLES.keys() - _tables(db)
    for table, (doc, columns) in OWN_TABLES.items():
        if table in missing:
            create(db, table, doc, columns)


# Connections that a run keeps open; by process, because a forked child has no business with them.
_kept: dict[tuple[int, Path], DuckDB] = {}


@contextmanager
def _opened(path: Path) -> Iterator[DuckDB]:
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            db = duckdb.connect(path, config={**CONFIG, **STORAGE})
            break
        except duckdb.IOException as error:
            if "lock" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    try:
        yield db
    finally:
        db.close()


def _heal(db: DuckDB) -> None:
    """Empty a build database whose tables other code laid out: it is read again from raw."""
    there: dict[str, list[str]] = {}
    for table, column in db.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() "
        "where database_name = current_database() and schema_name in ('staging', 'meta') "
        "order by column_index"
    ).fetchall():
        there.setdefault(table, []).append(column)
    expected = {table: columns for table, (_, columns) in OWN_TABLES.items()}
    expected |= {each.table: each.columns for each in declared()}
    if any(table in there and there[table] != list(expected[table]) for table in expected):
        with transaction(db):
            for schema in ("vintage", "known", "marts", "steps", "meta", "staging"):
                db.execute(f"drop schema if exists {schema} cascade")
            db.execute("create schema staging")
            db.execute("create schema meta")


@contextmanager
def transaction(db: DuckDB) -> Iterator[None]:
    """All or nothing: any exception rolls back."""
    db.execute("begin")
    try:
        yield
    except BaseException:
        with suppress(duckdb.ConnectionException):  # closed meanwhile, which rolls back as well
            db.execute("rollback")
        raise
    db.execute("commit")


def create(db: DuckDB, table: str, doc: str, columns: Sequence[str]) -> None:
    """Create a table of dictionary columns, with comments, unless it is there."""
    if exists(db, table):
        return
    db.execute(f"create table {table} ({', '.join(f'{c} {duckdb_type(c)}' for c in columns)})")
    comment(db, table, doc, columns)


def create_declared(db: DuckDB) -> None:
    """Create the staging tables that are not there yet, empty: looked for once, not one by one."""
    there = _tables(db)
    for terms in declared():
        if terms.table not in there:
            create(db, terms.table, terms.doc, terms.columns)


def exists(db: DuckDB, table: str) -> bool:
    """Whether the open database has a table of this name, schema included."""
    # Naming a table that is not there would be quicker, and would abort the open transaction.
    return table in _tables(db)


def _tables(db: DuckDB) -> set[str]:
    """Names of the open database's tables, schema included."""
    found = db.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = current_database()"
    )
    return {table for (table,) in found.fetchall()}


def columns_of(db: DuckDB, table: str) -> dict[str, str]:
    """Type by column, in order, of one table; a list of all tables' columns takes 16 ms to ask."""
    return {name: kind for name, kind, *_ in db.execute(f"describe {table}").fetchall()}


def comment(db: DuckDB, table: str, doc: str, columns: Sequence[str], kind: str = "table") -> None:
    """Put the dictionary's words on a table or view and its columns."""
    says = [f"comment on {kind} {table} is {quoted(doc)}"]
    says += [f"comment on column {table}.{name} is {quoted(described(name))}" for name in columns]
    db.execute("; ".join(says))


def described(name: str) -> str:
    """Meaning and unit of a column, as one comment."""
    column = COLUMNS[name]
    return f"{column.doc} [{column.unit}]" if column.unit else column.doc


def append(db: DuckDB, terms: Contract, frame: pl.DataFrame) -> int:
    """Add the rows whose key is new. Returns how many; never changes a row already there."""
    return sum(append_by(db, terms, frame.with_columns(group=pl.lit(0)), "group").values())


def append_by(db: DuckDB, terms: Contract, frame: pl.DataFrame, group: str) -> dict[int, int]:
    """As `append` of the columns of the contract; how many rows of each group were added."""
    create(db, terms.table, terms.doc, terms.columns)
    with registered(db, incoming=frame):
        db.execute(
            "create or replace temp table arriving as "
            f"from incoming anti join (from {terms.table} as held where {near(terms, frame)}) "
            f"as held on {same_key(terms)}"
        )
    db.execute(f"insert into {terms.table} by name select {', '.join(terms.columns)} from arriving")
    made = db.execute(f'select "{group}", count(*) from arriving group by all').fetchall()
    days = days_of(db, terms, "from arriving")
    db.execute("drop table arriving")
    if made:
        bump(db, terms.table, days)
    return dict(made)


@contextmanager
def registered(db: DuckDB, **frames: pl.DataFrame) -> Iterator[None]:
    """Frames that queries can name, for as long as the block lasts."""
    for name, frame in frames.items():
        db.register(name, frame)
    try:
        yield
    finally:
        for name in frames:
            db.unregister(name)


def insert(db: DuckDB, table: str, lines: Sequence[Mapping[str, object]]) -> None:
    """Add rows to one of the pipeline's own tables."""
    schema = {name: COLUMNS[name].dtype for name in OWN_TABLES[table][1]}
    with registered(db, lines=pl.DataFrame(lines, schema, orient="row")):
        db.execute(f"insert into {table} by name from lines")


def remove(
    db: DuckDB, terms: Contract, source: str, captured_at: Sequence[datetime] | None
) -> None:
    """Take back what captures (or a whole committed file) put in, before reading them again."""
    create(db, terms.table, terms.doc, terms.columns)
    for table in (terms.table, "staging.quarantine"):
        moments = "captured_at in (select unnest(?::timestamptz[]))"
        if captured_at:  # said twice, so that DuckDB passes over blocks of other times
            least, most = min(captured_at), max(captured_at)
            moments += f" and captured_at between timestamptz '{least}' and timestamptz '{most}'"
        where = f"source = ? and {'true' if captured_at is None else moments}"
        values = [source, *([] if captured_at is None else [list(captured_at)])]
        is_own = table == terms.table
        days = days_of(db, terms, f"from {table} where {where}", values) if is_own else None
        if db.execute(f"delete from {table} where {where}", values).fetchall()[0][0]:
            bump(db, table, days)


def days_of(db: DuckDB, terms: Contract, rows: str, values: Sequence[object] = ()) -> Days:
    """Days on which rows (`from … where …`) were observed; None where a contract has no such."""
    if "observed_at" not in terms.columns:
        return None
    return [day for (day,) in db.execute(f"select distinct {UTC_DAY} {rows}", values).fetchall()]


def bump(db: DuckDB, table: str, days: Days = None) -> None:
    """Note that a table changed, so that what reads it is rebuilt: these days of it, or any."""
    db.execute(
        "update meta.versions set version = version + 1, built_at = now() where table_name = ?",
        [table],
    )
    db.execute(
        "insert into meta.versions by name select ? as table_name, 1 as version, now() as built_at "
        "where not exists (from meta.versions where table_name = ?)",
        [table, table],
    )
    if days is not None:
        told = "select table_name, version, unnest(?::date[]) from meta.versions"
        db.execute(f"insert into meta.changed_days {told} where table_name = ?", [days, table])


def frame(db: DuckDB, query: str, **params: object) -> pl.DataFrame:
    """The rows of a query."""
    made = db.sql(query, params=params) if params else db.sql(query)
    rows: pl.DataFrame = made.pl()
    return rows


def read(db: DuckDB, terms: Contract) -> pl.DataFrame:
    """A whole staging table; empty with the contract's columns when nothing has landed."""
    create(db, terms.table, terms.doc, terms.columns)
    return frame(db, f"from {terms.table}")
