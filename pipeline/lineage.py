"""What a query reads, and the same query over the past, by DuckDB's own parser."""

import json
from collections.abc import Iterator, Mapping

from pipeline.warehouse import scratch

__all__ = ["ModelError", "parsed", "rewound", "tables_read"]


class ModelError(ValueError):
    """A model that breaks its grain, the dictionary or an audit: the last good table stays."""


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


def rewound(query: str, schemas: Mapping[str, str] = REWOUND) -> str:
    """The same query over what was known at `as_of`, printed back from its parse tree.

    Args:
        query: One SELECT.
        schemas: Which schema holds the past of which.

    Raises:
        ModelError: a table outside `staging` and `marts`, which has no past.
    """
    tree = parsed(query)
    for node in tables_in(tree["statements"]):
        schema = str(node["schema_name"])
        if schema not in schemas:
            raise ModelError(f"{schema}.{node['table_name']} has no vintage")
        node["schema_name"] = schemas[schema]
        path = node.get("qualified_name")
        if isinstance(path, dict):  # DuckDB 2.0 prints back from this second copy of the name
            path["path"] = [node["schema_name"], node["table_name"]]
    with scratch() as db:
        text = db.execute("select json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()[0][0]
    return str(text)
