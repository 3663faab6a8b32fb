"""Whether what people open is what was built, by today's code: what is not has to be written."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pipeline.release.publish import build_id, contents, views_are_current, wal
from pipeline.warehouse import DuckDB, DuckDBError, Warehouse, quoted

__all__ = ["PRODUCTS", "code_of", "states_of", "unpublished"]

# In the order in which they are made.
PRODUCTS = ("warehouse", "exports", "report")
EXPORTS_CODE = (
    "pipeline.columns",
    "pipeline.release.export",
    "pipeline.release.parts",
    "pipeline.release.workbook",
    "pipeline.release.datapackage",
)
REPORT_CODE = (
    "pipeline.release.report",
    "pipeline.release.figures",
    "pipeline.release.drawings",
)


@cache
def code_of(names: Iterable[str]) -> str:
    """Hash of the text of modules and of all in packages, without running them."""
    found = hashlib.sha256()
    for name in names:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        own = Path(spec.origin)
        texts = sorted(own.parent.glob("*.py")) if own.stem == "__init__" else [own]
        for each in texts:
            found.update(each.read_bytes())
    return found.hexdigest()[:16]


def states_of(db: DuckDB, database: str | None = None) -> dict[str, str]:
    """What tells one content of each table from another: a table that changed has another.

    Not the fingerprint, which moves with every input, whatever comes of it.
    """
    state = "concat_ws(' ', version, epoch_us(built_at), code_version)"
    versions = "meta.versions" if database is None else f"{database}.meta.versions"
    there = f"select table_name, {state} from {versions} order by table_name"
    return dict(db.execute(there).fetchall())


def unpublished(db: DuckDB, store: Warehouse) -> frozenset[str]:
    """Which of PRODUCTS are not of this build: a new file makes all of them anew.

    Args:
        db: The build database.
        store: Where the products are.
    """
    mark = build_id(db)
    noted = db.execute("select build_id from meta.publication").fetchall()
    if noted != [(mark,)] or not views_are_current(db) or _published_build(db, store) != mark:
        return frozenset(PRODUCTS)
    found = set()
    if not _exported(store.exports, mark):
        found.add("exports")
    report = store.root / "report" / "index.html"
    if not report.exists() or f"{mark} {code_of(REPORT_CODE)}" not in report.read_text("utf-8"):
        found.add("report")
    return frozenset(found)


def _published_build(db: DuckDB, store: Warehouse) -> str | None:
    """Which build the published file says it holds.

    None where it cannot be read, has other tables or numbers of rows than the build, or edits of
    somebody's beside it.
    """
    if not store.published.exists() or wal(store.published).exists():
        return None
    try:
        db.execute(f"attach {quoted(str(store.published))} as published (read_only)")
    except DuckDBError:
        return None
    try:
        if _data(db, "build") != _data(db, "published"):
            return None
        rows = db.execute("select build_id from published.meta.publication").fetchall()
    except DuckDBError:
        return None
    finally:
        db.execute("detach published")
    return str(rows[0][0]) if rows else None


def _data(db: DuckDB, database: str) -> dict[str, object]:
    """Rows by table; without the pipeline's own records, which go on after publishing."""
    found = contents(db, database).items()
    return {name: count for name, count in found if not name.startswith("meta.")}


def _exported(exports: Path, mark: str) -> bool:
    try:
        manifest = json.loads((exports / "manifest.json").read_text(encoding="utf-8"))
        return manifest["build_id"] == mark and manifest["code"] == code_of(EXPORTS_CODE) and all(
            (exports / file).stat().st_size == about["bytes"]
            for file, about in manifest["files"].items()
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return False
