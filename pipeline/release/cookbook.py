"""`docs/COOKBOOK.md`: its recipes as data, and their answers written anew from a published file.

`python -m pipeline.release.cookbook` writes the answers of the file of this checkout.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars import selectors

from pipeline.warehouse import DuckDB, Warehouse, opened_for_reading

__all__ = ["Recipe", "answered", "answers", "recipes"]

COOKBOOK = Path(__file__).resolve().parents[2] / "docs" / "COOKBOOK.md"
FILED = "(filed)"
QUERY = re.compile(r"```sql\n(.*?)```\n", re.DOTALL)
ANSWER = re.compile(r"\n<!-- answer -->\n.*?<!-- end -->\n", re.DOTALL)


@dataclass(frozen=True)
class Recipe:
    """One question: the query that answers it, the one that misleads, and the answer as printed.

    `is_filed` says that the answer rests on filings alone, and is held to the digit.
    """

    title: str
    right: str
    wrong: str
    printed: str
    is_filed: bool


def recipes(text: str | None = None) -> list[Recipe]:
    """The recipes of the cookbook, in order.

    Raises:
        ValueError: a question without exactly two queries.
    """
    text = COOKBOOK.read_text(encoding="utf-8") if text is None else text
    made = []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0]
        queries = QUERY.findall(section)
        if len(queries) != 2:
            raise ValueError(f"{title}: a right and a wrong query are expected")
        printed = ANSWER.search(section)
        made.append(
            Recipe(title, queries[0], queries[1], printed[0] if printed else "", FILED in title)
        )
    return made


def answers(db: DuckDB, query: str) -> pl.DataFrame:
    """The rows of the last statement; what a recipe sets is undone afterwards."""
    *before, last = [each.strip() for each in query.split(";") if each.strip()]
    for statement in before:
        db.execute(statement)
    try:
        rows: pl.DataFrame = db.sql(last).pl()
    finally:
        if before:
            db.execute("reset variable as_of")
    return rows


def printed(rows: pl.DataFrame) -> str:
    """An answer as the cookbook has it, between its marks."""
    plain = rows.with_columns(selectors.decimal().cast(pl.Float64))
    lines = [f"| {' | '.join(plain.columns)} |", f"|{'---|' * plain.width}"]
    for row in plain.iter_rows():
        lines.append(f"| {' | '.join(_cell(value) for value in row)} |")
    table = "\n".join(lines)
    return f"\n<!-- answer -->\n{table}\n<!-- end -->\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return str(value).replace("|", "/").replace("\n", " ")


def answered(db: DuckDB, text: str) -> str:
    """The cookbook with the answers of this file after each right query."""
    head, *sections = re.split(r"^(?=## )", ANSWER.sub("", text), flags=re.MULTILINE)
    made = [head]
    for section in sections:
        found = QUERY.search(section)
        assert found is not None  # recipes() has looked
        answer = printed(answers(db, found[1]))
        made.append(section[: found.end()] + answer + section[found.end() :])
    return "".join(made)


def main() -> int:
    """Write the answers of the published file into the cookbook."""
    text = COOKBOOK.read_text(encoding="utf-8")
    recipes(text)
    with opened_for_reading(Warehouse().published) as db:
        COOKBOOK.write_text(answered(db, text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
