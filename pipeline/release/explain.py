"""Where a row comes from: its inputs, table by table, down to captures and filings; and made anew.

The lineage of tables is that of their SQL (`pipeline.build.lineage`). Rows are followed by the
columns two tables share, which mean the same wherever they stand (`pipeline.columns`): the rows
shown of a table are those with the same key, so they hold what a row rests on and may hold more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from pipeline.build.lineage import tables_read
from pipeline.build.model import Model, models
from pipeline.capture.raw import Capture, RawCorruptError, RawStore
from pipeline.contracts import declared
from pipeline.warehouse import DuckDB, DuckDBError, columns_of, quoted

__all__ = ["Explained", "Step", "UnknownRowError", "explain"]

ROWS = 5
CITED = (
    "source", "captured_at", "source_url", "source_urls", "accession", "accessions", "evidence",
)  # fmt: skip
MONEY = ("_usd", "_usd_per_gpu_hour")
DAYS = ("observed_on", "period_end_on", "balance_on", "quoted_on")
# What a reader checks by hand: a column of the row, and the same from other columns or inputs.
VOTES = (
    "(select median(votes.price_usd_per_gpu_hour) from steps.price_vote as votes "
    "where votes.accelerator = made.accelerator and votes.tier = made.tier "
    "and votes.market = made.market and votes.term_months = made.term_months "
    "and votes.basis = made.basis and votes.region_group = made.region_group "
    "and votes.observed_on = made.observed_on)"
)
FORMULAS: dict[str, dict[str, str]] = {
    "marts.gpu_price_daily": {"median_price_usd_per_gpu_hour": VOTES},
    "marts.neocloud_leverage": {
        "ebitda_usd": "operating_income_ltm_usd + depreciation_and_amortization_ltm_usd",
        "net_debt_usd": "total_debt_usd + coalesce(finance_lease_usd, 0) - cash_usd",
        "net_debt_to_ebitda_ratio": "net_debt_usd / ebitda_usd",
    },
    "marts.facility_coverage": {
        "ltv_contract_pct": "100 * principal_usd / depreciated_cost_usd",
        "ltv_market_pct": "100 * principal_usd / market_value_usd",
    },
}
# Where names alone do not lead: a condition on the table read, with columns of the row in braces.
# A table in which the condition finds nothing is not behind the row.
LINKS = {
    ("marts.gpu_price_daily", "marts.host_price_daily"): (
        "{tier} = 'marketplace' and accelerator = {accelerator} and market = {market} "
        "and term_months = {term_months} and basis = {basis} and observed_on = {last_seen_on}"
    ),
    ("marts.provider_price_daily", "staging.gpu_offers"): (
        "provider = {provider} and accelerator = {accelerator} and market = {market} "
        "and term_months = {term_months} and basis = {basis} "
        "and region is not distinct from {region} "
        "and cast(observed_at at time zone 'UTC' as date) = {last_seen_on}"
    ),
    ("steps.issuer_balance_day", "marts.issuer_quarter"): (
        "cik = {cik} and accounting_basis = {accounting_basis} and period_end_on <= {period_end_on}"
        " and period_end_on > {period_end_on} - interval 12 month"
    ),
    ("marts.issuer_quarter", "marts.issuer_figure"): (
        "cik = {cik} and accounting_basis = {accounting_basis} and metric = {metric} "
        "and accession in ({accession}, {subtracted_accession})"
    ),
    ("marts.issuer_figure", "steps.issuer_fact"): "cik = {cik} and accession = {accession}",
}


class UnknownRowError(ValueError):
    """There is no such table, column or row; the message names what comes nearest."""


@dataclass
class Step:
    """One table on the way down: its rows with the key, and of the leaves what they were read from.

    `rows` are at most five of `row_count`; without any, the table has no key in common with the
    row above: all of it applies, as with rules.
    """

    table: str
    read_by: str
    row_count: int
    rows: list[dict[str, Any]]
    origins: list[str] = field(default_factory=list)


@dataclass
class Explained:
    """A row, how it was made anew, and the tables it rests on in order from it to its sources."""

    table: str
    key: dict[str, Any]
    row: dict[str, Any]
    made_by: str
    recomputed: str
    by_hand: list[str]
    steps: list[Step]
    other_rows: int


def explain(db: DuckDB, raw: RawStore, table: str, key: Sequence[str]) -> Explained:
    """Follow one row of a step or mart to what it was read from.

    Args:
        db: The published file.
        raw: The raw store, to say whether the bytes of a capture are kept as they were received.
        table: With or without its schema.
        key: `column=value`, or values alone in the order of the table's key; of several rows that
            fit, the newest counts.

    Raises:
        UnknownRowError: as it says.
    """
    model = _model(table)
    wanted = _wanted(db, model, key)
    row, others = _row(db, model, wanted)
    own = {name: row[name] for name in model.grain}
    path = f"sql/{model.table.replace('.', '/')}"
    explained = Explained(
        table=model.table, key=own, row=row, other_rows=others,
        made_by=model.method or path, recomputed=_again(db, model, row),
        by_hand=[*_by_hand(db, model, own)], steps=[],
    )  # fmt: skip
    if model.table == "marts.claim_check":
        _ruled(db, row, explained)
    else:
        explained.steps = [*_walked(db, raw, model, [row])]
    return explained


def _model(table: str) -> Model:
    made = {each.table: each for each in models() if each.schema in ("steps", "marts")}
    bare = {each.name: each for each in made.values()}
    found = made.get(table) or bare.get(table)
    if found is None:
        near = get_close_matches(table, [*bare, *made], n=3)
        raise UnknownRowError(
            f"no step or mart {table!r}" + (f"; near: {', '.join(near)}" if near else "")
        )
    return found


def _wanted(db: DuckDB, model: Model, key: Sequence[str]) -> dict[str, str]:
    there = columns_of(db, model.table)
    free = iter(model.grain)
    wanted: dict[str, str] = {}
    for each in key:
        name, is_named, value = each.partition("=")
        if not is_named:
            name, value = next(free, ""), each
        if name not in there:
            near = get_close_matches(name, there, n=3) or model.grain
            raise UnknownRowError(f"{model.table} has no column {name!r}: {', '.join(near)}")
        wanted[name] = value
    return wanted


def _row(db: DuckDB, model: Model, wanted: Mapping[str, str]) -> tuple[dict[str, Any], int]:
    """The newest row that fits, and how many others do."""
    where: list[str] = []
    for name, value in wanted.items():
        condition = f"cast({name} as varchar) = {quoted(value)}"
        held = " and ".join([*where, condition])
        if not db.execute(f"select 1 from {model.table} where {held} limit 1").fetchall():
            before = f" where {' and '.join(where)}" if where else ""
            there = db.execute(
                f"select distinct cast({name} as varchar) from {model.table}{before} "
                "order by 1 desc nulls last limit 1000"
            ).fetchall()
            values = [str(value) for (value,) in there]
            near = get_close_matches(value, values, n=5, cutoff=0.4) or values[:5]
            raise UnknownRowError(
                f"no row of {model.table} with {name} = {value}; there is {', '.join(near)}"
            )
        where.append(condition)
    newest = [f"{name} desc nulls last" for name in DAYS if name in model.grain]
    order = ", ".join([*newest, *model.grain])
    found = _dicts(
        db,
        f"select * from {model.table} where {' and '.join(where) or 'true'} order by {order}",
        limit=2,
    )
    if not found:
        raise UnknownRowError(f"{model.table} has no rows")
    count = f"select count(*) from {model.table} where {' and '.join(where) or 'true'}"
    return found[0], int(db.execute(count).fetchall()[0][0]) - 1


def _dicts(db: DuckDB, query: str, *, limit: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = db.sql(f"from ({query}) limit {limit}").pl().to_dicts()
    return made


def _literal(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool() | int() | float():
            return str(value)
        case datetime():
            return f"timestamptz {quoted(value.isoformat())}"
        case date():
            return f"date {quoted(value.isoformat())}"
    return quoted(str(value))


def _same(row: Mapping[str, Any], names: Sequence[str]) -> str:
    return " and ".join(f"{name} is not distinct from {_literal(row[name])}" for name in names)


def _again(db: DuckDB, model: Model, row: dict[str, Any]) -> str:
    """The row by the table's own SQL over what the file holds, against the row as published."""
    if model.is_kept:
        return (
            "its rows stand once made: a method, or a month's end, makes no other from what is held"
        )
    if absent := sorted(each for each in model.reads if each.startswith("meta.")):
        return f"it reads {absent[0]}, which has moved on since"
    try:
        [again] = _dicts(db, f"from ({model.query}) where {_same(row, model.grain)}", limit=2)
    except DuckDBError as error:
        return f"could not be made again: {error}"
    except ValueError:
        return "the SQL of this checkout makes no such row: file and checkout are of two versions"
    odd = [name for name in row if not _near(row[name], again.get(name))]
    if odd:
        return f"made again, these differ: {', '.join(odd)}"
    return f"made again from its inputs: all {len(row)} columns are equal"


def _near(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1e-300)
    return one == other


def _by_hand(db: DuckDB, model: Model, key: Mapping[str, Any]) -> Iterator[str]:
    for name, formula in FORMULAS.get(model.table, {}).items():
        query = f"select {name}, {formula} from {model.table} as made where {_same(key, [*key])}"
        [(held, again)] = db.execute(query).fetchall()
        how = "the median of its votes" if formula is VOTES else formula
        if held is not None:
            yield f"{name} = {held:,.6g}; {how} = {'unknown' if again is None else f'{again:,.6g}'}"


def _walked(db: DuckDB, raw: RawStore, model: Model, rows: list[dict[str, Any]]) -> Iterator[Step]:
    """Every table upstream once, nearest first."""
    made = {each.table: each for each in models()}
    grains = {each.table: tuple(each.key) for each in declared()}
    grains |= {table: each.grain for table, each in made.items()}
    todo, seen = [(model, rows)], {model.table}
    while todo:
        reader, above = todo.pop(0)
        for table in sorted(reader.reads - seen):
            found = _step(db, reader, above, table, grains.get(table, ()))
            if found is None:
                continue
            seen.add(table)
            step, whole = found
            if table.startswith("staging."):
                step.origins = [*_origins(db, raw, whole)]
            elif table in made:
                todo.append((made[table], whole or above))
            yield step


def _step(
    db: DuckDB, reader: Model, rows: list[dict[str, Any]], table: str, grain: Sequence[str]
) -> tuple[Step, list[dict[str, Any]]] | None:
    """The rows of a table with the key of those that read it; None where none is behind them."""
    try:
        columns = columns_of(db, table)
    except DuckDBError:
        return None
    shown = [name for name in columns if name in grain or name in CITED or name.endswith(MONEY)]
    for where in _conditions(reader, rows, table, columns, grain):
        count = int(db.execute(f"select count(*) from {table} where {where}").fetchall()[0][0])
        if count:
            whole = _dicts(db, f"from {table} where {where}", limit=ROWS)
            found = [{name: row[name] for name in shown or row} for row in whole]
            return Step(table, reader.table, count, found), whole
    if (reader.table, table) in LINKS:
        return None
    count = int(db.execute(f"select count(*) from {table}").fetchall()[0][0])
    return Step(table, reader.table, count, []), []


def _conditions(
    reader: Model,
    rows: list[dict[str, Any]],
    table: str,
    columns: Mapping[str, str],
    grain: Sequence[str],
) -> Iterator[str]:
    """How its rows may be told, the narrowest way first."""
    if (link := LINKS.get((reader.table, table))) is not None:
        cells = [{name: _literal(value) for name, value in row.items()} for row in rows]
        yield " or ".join(f"({link.format_map(each)})" for each in cells)
        return
    known = [name for name in rows[0] if name in columns and rows[0][name] is not None]
    if key := [name for name in known if name in grain]:
        narrow = [name for name in known if name in reader.grain and name not in key]
        undated = [name for name in key if not name.endswith("_on")]
        for names in ([*key, *narrow], key, undated):
            if names:
                yield " or ".join(f"({_same(row, names)})" for row in rows)


def _origins(db: DuckDB, raw: RawStore, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What staging rows were read from, in words: a capture and its bytes, or a committed file."""
    read = ((str(row.get("source")), row.get("captured_at")) for row in rows)
    for source, captured_at in dict.fromkeys(read):
        kept = db.execute(
            "select part, file_name, captured_at, sha256, source_url from meta.captures "
            "where source = ? and captured_at = ?",
            [source, captured_at],
        ).fetchall()
        for part, name, at, sha256, url in kept:
            try:
                raw.body(Capture(source, part, url, at, sha256))
                state = "kept as received, its hash is equal"
            except (RawCorruptError, OSError):
                state = "not on this machine"
            yield f"capture {source}/{part}/{name}, SHA-256 {sha256[:12]}, {state}"
        if not kept:
            yield f"committed: source {source}, in warehouse/reference"


def _ruled(db: DuckDB, row: dict[str, Any], explained: Explained) -> None:
    """A claim is measured by its rule, a SELECT that runs as it stands."""
    rule = str(row["rule"])
    again = _dicts(db, rule.strip().rstrip(";"), limit=2)
    held, measured = row["measured_value"], again[0]["measured_value"] if again else None
    explained.by_hand.append(f"its rule measures {measured}; published is {held}")
    made = {each.table: each for each in models()}
    for table in sorted(tables_read(rule)):
        count = int(db.execute(f"select count(*) from {table}").fetchall()[0][0])
        explained.steps.append(Step(table, "the rule", count, []))
        if table in made and made[table].schema == "marts":
            reads = ", ".join(sorted(made[table].reads))
            explained.steps[-1].origins.append(f"made from {reads}")
    explained.by_hand += [f"it rests on {url}" for url in str(row["source_urls"] or "").split()]
