"""A model's DuckDB SQL as Spark reads it: sqlglot, and the rules that values showed to be needed.

Names are settled first (sqlglot's `qualify`, from the columns of the tables read): stars, USING,
GROUP BY ALL and UNION BY NAME are written out, and no engine has to guess what a name means. Each
rule below says what Spark or Sail answers without it; tests/build/test_spark.py has a value for
each (docs/decisions/0160).
"""

import re
from collections.abc import Iterable, Mapping
from itertools import count

import polars as pl
import sqlglot
from sqlglot import exp
from sqlglot.dialects import DuckDB
from sqlglot.optimizer.qualify import qualify

from pipeline.columns import COLUMNS

__all__ = ["Schema", "casts", "spark_sql", "spark_type", "typed"]

# Type by column, of each table, in DuckDB's words.
Schema = Mapping[str, Mapping[str, str]]
SPARK_TYPES: Mapping[pl.DataType, str] = {
    pl.String(): "string",
    pl.Int64(): "bigint",
    pl.Float64(): "double",
    pl.Boolean(): "boolean",
    pl.Date(): "date",
    pl.Datetime("us", "UTC"): "timestamp",
}


class DuckDBLists(DuckDB):  # type: ignore[misc]  # which sqlglot makes at run time
    """DuckDB's SQL with the indices of lists as they are written: sqlglot moves some of them."""

    INDEX_OFFSET = 0


MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def spark_type(column: str) -> str:
    """The Spark type of a dictionary column; KeyError for a name the dictionary does not have."""
    return SPARK_TYPES[COLUMNS[column].dtype]


def typed(query: str, columns: Iterable[str]) -> str:
    """A Spark query with its columns in this order, as the dictionary types them.

    What a table is written of: Spark counts days in `int` and keeps sums of decimals as decimals.
    """
    return f"select {', '.join(casts(columns))} from ({query})"


def casts(columns: Iterable[str]) -> list[str]:
    """Each column as the dictionary types it, in Spark's words."""
    return [f"cast(`{name}` as {spark_type(name)}) as `{name}`" for name in columns]


def spark_sql(query: str, schema: Schema, as_views: bool = False) -> str:
    """The same query in Spark's SQL, its rows in no order unless it has a limit.

    Args:
        query: One SELECT in DuckDB's SQL.
        schema: Of every table it reads.
        as_views: Read `steps__x` for `steps.x`: a view of one session has no schema.

    Raises:
        sqlglot.errors.SqlglotError: a query that sqlglot does not read, or cannot say in Spark.
    """
    nested: dict[str, object] = {}
    for table, columns in sorted(schema.items()):
        part, _, name = table.partition(".")
        own = nested.setdefault(part, {})
        assert isinstance(own, dict)
        own[name] = dict(columns)
    tree = sqlglot.parse_one(query, read=DuckDBLists)
    for call in list(tree.find_all(exp.Anonymous)):
        call.replace(_as_written(call))
    tree = qualify(tree, schema=nested, dialect=DuckDBLists, quote_identifiers=False)
    if not tree.args.get("limit"):
        tree.set("order", None)  # a table has none, and a cluster would sort it whole
    number = count(1)
    for union in reversed(list(tree.find_all(exp.Union))):  # one inside another first
        _by_place(union)
    for select in list(tree.find_all(exp.Select)):
        _group_by_names(select)
        _explode_beside(select, number)
        _meet_in_where(select)
        _cross_first(select)
    for select in list(tree.find_all(exp.Select)):
        _filter_outside(select, number)
    for node in reversed(list(tree.bfs())):  # what stands inside another first
        if (said := _said(node)) is not node:
            node.replace(said)
    for read in tree.find_all(exp.Table) if as_views else ():
        if read.db:
            read.set("this", exp.to_identifier(f"{read.db}__{read.name}"))
            read.set("db", None)
    return tree.sql(dialect="spark", comments=False, unsupported_level=sqlglot.ErrorLevel.RAISE)


def _as_written(node: exp.Anonymous) -> exp.Expr:
    """What DuckDB's printer calls by names of its own."""
    name, said = node.name.lower(), node.expressions
    if name == "count_star":
        return exp.Count(this=exp.Star())
    if name == "timezone":
        return exp.AtTimeZone(this=said[1], zone=said[0])
    if name == "to_months":
        return exp.Interval(this=said[0], unit=exp.var("MONTH"))
    return node


def _by_place(union: exp.Union) -> None:
    """UNION BY NAME, which Spark's SQL does not have: both sides with all columns, in one order."""
    if not union.args.get("by_name"):
        return
    union.set("by_name", None)
    names = list(dict.fromkeys([*union.left.named_selects, *union.right.named_selects]))
    for select in [*_leaves(union.left), *_leaves(union.right)]:
        own = {each.alias_or_name: each for each in select.selects}
        select.set("expressions", [own.get(name) or _nothing(name) for name in names])


def _nothing(name: str) -> exp.Expr:
    """NULL of the column's type: of none at all, both engines lose their way in a second union."""
    value = exp.cast(exp.null(), spark_type(name)) if name in COLUMNS else exp.null()
    return exp.alias_(value, name)


def _leaves(side: exp.Expr) -> list[exp.Select]:
    """The SELECTs that a side of a union is made of."""
    side = side.unnest()
    if isinstance(side, exp.Union):
        return [*_leaves(side.left), *_leaves(side.right)]
    return [side] if isinstance(side, exp.Select) else []


def _group_by_names(select: exp.Select) -> None:
    """GROUP BY ALL written out: Sail takes ALL for a column."""
    group = select.args.get("group")
    if group and group.args.get("all"):
        keys = [each.unalias() for each in select.selects if not each.find(exp.AggFunc)]
        select.set("group", exp.Group(expressions=[key.copy() for key in keys]) if keys else None)


def _explode_beside(select: exp.Select, number: "count[int]") -> None:
    """UNNEST in a projection becomes a LATERAL VIEW: Spark allows nothing around an EXPLODE."""
    for node in [found for each in select.selects for found in each.find_all(exp.Explode)]:
        name = f"_each_{next(number)}"
        node.replace(exp.column("item", table=name))
        alias = exp.TableAlias(this=exp.to_identifier(name), columns=[exp.to_identifier("item")])
        select.append("laterals", exp.Lateral(this=node, view=True, alias=alias))
        if not select.args.get("from_"):
            select.from_("(select 1 as one) as _one", copy=False)


def _meet_in_where(select: exp.Select) -> None:
    """Conditions of an inner join over three tables go to WHERE: Sail forgets them in ON."""
    joins = select.args.get("joins") or []
    if any(each.side in ("RIGHT", "FULL") for each in joins):
        return
    for join in joins:
        if join.side or join.kind in ("SEMI", "ANTI") or not join.args.get("on"):
            continue
        both = list(join.args["on"].flatten()) if isinstance(join.args["on"], exp.And) else []
        far = [each for each in both if len({c.table for c in each.find_all(exp.Column)}) > 2]
        if far:
            near = [each for each in both if each not in far]
            join.set("on", exp.and_(*near, copy=False) if near else None)
            select.where(*far, copy=False)


def _cross_first(select: exp.Select) -> None:
    """What is joined with every row comes first: Sail takes one batch for each row before it."""
    joins = select.args.get("joins") or []
    crossing = [each for each in joins if each.kind == "CROSS" and not each.find(exp.Unnest)]
    if not crossing or any(each.side in ("RIGHT", "FULL") for each in joins):
        return
    first = select.args["from_"]
    tables = [*(each.this for each in crossing), first.this]
    select.set("from_", exp.From(this=tables[0].copy()))
    ahead = [exp.Join(this=each.copy(), kind="CROSS") for each in tables[1:]]
    select.set("joins", [*ahead, *(each for each in joins if each not in crossing)])


def _filter_outside(select: exp.Select, number: "count[int]") -> None:
    """QUALIFY as a condition of its own name inside, and a WHERE outside.

    sqlglot takes the windows out one by one, calls each `_w`, and loses whose column it was.
    """
    if not (found := select.args.get("qualify")):
        return
    keep, names = f"_keep_{next(number)}", select.named_selects
    made = {each.alias: each.this for each in select.selects if isinstance(each, exp.Alias)}
    found.pop()
    condition = found.this.transform(
        lambda node: (
            made[node.name].copy()
            if isinstance(node, exp.Column) and not node.table and node.name in made
            else node
        )
    )
    inner = select.copy()
    for each in ("with_", "order", "limit", "distinct"):
        inner.set(each, None)
    inner.select(exp.alias_(condition, keep), copy=False)
    select.set("expressions", [exp.column(name) for name in names])
    for each in ("joins", "where", "group", "having", "windows", "laterals"):
        select.set(each, None)
    select.set("from_", exp.From(this=inner.subquery("_kept")))
    select.where(exp.column(keep), copy=False)


def _said(node: exp.Expr) -> exp.Expr:
    """One expression as Spark says it; what it holds has been said already."""
    match node:
        case exp.Literal(is_string=False, is_int=False):
            # A decimal in Spark, whose quotients keep six places: 76.92307 for 76.92307692307692.
            return exp.cast(node.copy(), "double")
        case exp.GroupConcat():
            return _joined(node)
        case exp.LogicalOr() if isinstance(node.parent, exp.Window):
            return exp.Max(this=node.this.copy())  # Sail has no BOOL_OR over moving frames
        case exp.PercentileCont() if node.expression:
            return exp.func("percentile", node.this.copy(), node.expression.copy())
        case exp.Split(expression=exp.Literal()):
            # By a regular expression there; Sail does not read the quotes \Q and \E of sqlglot's.
            parts = exp.Literal.string(re.escape(node.expression.name))
            return exp.Anonymous(this="split", expressions=[node.this.copy(), parts])
        case exp.Bracket():
            # Lists count from 1 and have nothing beyond their end; Spark's brackets count from 0.
            [at] = node.expressions
            return exp.func("try_element_at", node.this.copy(), exp.cast(at.copy(), "int"))
        case exp.DateDiff() if node.text("unit").upper() in MONTHS:
            return _months_between(node)
        case exp.Add() | exp.Sub():
            return _days_on(node)
    return node


def _joined(node: exp.GroupConcat) -> exp.Expr:
    """STRING_AGG of distinct values: a set, sorted and joined; Spark sorts no distinct list."""
    order, separator = node.this, node.args["separator"].copy()
    if not (isinstance(order, exp.Order) and isinstance(order.this, exp.Distinct)):
        return node
    [value] = order.this.expressions
    listed = exp.func("array_sort", exp.func("collect_set", value.copy()))
    joined = exp.func("array_join", listed, separator)
    return exp.Case().when(exp.Count(this=value.copy()) > 0, joined)


def _months_between(node: exp.DateDiff) -> exp.Expr:
    """Boundaries crossed, as DuckDB counts; sqlglot's MONTHS_BETWEEN counts whole months."""
    months = MONTHS[node.text("unit").upper()]
    counted = []
    for day in (node.this, node.expression):
        years = exp.func("year", day.copy()) * (12 // months)
        part = {1: "month", 3: "quarter"}.get(months)
        counted.append(exp.paren(years + exp.func(part, day.copy()) if part else years))
    return exp.paren(counted[0] - counted[1])


def _days_on(node: exp.Add | exp.Sub) -> exp.Expr:
    """A day and a number of months or days that a column says: Sail multiplies no intervals."""
    length = node.expression.unnest()
    number: exp.Expr | None = None
    if isinstance(length, exp.Mul):
        number, length = length.this.unnest(), length.expression.unnest()
        if isinstance(number, exp.Interval):
            number, length = length, number
    elif isinstance(length, exp.ToDays) or not isinstance(length.this, exp.Literal):
        number = exp.Literal.number(1)
    if number is None or not isinstance(length, (exp.Interval, exp.ToDays)):
        return node
    each = exp.Literal.number(length.name) if length.this.is_string else length.this.copy()
    number = exp.Mul(this=exp.paren(number.copy()), expression=exp.paren(each))
    if isinstance(node, exp.Sub):
        number = exp.Neg(this=exp.paren(number))
    by_days = isinstance(length, exp.ToDays) or length.text("unit").upper() == "DAY"
    function = "date_add" if by_days else "add_months"
    return exp.func(function, node.this.copy(), exp.cast(number, "int"))
