"""The last thing a run prints: a table of sources and the path of the published file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from pipeline.warehouse import DuckDB, DuckDBError, Warehouse, opened_for_reading

COLUMNS = {
    "source": 24,
    "outcome": 13,
    "held_count": 9,
    "quarantined_count": 11,
    "newest": 10,
    "outcome_reason": 60,
}


def print_status(out: TextIO, store: Warehouse | None = None) -> None:
    """Print one line per source, then the marts and the file's path."""
    store = store or Warehouse()
    if not store.published.exists():
        out.write("Nothing has been published.\n")
        return
    with _readable(store, out) as db:
        rows = db.sql(
            "select source, outcome, held_count, quarantined_count, "
            "coalesce(strftime(newest_observed_at, '%Y-%m-%d'), '-') as newest, "
            "coalesce(outcome_reason, '') as outcome_reason from meta.source_status"
        ).pl()
        marts = db.sql(
            "select schema_name || '.' || table_name as table_name, estimated_size as row_count "
            "from duckdb_tables() where schema_name = 'marts' order by 1"
        ).pl()
    out.write(_line({name: name.removesuffix("_count") for name in COLUMNS}))
    for row in rows.iter_rows(named=True):
        out.write(_line(row))
    out.write("\n")
    for name, count in marts.iter_rows():
        out.write(f"{name}: {count:,} rows\n")
    out.write(f"published: {store.published}\n")


@contextmanager
def _readable(store: Warehouse, out: TextIO) -> Iterator[DuckDB]:
    """The published file; where somebody holds it for writing, the build it is a copy of."""
    try:
        with opened_for_reading(store.published) as db:
            yield db
            return
    except DuckDBError as error:
        if "lock" not in str(error):
            raise
    out.write(f"{store.published} is held for writing by another program: shown is the build.\n")
    with store.connect() as db:
        yield db


def _line(row: dict[str, object]) -> str:
    cells = [str(row[name])[:width].ljust(width) for name, width in COLUMNS.items()]
    return "  ".join(cells).rstrip() + "\n"
