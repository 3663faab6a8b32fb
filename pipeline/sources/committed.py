"""How a committed file of `warehouse/reference/` is read: typed by the dictionary, dated by row."""

from collections.abc import Sequence
from io import BytesIO

import polars as pl

from pipeline.columns import COLUMNS
from pipeline.contracts import Contract
from pipeline.sources.source import ParseError

__all__ = ["READ_AT", "read_reference", "read_typed"]

# The file's `read_on` at midnight UTC, the same on every machine, never before the public knew.
READ_AT = pl.max_horizontal(
    pl.col("read_on").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), "known_at"
)


def read_reference(body: bytes, terms: Contract) -> pl.DataFrame:
    """The rows of a committed CSV that has a contract's columns.

    Shape: the contract's columns but for `source`, which the runner adds; `captured_at` is the
    file's `read_on` at midnight UTC (the same on every machine), never earlier than `known_at`.

    Raises:
        ParseError: a column missing or one too many, or a cell that is not of the column's type.
    """
    expected = [name for name in terms.columns if name not in ("source", "captured_at")]
    blank = terms.committed.blank if terms.committed is not None else ()
    return read_typed(body, expected).with_columns(pl.col(blank).fill_null(""), captured_at=READ_AT)


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
        raise ParseError(str(error)) from error


def _typed(name: str) -> pl.Expr:
    dtype = COLUMNS[name].dtype
    if isinstance(dtype, pl.Datetime):
        return pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
    if isinstance(dtype, pl.Date):
        return pl.col(name).str.to_date("%Y-%m-%d")
    if isinstance(dtype, pl.Boolean):  # polars does not cast text to Boolean
        return pl.col(name).replace_strict({"true": True, "false": False}, return_dtype=dtype)
    return pl.col(name).cast(dtype)
