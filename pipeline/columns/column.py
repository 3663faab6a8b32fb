from typing import NamedTuple

import polars as pl

UTC = pl.Datetime("us", "UTC")


class Column(NamedTuple):
    """What a column name means wherever it appears.

    `values` are all it may hold, where it is an enumeration: contracts and docs read them here.
    """

    dtype: pl.DataType
    doc: str
    unit: str | None = None
    values: tuple[str, ...] = ()


def text(doc: str) -> Column:
    return Column(pl.String(), doc)


def choice(doc: str, *values: str) -> Column:
    return Column(pl.String(), doc, values=values)


def count(doc: str) -> Column:
    return Column(pl.Int64(), doc, "count")


def number(unit: str, doc: str) -> Column:
    return Column(pl.Float64(), doc, unit)


def moment(doc: str) -> Column:
    return Column(UTC, doc, "UTC")


def day(doc: str) -> Column:
    return Column(pl.Date(), doc)


def flag(doc: str) -> Column:
    return Column(pl.Boolean(), doc)
