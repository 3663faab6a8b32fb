"""What a model is: one SELECT with a header, its lineage, and build-audit-commit.

The file path is the table name: `sql/marts/prices/gpu_price_daily.sql` makes
`marts.gpu_price_daily`. `sql/steps/` holds what several models read and nobody exports. The
header's first lines say what it is and why; `-- grain:` names the key. Dependencies are read from
the FROM clauses by DuckDB's own parser. Where SQL cannot say the rest, `-- method:` names the
function that makes the table (pipeline/build/python_model.py).
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline import warehouse as wh
from pipeline.build import days as by_days
from pipeline.build.days import ByDay, Inputs
from pipeline.build.lineage import ModelError, rewound, tables_read
from pipeline.build.parts import composed, parts_named
from pipeline.build.python_model import asked_at_month_ends, method_code, method_named, this_month
from pipeline.columns import is_documented
from pipeline.contracts import declared
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.warehouse import DuckDB

if TYPE_CHECKING:
    from pipeline.build.engine import Spark

__all__ = [
    "Check", "Model", "ModelError", "checks", "create", "due", "growing", "in_order", "models",
    "rebuild", "rewound", "tables_read", "upstream",
]  # fmt: skip

SQL = Path(__file__).resolve().parents[2] / "sql"
LAYERS = ("steps", "marts", "meta")
BUILD_ERRORS = (ModelError, wh.DuckDBError)
Rows = pl.DataFrame


@dataclass(frozen=True)
class Check:
    """A query that returns the rows that break a promise about one table.

    `blocks` is False where the header says `-- severity: warn`: the rows are shown, not refused.
    """

    table: str
    promise: str
    doc: str
    query: str
    blocks: bool

    @property
    def name(self) -> str:
        return self.promise


@dataclass(frozen=True)
class Model:
    """One derived table: where it is made, what it means, what it reads.

    The query makes the table; where there are `lookback_days`, of what it answers at each month's
    end over the observations of so many days; where there is a `method`, that, of its answer.
    `by_day` is how days can be made by themselves, where they can.
    """

    table: str
    group: str
    doc: str
    grain: tuple[str, ...]
    query: str
    reads: frozenset[str]
    method: str | None = None
    lookback_days: int = 0
    parts: Mapping[str, Path] = field(default_factory=dict)
    by_day: ByDay | None = None

    @property
    def name(self) -> str:
        return self.table.partition(".")[2]

    @property
    def schema(self) -> str:
        return self.table.partition(".")[0]

    @property
    def is_kept(self) -> bool:
        """Whether rows are never restated, so that the past is the rows that were there (0010)."""
        return self.method is not None or bool(self.lookback_days)

    @property
    def code(self) -> str:
        """All the text that decides the rows."""
        return self.query + (method_code(self.method) if self.method else "")


def _header(text: str) -> tuple[str, dict[str, str]]:
    """The leading comment lines: prose, and `key: value` lines such as `grain: a, b`."""
    prose: list[str] = []
    settings: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        words = line.removeprefix("--").strip()
        key, colon, value = words.partition(":")
        if colon and key in ("grain", "severity", "method", "lookback_days", "by day"):
            settings[key] = value.strip()
        else:
            prose.append(words)
    return " ".join(prose).strip(), settings


@cache
def models() -> tuple[Model, ...]:
    """Every file in sql/steps/**, sql/marts/** and sql/meta/, in building order.

    Raises:
        ModelError: a file without a header or grain, or a step or mart whose name another one has.
    """
    found: dict[str, Model] = {}
    named: dict[str, str] = {}
    for path in sorted(file for layer in LAYERS for file in (SQL / layer).rglob("*.sql")):
        inside = path.relative_to(SQL).parts
        table = f"{inside[0]}.{path.stem}"
        text = path.read_text(encoding="utf-8")
        query = composed(text)
        doc, settings = _header(text)
        if not doc or "grain" not in settings:
            raise ModelError(f"{path.name}: the header must say what it is and its grain")
        if path.stem in named:
            raise ModelError(f"{table} has the name of {named[path.stem]}")
        named[path.stem] = table
        grain = tuple(each.strip() for each in settings["grain"].split(","))
        group = inside[1] if len(inside) > 2 else inside[0]
        method, lookback_days = settings.get("method"), int(settings.get("lookback_days", 0))
        if method is not None and lookback_days:
            raise ModelError(
                f"{path.name}: a method is not asked at month ends, a step it reads is"
            )
        reads, by_day = tables_read(query), None
        if "by day" in settings:
            by_day = ByDay.said(settings["by day"])
            lasting = not any(each.startswith("meta.") for each in reads)
            if method or lookback_days or by_day.column not in grain or not lasting:
                raise ModelError(f"{path.name}: no table whose days can be made by themselves")
        found[table] = Model(
            table, group, doc, grain, query, reads, method, lookback_days, parts_named(text), by_day
        )
    return tuple(in_order(found))


def _inputs(model: Model) -> Inputs:
    """What a model reads, and the days of those that have some."""
    dated = {each.table: each.by_day.column for each in models() if each.by_day}
    dated |= {each.table: "observed_at" for each in declared() if "observed_at" in each.columns}
    return Inputs(model.reads, {name: dated[name] for name in model.reads & dated.keys()})


def in_order(found: Mapping[str, Model]) -> list[Model]:
    """Models so that each comes after what it reads; the same order in every process."""
    graph = {name: sorted(each.reads & found.keys()) for name, each in sorted(found.items())}
    return [found[name] for name in TopologicalSorter(graph).static_order()]


@cache
def growing() -> frozenset[str]:
    """Tables that grow with every offer: made by day, of offers or of one another."""
    found: set[str] = set()
    for each in models():
        if each.by_day and each.reads & {GPU_OFFERS.table, *found}:
            found.add(each.table)
    return frozenset(found)


def upstream(tables: Iterable[str]) -> frozenset[str]:
    """The tables, and every step and mart they rest on."""
    reads = {each.table: each.reads for each in models()}
    wanted = set(tables)
    todo = list(wanted)
    while todo:
        more = (reads[todo.pop()] & reads.keys()) - wanted
        wanted |= more
        todo += more
    return frozenset(wanted)


@cache
def checks() -> tuple[Check, ...]:
    """Every file in sql/checks/, named `<schema>.<table>__<promise>.sql`."""
    made: list[Check] = []
    for path in sorted((SQL / "checks").glob("*.sql")):
        table, dunder, promise = path.stem.partition("__")
        query = path.read_text(encoding="utf-8")
        doc, settings = _header(query)
        if not dunder or not doc:
            raise ModelError(f"{path.name}: a check is named <table>__<promise> and says why")
        severity = settings.get("severity", "error")
        made.append(Check(table, promise, doc, query, blocks=severity != "warn"))
    return tuple(made)


@dataclass(frozen=True)
class Built:
    """What a rebuild came to: rows, whether anything had to be done, and check results.

    `days` are those whose rows changed, where the table was not made whole.
    """

    rows: int
    rebuilt: bool
    broken: Mapping[str, pl.DataFrame]
    days: list[date] | None = None


def text_version(model: Model) -> str:
    """Hash of the text: the UI shows which tables are older than their code."""
    return hashlib.sha256(model.code.encode()).hexdigest()[:12]


def fingerprint(db: DuckDB, model: Model, versions: Mapping[str, int] | None = None) -> str:
    """Hash of the model's text, its checks and the state of what it reads."""
    if versions is None:
        versions = dict(db.execute("select table_name, version from meta.versions").fetchall())
    state = [f"{name}={versions.get(name, 0)}" for name in sorted(model.reads)]
    audits = [each.query for each in checks() if each.table == model.table]
    # A month that ends adds rows where month ends are asked.
    month = [str(this_month(db))] if model.lookback_days else []
    return hashlib.sha256("\n".join([model.code, *audits, *state, *month]).encode()).hexdigest()


ATTEMPTS = "meta.attempts"


def due(db: DuckDB) -> frozenset[str]:
    """Tables that a build would make anew: their code, or something they rest on, has changed.

    What is told of attempts (`meta.source_status`) is due when it says something else than when
    each source was last asked. Checks read what their table rests on, so those of other tables
    would find what they found.
    """
    held = db.execute("select table_name, version, fingerprint from meta.versions").fetchall()
    versions = {table: version for table, version, _ in held}
    marks = {table: mark for table, _, mark in held}
    found: set[str] = set()
    for model in models():
        changed = model.reads & found or fingerprint(db, model, versions) != marks.get(model.table)
        if changed or (ATTEMPTS in model.reads and not _says_the_same(db, model)):
            found.add(model.table)
    return frozenset(found)


def _says_the_same(db: DuckDB, model: Model) -> bool:
    asked = f"select * exclude (attempted_at) from ({model.query})"
    told = f"select * exclude (attempted_at) from {model.table}"
    differing = f"({asked} except {told}) union all ({told} except {asked})"
    return not db.execute(f"select count(*) from ({differing})").fetchall()[0][0]


def create(db: DuckDB, model: Model) -> bool:
    """Make the table, in place of the one there is; the caller holds the transaction.

    Returns:
        Whether it may have changed: answers of month ends are kept where nothing new bears on them.
    """
    if model.lookback_days:
        derived = {each.table: each.query for each in models() if not each.is_kept}
        kept = {each.table for each in models() if each.is_kept}
        return asked_at_month_ends(db, model.table, model.query, derived, model.lookback_days, kept)
    asked = (model.table, model.query)
    if model.by_day and by_days.made_in_batches(db, *asked, model.by_day, _inputs(model)):
        return True
    if model.method is None:
        db.execute(f"create or replace table {model.table} as {model.query}")
        return True
    answers = db.sql(model.query).pl()
    try:
        made = method_named(model.method)(answers)
    except (ArithmeticError, LookupError, ValueError, pl.exceptions.PolarsError) as error:
        raise ModelError(f"{model.table}: {model.method}: {error}") from error
    db.register("method_rows", made)
    try:
        db.execute(f"create or replace table {model.table} as from method_rows")
    finally:
        db.unregister("method_rows")
    return True


def rebuild(db: DuckDB, model: Model, audits: Iterable[Check] | None = None) -> Built:
    """Replace the table, unless the new one breaks a promise: then the old one stays.

    Nothing is done where neither the code nor anything it reads has changed, and only the days that
    changed where the model's header says how (pipeline/build/days.py).

    Raises:
        ModelError: a column outside the dictionary, more than one row per grain, or rows that a
            blocking check returns.
    """
    own = [each for each in checks() if each.table == model.table] if audits is None else audits
    mark = fingerprint(db, model)
    before = db.execute(
        "select fingerprint, code_version from meta.versions where table_name = ?", [model.table]
    ).fetchall()
    unchanged = [each for each, _ in before] == [mark] and model.schema != "meta"
    days: list[date] | None = [] if unchanged else None
    elsewhere = None if unchanged else _elsewhere(model)
    folder: str | None = None
    with wh.transaction(db):
        changed = False
        if not unchanged:
            if (
                not elsewhere
                and model.by_day
                and [code for _, code in before] == [text_version(model)]
            ):
                asked = (model.query, model.grain, model.by_day, _inputs(model))
                days = by_days.made_again(db, model.table, *asked)
            if days is None:
                db.execute(f"create schema if not exists {model.schema}")
                held = _content(db, model.table)
                if elsewhere and model.by_day:
                    asked_of = (model.query, model.reads, model.by_day.column)
                    folder = elsewhere.make(db, model.table, *asked_of)
                    changed = True
                else:
                    changed = create(db, model)
                _keep_promises(db, model)
                # What says what it said makes nothing due that reads it, and no file.
                changed = changed and (not before or held != _content(db, model.table))
            else:
                changed = bool(days)
        broken = {each.promise: db.sql(each.query).pl() for each in own}
        for each in own:
            rows = broken[each.promise]
            if each.blocks and not rows.is_empty():
                raise ModelError(f"{model.table} breaks {each.promise}: {rows.head(3).to_dicts()}")
        if not unchanged:
            if changed:
                wh.bump(db, model.table, days)
            if model.by_day:
                by_days.note_inputs(db, model.table, _inputs(model))
            db.execute(
                "update meta.versions set fingerprint = ?, code_version = ? where table_name = ?",
                [mark, text_version(model), model.table],
            )
        if elsewhere and folder:
            elsewhere.passed(db, model.table, folder)
    count = db.execute(f"select count(*) from {model.table}").fetchall()[0][0]
    return Built(count, changed, broken, days)


def _elsewhere(model: Model) -> "Spark | None":
    """The engine that makes the table, where that is not DuckDB: of tables that grow with offers.

    Raises ModelError where ENGINE names one that is not known or lacks its server or store.
    """
    if os.environ.get("ENGINE", "duckdb") == "duckdb" or model.table not in growing():
        return None
    from pipeline.build.engine import chosen  # what reads Parquet takes a while to load

    return chosen()


def _content(db: DuckDB, table: str) -> tuple[object, ...] | None:
    """Columns, number of rows and their hash, in no order; None of a table that is not there."""
    if not wh.exists(db, table):
        return None
    said = f"select count(*), sum(hash(each_row)) from {table} as each_row"
    return (wh.columns_of(db, table), *db.execute(said).fetchall())


def _keep_promises(db: DuckDB, model: Model) -> None:
    made = wh.columns_of(db, model.table)
    strays = {name: dtype for name, dtype in made.items() if not is_documented(name, dtype)}
    if strays:
        raise ModelError(f"{model.table}: pipeline/columns does not have {strays}")
    keys = ", ".join(model.grain)
    repeats = db.sql(f"select {keys} from {model.table} group by all having count(*) > 1").pl()
    if not repeats.is_empty():
        for part in repeats[:, 0].to_list():
            if part in model.parts:
                where = "/".join(model.parts[part].parts[-4:])
                raise ModelError(f"{where}:1: the rule of {part} returns more than one row")
        raise ModelError(f"{model.table}: more than one row per {keys}: {repeats.head(3)}")
    wh.comment(db, model.table, model.doc, [*made])
