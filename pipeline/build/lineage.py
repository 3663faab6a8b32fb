"""What a query reads, and the same query over the past, by DuckDB's own parser."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, cast

import duckdb

from pipeline.remembered import remembered
from pipeline.warehouse import DuckDB

__all__ = ["ModelError", "hoisted", "parsed", "printed", "rewound", "rewound_once", "tables_read"]


class ModelError(ValueError):
    """A model that breaks its grain, the dictionary or an audit: the last good table stays."""


@cache
def _parser() -> DuckDB:
    return duckdb.connect()


def duckdb_version() -> str:
    """Of the parser, whose answers are remembered."""
    return duckdb.__version__


def _asked(function: str, text: str) -> str:
    """What one of DuckDB's functions on SQL texts answers; a cursor of its own for each thread."""
    with _parser().cursor() as db:
        return str(db.execute(f"select {function}(?)", [text]).fetchall()[0][0])


@cache
def _serialized(query: str) -> str:
    return _asked("json_serialize_sql", query)


def parsed(query: str) -> dict[str, object]:
    """The query as DuckDB's own parser sees it. Raises ModelError unless it is one SELECT."""
    tree = json.loads(_serialized(query))
    if tree["error"]:
        raise ModelError(tree["error_message"])
    if len(tree["statements"]) != 1:
        raise ModelError("a model is one SELECT")
    return dict(tree)


def tables_in(tree: object) -> Iterator[dict[str, Any]]:
    """Nodes that name a table: qualified names are tables, bare ones are CTEs."""
    return (node for node in _named(tree) if node["schema_name"])


def _named(tree: object) -> Iterator[dict[str, Any]]:
    """Nodes that name a table or a CTE."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                yield node
            todo += [each for each in node.values() if isinstance(each, dict | list)]
        elif isinstance(node, list):
            todo += [each for each in node if isinstance(each, dict | list)]


@cache
def tables_named(query: str) -> tuple[str, ...]:
    """Schema-qualified tables a query reads, as often as it names them."""
    return tuple(_tables_named(query))


@remembered("tables_named", duckdb.__version__)
def _tables_named(query: str) -> list[str]:
    nodes = tables_in(parsed(query))
    return [f"{node['schema_name']}.{node['table_name']}" for node in nodes]


def tables_read(query: str) -> frozenset[str]:
    """Schema-qualified tables a query reads."""
    return frozenset(tables_named(query))


# Steps and marts share a past: no name is in both (pipeline/build/model.py).
REWOUND = {"staging": "known", "steps": "vintage", "marts": "vintage"}
Pairs = tuple[tuple[str, str], ...]


def rewound(
    query: str,
    schemas: Mapping[str, str] = REWOUND,
    shared: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The same query over what was known at `as_of`, printed back from its parse tree.

    Args:
        query: One SELECT.
        schemas: Which schema holds the past of which.
        shared: Tables whose past stands in a CTE of this name around the query.

    Raises:
        ModelError: a table outside `staging`, `steps` and `marts`, which has no past.
    """
    return _rewound(query, tuple(schemas.items()), tuple(shared.items()))


@cache
def _rewound(query: str, in_schemas: Pairs, in_ctes: Pairs) -> str:
    tree = _past_of(query, dict(in_schemas), dict(in_ctes))
    return _asked("json_deserialize_sql", json.dumps(tree))


def _past_of(
    query: str, schemas: Mapping[str, str], shared: Mapping[str, str]
) -> dict[str, object]:
    """The parse tree of what `rewound` prints, of the caller's own."""
    tree = parsed(query)
    for node in tables_in(tree["statements"]):
        schema = str(node["schema_name"])
        if schema not in schemas:
            raise ModelError(f"{schema}.{node['table_name']} has no vintage")
        if (cte := shared.get(f"{schema}.{node['table_name']}")) is not None:
            node["alias"] = node["alias"] or node["table_name"]
            node["schema_name"], node["table_name"] = "", cte
        else:
            node["schema_name"] = schemas[schema]
        path = node.get("qualified_name")
        if isinstance(path, dict):  # DuckDB 2.0 prints back from this second copy of the name
            path["path"] = [name for name in (node["schema_name"], node["table_name"]) if name]
    return tree


def rewound_once(table: str, queries: Mapping[str, str]) -> str:
    """As `rewound`, with every step and mart the table rests on worked out once.

    A view over views is expanded at every mention: a table that reads another by several ways would
    work it out as many times over, and what that one reads more often still (the vintage of
    facility_reverse_stress took 200 s against 3). Where ways meet, what lies upstream therefore
    stands in materialized CTEs, in building order. All CTEs stand in one list: DuckDB 1.4.0 and
    1.4.1 do not find those of a query inside another's (21 of 62 views failed there).

    Args:
        table: The step or mart, with its schema.
        queries: The query of each step and mart that is one; others are left as views.

    Raises:
        ModelError: a table outside `staging`, `steps` and `marts`, which has no past.
    """
    return _rewound_once(table, frozenset(queries.items()))


@cache
def _rewound_once(table: str, texts: frozenset[tuple[str, str]]) -> str:
    queries = dict(texts)
    upstream: list[str] = []
    mentions = 0

    def visit(name: str) -> None:
        nonlocal mentions
        for each in sorted(tables_named(queries[name])):
            if each not in queries:
                continue
            mentions += 1
            if each not in upstream:
                visit(each)
                upstream.append(each)

    visit(table)
    if mentions == len(upstream):
        return rewound(queries[table])
    shared = frozenset(queries)
    own, node = _parts(queries[table], "asked", shared)
    asked = printed({**node, "cte_map": {"map": own}})
    pasts = [_pasts_text(queries[each], _past(each), shared) for each in upstream]
    recursive = any(each.startswith(RECURSIVE) for each in [asked, *pasts])
    ctes = ", ".join(_after_with(each) for each in pasts)
    return f"{RECURSIVE if recursive else WITH}{ctes}{', ' if own else ' '}{_after_with(asked)}"


# How DuckDB prints a query with CTEs, and the least query it can print them before.
WITH, RECURSIVE, LEAST = "WITH ", "WITH RECURSIVE ", "SELECT 1"


@cache
def _pasts_text(query: str, name: str, shared: frozenset[str]) -> str:
    """The CTEs of a rewound query and itself as one more: printed once for all who rest on it."""
    own, node = _parts(query, name, shared)
    [statement] = cast("list[Any]", parsed(LEAST)["statements"])
    ctes = {"cte_map": {"map": [*own, _cte(name, node)]}}
    return printed({**statement["node"], **ctes}).removesuffix(f" {LEAST}")


def _after_with(text: str) -> str:
    return text.removeprefix(RECURSIVE).removeprefix(WITH)


def printed(node: Mapping[str, Any]) -> str:
    """The text of a parsed SELECT."""
    tree = {**parsed("select 1"), "statements": [{"node": node, "named_param_map": []}]}
    return _asked("json_deserialize_sql", json.dumps(tree))


def _past(table: str) -> str:
    return f"past_{table.rpartition('.')[2]}"


def _cte(name: str, node: object) -> dict[str, object]:
    return {
        "key": name,
        "value": {
            "aliases": [],
            "materialized": "CTE_MATERIALIZE_ALWAYS",
            "key_targets": [],
            "payload_aggregates": [],
            "query_node": node,
        },
    }


@cache
def _parts(
    query: str, prefix: str, shared: frozenset[str]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The CTEs of a rewound query, their names led by a prefix, and what is left without them."""
    ctes = {each: _past(each) for each in tables_read(query) & shared}
    return _hoisted(_past_of(query, REWOUND, ctes), prefix)


def hoisted(query: str, prefix: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The CTEs of a query, their names led by a prefix, and what is left without them."""
    return _hoisted(parsed(query), prefix)


def _hoisted(
    tree: Mapping[str, object], prefix: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    [statement] = cast("list[Any]", tree["statements"])
    node = statement["node"]
    own = {each["key"]: f"{prefix}_{each['key']}" for each in node["cte_map"]["map"]}
    for each in _named(node):
        name = str(each["table_name"])
        if not each["schema_name"] and name in own:
            # Its columns are still called by the old name.
            each["alias"] = each["alias"] or name
            each["table_name"] = own[name]
            each["qualified_name"] = {"path": [own[name]]}
    moved = [{**each, "key": own[each["key"]]} for each in node["cte_map"]["map"]]
    return moved, {**node, "cte_map": {"map": []}}
