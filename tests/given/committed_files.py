"""Landing a committed file with bytes of our own, as a run lands it."""

from datetime import UTC, datetime

import polars as pl

from pipeline import landing
from pipeline import warehouse as wh
from pipeline.landing import Attempt, Batch
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture
from pipeline.warehouse import DuckDB

__all__ = ["body", "landed", "line_of", "rows"]


def body(name: str) -> bytes:
    """The file as committed."""
    return (source.REFERENCE / f"{name}.csv").read_bytes()


def rows(name: str) -> pl.DataFrame:
    """Its rows, parsed."""
    return _parsed(name, body(name))


def _parsed(name: str, content: bytes) -> pl.DataFrame:
    one = named(name)
    assert one.parse is not None
    return one.parse(content, _here(name))


def _here(name: str) -> Capture:
    return Capture(name, "all", f"{name}.csv", datetime(2026, 11, 27, tzinfo=UTC), "")


def landed(db: DuckDB, name: str, content: bytes) -> Attempt:
    """What comes of the file with these bytes; what it reads lands as committed."""
    terms = named(name).contract
    wh.create(db, terms.table, terms.doc, terms.columns)
    tables = {each: rows(each).with_columns(source=pl.lit(each)) for each in terms.reads}
    batch = Batch(named(name), db, "test", tables, lambda _: _parsed(name, content))
    [attempt] = landing.land(batch, [_here(name)])
    return attempt


def line_of(content: bytes, start: str) -> int:
    """The number of the first line that begins so, from 1."""
    lines = content.decode().splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.startswith(start))
