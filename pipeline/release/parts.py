"""Which files a table is exported to, and which of the release before still say the same.

A small table is one file. One of more than `PART_ROWS` rows whose key has a day is in parts, one a
year, and a year of more rows than that is one a month: what a new hour writes again is the part it
is in, however long the history (docs/decisions/0166). Parquet of ten megabytes is still one file.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.build.days import changed_since
from pipeline.build.model import Model
from pipeline.warehouse import DuckDB, transaction

__all__ = ["Before", "Part", "note_export", "parts_of", "stamp"]

# As CSV some 50 MB: editors and mail refuse larger ones. Who reads Parquet wants one name; a
# million rows are written in a second.
PART_ROWS = {"parquet": 1_000_000, "csv": 250_000}
MANIFEST = "manifest.json"
# By this name the build database remembers of which versions the exports are.
EXPORTS = "exports"
Files = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Part:
    """All of a table, or the rows of a year or month of it, as one file of each kind.

    Attributes:
        label: What its files' names end with; empty for the whole.
        column: The day by which the table is parted.
        first: The first day, and `last` the last one.
    """

    label: str = ""
    column: str = ""
    first: date = date.min
    last: date = date.max

    @property
    def where(self) -> str:
        """Condition on its rows, as SQL."""
        days = f"made.{self.column} between date '{self.first}' and date '{self.last}'"
        return f"where {days}" if self.label else ""

    def file(self, kind: str, name: str) -> str:
        """Path of its file of one kind (`parquet`, `csv`) inside a release."""
        return f"{kind}/{name}{'_' if self.label else ''}{self.label}.{kind}"


def parts_of(db: DuckDB, table: str, model: Model, most: int) -> list[Part]:
    """How a table of more than so many rows is parted, oldest part first.

    Args:
        db: A connection to what is exported.
        table: The table's name, with its schema and database.
        model: The mart.
        most: Rows that one file may have.
    """
    [(rows,)] = db.execute(f"select count(*) from {table}").fetchall()
    if rows <= most:
        return [Part()]
    kinds = db.execute(f"describe {table}").fetchall()
    day = next((name for name, kind, *_ in kinds if kind == "DATE" and name in model.grain), None)
    if day is None:
        return [Part()]
    months = db.execute(
        f"select year({day}), month({day}), count(*) from {table} group by all order by all"
    ).fetchall()
    if any(year is None for year, *_ in months):
        return [Part()]
    found = []
    for year, each in groupby(months, key=lambda month: int(month[0])):
        of_year = [*each]
        if sum(count for *_, count in of_year) <= most:
            found.append(Part(f"{year:04}", day, date(year, 1, 1), date(year, 12, 31)))
            continue
        for _, month, _ in of_year:
            first = date(year, month, 1)
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            found.append(Part(f"{first:%Y-%m}", day, first, last))
    return found


class Before:
    """The files of the release before, for tables and parts that have not changed since.

    Args:
        release: Its folder.
        code: Of what writes the files, as the manifest has it.
        states: State by table, now.
        db: The build database, where it is what is exported: it remembers which days changed.
    """

    def __init__(
        self, release: Path, code: str, states: Mapping[str, str], db: DuckDB | None
    ) -> None:
        self.release = release
        self.states = states
        self.was: dict[str, str] = {}
        self.files: Files = {}
        self._asked: DuckDB | None = None
        try:
            manifest = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
            if manifest["code"] == code:
                self.was, self.files = manifest["states"], manifest["files"]
            if db is not None and _exported(db) == manifest["build_id"]:
                self._asked = db
        except (OSError, ValueError, KeyError, TypeError):
            return  # all are written

    def of_tables(self, draft: Path, kinds: Sequence[str], tables: Sequence[str]) -> Files:
        """Take over the files of exactly these tables; none unless all are whole and unchanged."""
        if any(self.states.get(each) != self.was.get(each, "") for each in tables):
            return {}
        found = {
            file: about
            for file, about in self.files.items()
            if file.startswith(tuple(f"{kind}/" for kind in kinds))
            and about.get("tables", [about.get("table")]) == [*tables]
        }
        return self._taken_over(draft, found)

    def of_part(self, draft: Path, table: str, part: Part, name: str) -> Files:
        """Take over this file of one part of a table that changed, if none of its days did."""
        changed = changed_since(self._asked, EXPORTS, table) if self._asked else None
        if not part.label or changed is None or any(part.first <= d <= part.last for d in changed):
            return {}
        # Of other text, columns or meaning: the last word of a state is the text's.
        if self.states[table].split()[-1] != self.was.get(table, "-").split()[-1]:
            return {}
        return self._taken_over(draft, {name: self.files[name]}) if name in self.files else {}

    def _taken_over(self, draft: Path, found: Files) -> Files:
        try:
            if any(stamp(self.release / file) != _stamped(about) for file, about in found.items()):
                return {}
        except (OSError, KeyError):
            return {}
        for file in found:
            place = draft / file
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                place.hardlink_to(self.release.resolve() / file)
            except OSError:  # a file system without links
                shutil.copy2(self.release / file, place)
        return found


def stamp(path: Path) -> dict[str, int]:
    """What tells that nobody wrote to a file since: reading all of them is what exports cost."""
    about = path.stat()
    return {"bytes": about.st_size, "written_ns": about.st_mtime_ns}


def _stamped(about: Mapping[str, Any]) -> dict[str, int]:
    return {name: about[name] for name in ("bytes", "written_ns")}


def _exported(db: DuckDB) -> str | None:
    """The build that was exported last from this database."""
    said = "select input_name from meta.built_from where table_name = ? and version = 0"
    found = db.execute(said, [EXPORTS]).fetchall()
    return str(found[0][0]) if found else None


def note_export(db: DuckDB, build_id: str) -> None:
    """Remember of which versions the exports now are, once they are where people look."""
    with transaction(db):
        db.execute("delete from meta.built_from where table_name = ?", [EXPORTS])
        db.execute(
            "insert into meta.built_from by name select $name as table_name, "
            "table_name as input_name, version from meta.versions where table_name like 'marts.%' "
            "union all by name select $name as table_name, $build as input_name, 0 as version",
            {"name": EXPORTS, "build": build_id},
        )
