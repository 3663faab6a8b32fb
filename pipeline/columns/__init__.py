"""The column dictionary: one name, one type, one unit, one meaning, split by domain.

It feeds the pandera contracts, the DuckDB comments, the Dagster metadata, `docs/TABLES.md` and the
exports. A second meaning for a name fails on import.
"""

from types import MappingProxyType

import polars as pl

from pipeline.columns import (
    common,
    coverage,
    credit,
    depreciation,
    filings,
    leverage,
    meta,
    prices,
    quality,
    reference,
    thesis,
)
from pipeline.columns.column import Column

__all__ = ["COLUMNS", "Column", "duckdb_type", "is_documented"]


PARTS = (
    common,
    prices,
    quality,
    reference,
    filings,
    leverage,
    credit,
    depreciation,
    coverage,
    thesis,
    meta,
)


def _merged() -> dict[str, Column]:
    merged: dict[str, Column] = {}
    for part in PARTS:
        if twice := merged.keys() & part.COLUMNS.keys():
            raise ValueError(f"{part.__name__} gives a second meaning to {sorted(twice)}")
        merged |= part.COLUMNS
    return merged


COLUMNS = MappingProxyType(_merged())

_DUCKDB_TYPES: dict[pl.DataType, str] = {
    pl.String(): "VARCHAR",
    pl.Int64(): "BIGINT",
    pl.Float64(): "DOUBLE",
    pl.Boolean(): "BOOLEAN",
    pl.Date(): "DATE",
    pl.Datetime("us", "UTC"): "TIMESTAMP WITH TIME ZONE",
}


def duckdb_type(name: str) -> str:
    """The DuckDB type of a dictionary column; KeyError for a name the dictionary does not have."""
    return _DUCKDB_TYPES[COLUMNS[name].dtype]


def is_documented(name: str, dtype: str) -> bool:
    """Whether the dictionary has this name with this DuckDB type."""
    return name in COLUMNS and duckdb_type(name) == dtype
