"""How a committed file of `warehouse/reference/` is read: typed by the dictionary, dated by row."""

import csv
import hashlib
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from io import BytesIO, StringIO
from pathlib import Path

import polars as pl

from pipeline.columns import COLUMNS
from pipeline.contracts import Committed, Contract
from pipeline.sources.source import ParseError

__all__ = ["LINE", "READ_AT", "read_reference", "read_typed", "sha256_of"]

LINE = "line_number"

# The file's `read_on` at midnight UTC, the same on every machine, never before the public knew.
READ_AT = pl.max_horizontal(
    pl.col("read_on").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), "known_at"
)


def read_reference(body: bytes, terms: Contract) -> pl.DataFrame:
    """The rows of a committed CSV that has a contract's columns.

    Shape: the contract's columns but for `source`, which the runner adds; `captured_at` is the
    file's `read_on` at midnight UTC (the same on every machine), never earlier than `known_at`.
    Where a bad line refuses the file, also `line_number`, by which landing names it.

    Raises:
        ParseError: a column missing or one too many, or a cell that is not of the column's type.
    """
    expected = [name for name in terms.columns if name not in ("source", "captured_at")]
    told = terms.committed or Committed("")
    rows = read_typed(body, expected)
    if told.is_whole:
        rows = rows.with_columns(_lines(body, rows.height).alias(LINE))
    return rows.with_columns(pl.col(told.blank).fill_null(""), captured_at=READ_AT)


def read_typed(body: bytes, expected: Sequence[str]) -> pl.DataFrame:
    """A CSV whose columns are exactly these, typed by the column dictionary; empty is null.

    Raises:
        ParseError: a column missing or one too many, or a cell that is not of the column's type.
    """
    try:
        frame = pl.read_csv(BytesIO(body), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise ParseError(f"not a CSV file: {error}") from error
    if set(frame.columns) != set(expected):
        missing, extra = set(expected) - set(frame.columns), set(frame.columns) - set(expected)
        raise ParseError(f"columns missing {sorted(missing)}, unexpected {sorted(extra)}")
    # An editor leaves blank lines, a spreadsheet lines of commas; neither is a row.
    blank = pl.all_horizontal(pl.all().fill_null("").str.strip_chars() == "")
    frame = frame.filter(~blank)
    try:
        return frame.select(_typed(name) for name in expected)
    except pl.exceptions.PolarsError as error:
        raise ParseError(f"{_first_bad_cell(body, frame, expected)}: {error}") from error


def sha256_of(path: Path) -> str:
    """Hash of a committed file: asked for by every source whose rules it holds, read once."""
    about = path.stat()
    return _hashed(path, about.st_size, about.st_mtime_ns, about.st_ino)


@cache
def _hashed(path: Path, *_: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _lines(body: bytes, height: int) -> pl.Series:
    """The line on which each row begins, from 1; blank lines and cells of several lines count."""
    reader = csv.reader(StringIO(body.decode("utf-8-sig")))
    begins, last = [], 0
    for cells in reader:
        if any(cell.strip() for cell in cells):
            begins.append(last + 1)
        last = reader.line_num
    return pl.Series(begins[1 : height + 1], dtype=pl.Int64)


def _first_bad_cell(body: bytes, frame: pl.DataFrame, expected: Sequence[str]) -> str:
    for name in expected:

        def fails(count: int, name: str = name) -> bool:
            """Whether one of so many first cells of the column is not of its type."""
            try:
                frame.head(count).select(_typed(name))
            except pl.exceptions.PolarsError:
                return True
            return False

        row = bisect_left(range(frame.height + 1), True, key=fails) - 1
        if row < frame.height:
            line, cell = _lines(body, frame.height)[row], frame[name][row]
            return f"line {line}: {name}: {cell!r} is not of type {COLUMNS[name].dtype}"
    return "no single cell is to blame"


def _typed(name: str) -> pl.Expr:
    dtype = COLUMNS[name].dtype
    if isinstance(dtype, pl.Datetime):
        return pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
    if isinstance(dtype, pl.Date):
        return pl.col(name).str.to_date("%Y-%m-%d")
    if isinstance(dtype, pl.Boolean):  # polars does not cast text to Boolean
        return pl.col(name).replace_strict({"true": True, "false": False}, return_dtype=dtype)
    return pl.col(name).cast(dtype)
