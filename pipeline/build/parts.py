"""Models made of small SELECTs: `rules_of.<folder>` is every file of `sql/rules/<folder>/`.

A part answers one question with one row; the file's name says which. The model that names the
folder gets them under one another, each with its name and its own text, so that a reader can run
what he reads about.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from pipeline.build.lineage import ModelError, duckdb_version, hoisted, parsed, printed
from pipeline.remembered import remembered

__all__ = ["composed", "parts_named"]

PARTS = Path(__file__).resolve().parents[2] / "sql" / "rules"
# The columns each part of a folder answers with; the name and the text come before them.
FOLDERS: Mapping[str, tuple[str, ...]] = {
    "claims": (
        "measured_value",
        "measured_low_value",
        "measured_high_value",
        "measured_on",
        "measure",
        "gap_reason",
        "known_at",
        "source_urls",
    ),
}
NAMED = re.compile(r"\brules_of\.(\w+)")


@cache
def parts_named(query: str) -> Mapping[str, Path]:
    """The files a query's `rules_of.<folder>` stands for, by the name of the part."""
    folders = sorted(set(NAMED.findall(query)))
    return {path.stem: path for each in folders for path in sorted((PARTS / each).glob("*.sql"))}


def composed(query: str) -> str:
    """The query with `rules_of.<folder>` written out, its parts' common expressions before its own.

    DuckDB 1.4.0 does not find those of a query that stands inside another's.

    Raises:
        ModelError: an unknown or empty folder, or a file that is not one SELECT, by its path.
    """
    folders = sorted(set(NAMED.findall(query)))
    if not folders:
        return query
    parts = {folder: _texts(folder) for folder in folders}
    written: str = _composed(json.dumps([query, parts]))
    return written


@remembered("composed", f"{duckdb_version()} {FOLDERS}")
def _composed(asked: str) -> str:
    query, parts = json.loads(asked)
    moved: list[object] = []
    united = NAMED.sub(lambda found: f"(\n{_united(found.group(1), parts, moved)}\n)", query)
    [statement] = cast("list[Any]", parsed(united)["statements"])
    own = statement["node"]["cte_map"]["map"]
    return printed({**statement["node"], "cte_map": {"map": [*moved, *own]}})


def _texts(folder: str) -> list[tuple[str, str]]:
    paths = sorted((PARTS / folder).glob("*.sql"))
    if folder not in FOLDERS or not paths:
        raise ModelError(f"sql/rules/{folder} has no parts, or nobody said what they answer")
    return [(path.stem, path.read_text(encoding="utf-8").strip()) for path in paths]


def _united(folder: str, parts: Mapping[str, list[tuple[str, str]]], moved: list[object]) -> str:
    columns = ", ".join(f"part.{name}" for name in FOLDERS[folder])
    selects = []
    for name, text in parts[folder]:
        try:
            common, asked = hoisted(text, name.replace("-", "_"))
        except ModelError as error:
            raise ModelError(f"sql/rules/{folder}/{name}.sql: {error}") from error
        moved += common
        quoted = text.replace("'", "''")
        named = f"'{name}' as part_name, '{quoted}' as rule"
        selects.append(f"select {named}, {columns} from (\n{printed(asked)}\n) as part")
    return "\nunion all\n".join(selects)
