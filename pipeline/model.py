"""What a SQL model is: one SELECT with a header, its lineage, and build-audit-commit.

The file path is the table name: `sql/marts/prices/gpu_price_daily.sql` makes
`marts.gpu_price_daily`. The header's first lines say what it is and why; `-- grain:` names the key.
Dependencies are read from the FROM clauses by DuckDB's own parser.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import polars as pl

from pipeline import warehouse as wh
from pipeline.columns import is_documented
from pipeline.warehouse import DuckDB, scratch

__all__ = ["Check", "Model", "ModelError", "checks", "in_order", "models", "rebuild"]

SQL = Path(__file__).resolve().parents[1] / "sql"


class ModelError(ValueError):
    """A model that breaks its grain, the dictionary or an audit: the last good table stays."""


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
    """One derived table: where it is made, what it means, what it reads."""

    table: str
    group: str
    doc: str
    grain: tuple[str, ...]
    query: str
    reads: frozenset[str]

    @property
    def name(self) -> str:
        return self.table.partition(".")[2]

    @property
    def schema(self) -> str:
        return self.table.partition(".")[0]


def parsed(query: str) -> dict[str, object]:
    """The query as DuckDB's own parser sees it. Raises ModelError unless it is one SELECT."""
    with scratch() as db:
        tree = json.loads(db.execute("select json_serialize_sql(?)", [query]).fetchall()[0][0])
    if tree["error"]:
        raise ModelError(tree["error_message"])
    if len(tree["statements"]) != 1:
        raise ModelError("a model is one SELECT")
    return dict(tree)


def tables_in(tree: object) -> Iterator[dict[str, object]]:
    """Nodes that name a table: qualified names are tables, bare ones are CTEs."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE" and node["schema_name"]:
                yield node
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)


def tables_read(query: str) -> frozenset[str]:
    """Schema-qualified tables a query reads."""
    return frozenset(f"{n['schema_name']}.{n['table_name']}" for n in tables_in(parsed(query)))


REWOUND = {"staging": "known", "marts": "vintage"}


def rewound(query: str) -> str:
    """The same query over what was known at `as_of`, printed back from its parse tree.

    Raises:
        ModelError: a table outside `staging` and `marts`, which has no past.
    """
    tree = parsed(query)
    for node in tables_in(tree["statements"]):
        schema = str(node["schema_name"])
        if schema not in REWOUND:
            raise ModelError(f"{schema}.{node['table_name']} has no vintage")
        node["schema_name"] = REWOUND[schema]
        path = node.get("qualified_name")
        if isinstance(path, dict):  # DuckDB 2.0 prints back from this second copy of the name
            path["path"] = [node["schema_name"], node["table_name"]]
    with scratch() as db:
        text = db.execute("select json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()[0][0]
    return str(text)


def _header(text: str) -> tuple[str, dict[str, str]]:
    """The leading comment lines: prose, and `key: value` lines such as `grain: a, b`."""
    prose: list[str] = []
    settings: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        words = line.removeprefix("--").strip()
        key, colon, value = words.partition(":")
        if colon and key in ("grain", "severity"):
            settings[key] = value.strip()
        else:
            prose.append(words)
    return " ".join(prose).strip(), settings


@cache
def models() -> tuple[Model, ...]:
    """Every file in sql/marts/** and sql/meta/, in building order.

    Raises:
        ModelError: a file without a header or grain, or one that reads a table nobody makes.
    """
    found: dict[str, Model] = {}
    for path in sorted(SQL.glob("m*/**/*.sql")):
        inside = path.relative_to(SQL).parts
        table = f"{inside[0]}.{path.stem}"
        query = path.read_text(encoding="utf-8")
        doc, settings = _header(query)
        if not doc or "grain" not in settings:
            raise ModelError(f"{path.name}: the header must say what it is and its grain")
        if table in found:
            raise ModelError(f"{table} is made twice")
        grain = tuple(each.strip() for each in settings["grain"].split(","))
        group = inside[1] if len(inside) > 2 else inside[0]
        found[table] = Model(table, group, doc, grain, query, tables_read(query))
    return tuple(in_order(found))


def in_order(found: Mapping[str, Model]) -> list[Model]:
    """Models so that each comes after what it reads."""
    graph = {name: each.reads & found.keys() for name, each in sorted(found.items())}
    return [found[name] for name in TopologicalSorter(graph).static_order()]


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
    """What a rebuild came to: rows, whether anything had to be done, and check results."""

    rows: int
    rebuilt: bool
    broken: Mapping[str, pl.DataFrame]


def text_version(model: Model) -> str:
    """Hash of the SQL text: the UI shows which tables are older than their code."""
    return hashlib.sha256(model.query.encode()).hexdigest()[:12]


def fingerprint(db: DuckDB, model: Model) -> str:
    """Hash of the model's SQL, its checks and the state of what it reads."""
    versions = dict(db.execute("select table_name, version from meta.versions").fetchall())
    state = [f"{name}={versions.get(name, 0)}" for name in sorted(model.reads)]
    audits = [each.query for each in checks() if each.table == model.table]
    return hashlib.sha256("\n".join([model.query, *audits, *state]).encode()).hexdigest()


def rebuild(db: DuckDB, model: Model, audits: Iterable[Check] | None = None) -> Built:
    """Replace the table, unless the new one breaks a promise: then the old one stays.

    Nothing is done where neither the SQL nor anything it reads has changed.

    Raises:
        ModelError: a column outside the dictionary, more than one row per grain, or rows that a
            blocking check returns.
    """
    own = [each for each in checks() if each.table == model.table] if audits is None else audits
    mark = fingerprint(db, model)
    before = db.execute(
        "select fingerprint from meta.versions where table_name = ?", [model.table]
    ).fetchall()
    unchanged = before == [(mark,)] and model.schema != "meta"
    with wh.transaction(db):
        if not unchanged:
            db.execute(f"create schema if not exists {model.schema}")
            db.execute(f"create or replace table {model.table} as {model.query}")
            _keep_promises(db, model)
        broken = {each.promise: db.sql(each.query).pl() for each in own}
        for each in own:
            rows = broken[each.promise]
            if each.blocks and not rows.is_empty():
                raise ModelError(f"{model.table} breaks {each.promise}: {rows.head(3).to_dicts()}")
        if not unchanged:
            wh.bump(db, model.table)
            db.execute(
                "update meta.versions set fingerprint = ? where table_name = ?",
                [mark, model.table],
            )
    count = db.execute(f"select count(*) from {model.table}").fetchall()[0][0]
    return Built(count, not unchanged, broken)


def _keep_promises(db: DuckDB, model: Model) -> None:
    made = db.execute(
        "select column_name, data_type from duckdb_columns() "
        "where schema_name = ? and table_name = ? and database_name = current_database()",
        [model.schema, model.name],
    ).fetchall()
    strays = {name: dtype for name, dtype in made if not is_documented(name, dtype)}
    if strays:
        raise ModelError(f"{model.table}: pipeline/columns does not have {strays}")
    keys = ", ".join(model.grain)
    repeats = db.sql(f"select {keys} from {model.table} group by all having count(*) > 1").pl()
    if not repeats.is_empty():
        raise ModelError(f"{model.table}: more than one row per {keys}: {repeats.head(3)}")
    wh.comment(db, model.table, model.doc, [name for name, _ in made])
