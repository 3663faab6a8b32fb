"""Contracts: which columns, which key, which values each staging table promises.

Types and meanings come from the column dictionary; provenance columns come by themselves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import pandera.polars as pa
import polars as pl

from pipeline.columns import COLUMNS
from pipeline.identity import Tables

__all__ = ["Contract", "ContractError", "contract", "declared", "split", "validate"]

PROVENANCE = ("source", "confidence", "known_at", "captured_at", "source_url")
CONFIDENCES = ("high", "medium", "low")


class ContractError(ValueError):
    """A frame that does not have a contract's structure: the whole capture is refused."""


@dataclass(frozen=True)
class Contract:
    """What one staging table promises.

    Attributes:
        name: Table name under `staging`.
        doc: What one row is; becomes the table's comment.
        key: Columns that identify a row.
        schema: The pandera schema rows are held against.
        prepare: Turns what sources parse into the table's columns plus a `reason` column that is
            set on rows to quarantine. It is given the tables named in `reads`.
        reads: Names of staging tables that `prepare` needs.
        measure: Column in which an upstream asked live wins over a committed row of the same key;
            without one the first row to land stays.
    """

    name: str
    doc: str
    key: tuple[str, ...]
    schema: pa.DataFrameSchema
    prepare: Callable[[pl.DataFrame, Tables], pl.DataFrame] | None = None
    reads: tuple[str, ...] = ()
    columns: tuple[str, ...] = field(default=())
    measure: str | None = None

    @property
    def table(self) -> str:
        return f"staging.{self.name}"


def _read_after_known(data: pa.PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col("captured_at") >= pl.col("known_at"))


def contract(
    name: str,
    doc: str,
    /,
    *,
    key: Sequence[str],
    prepare: Callable[[pl.DataFrame, Tables], pl.DataFrame] | None = None,
    reads: Sequence[str] = (),
    optional: Sequence[str] = (),
    measure: str | None = None,
    **columns: Sequence[pa.Check],
) -> Contract:
    """Declare a contract: column name = its checks; `optional` names may be null.

    Raises:
        KeyError: a column the dictionary does not have.
    """
    checks: dict[str, Sequence[pa.Check]] = dict(columns)
    for each in PROVENANCE:
        checks.setdefault(each, [])
    checks["confidence"] = [pa.Check.isin(CONFIDENCES)]
    schema = pa.DataFrameSchema(
        {
            each: pa.Column(COLUMNS[each].dtype, list(rules), nullable=each in optional)
            for each, rules in checks.items()
        },
        checks=[pa.Check(_read_after_known, name="nobody reads a row before the public could")],
        unique=list(key),
        strict=True,
        name=name,
    )
    return Contract(name, doc, tuple(key), schema, prepare, tuple(reads), tuple(checks), measure)


@cache
def declared() -> tuple[Contract, ...]:
    """Every contract in the modules of this package, by table name."""
    modules = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
    found = {c.name: c for m in modules for c in vars(m).values() if isinstance(c, Contract)}
    return tuple(found[name] for name in sorted(found))


def validate(terms: Contract, frame: pl.DataFrame) -> pl.DataFrame:
    """Validate rows, not only dtypes: pandera skips row checks when it is given a LazyFrame.

    Raises:
        TypeError: a LazyFrame, whose rows pandera would not look at (pandera #1534).
        pa.errors.SchemaErrors: rows or columns that break the contract.
    """
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"{terms.name}: collect() before validating, got {type(frame).__name__}")
    return terms.schema.validate(frame, lazy=True)


def split(terms: Contract, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that keep the contract, and rows that do not with the reason in `reason`.

    Raises:
        ContractError: a missing column, a wrong type, a repeated key: broken structure is a change
            upstream, not noise.
    """
    wrong = {
        name: str(frame.schema.get(name, "missing"))
        for name in terms.columns
        if frame.schema.get(name) != COLUMNS[name].dtype
    }
    if wrong:
        raise ContractError(f"{terms.name}: columns missing or of another type: {wrong}")
    frame = frame.select(terms.columns)
    try:
        return validate(terms, frame), frame.clear().with_columns(reason=pl.lit(""))
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        structural = pl.col("index").is_null() | (pl.col("check") == "multiple_fields_uniqueness")
        broken = cases.filter(structural)
        if not broken.is_empty():
            what = broken.select("column", "check", "failure_case").head(3).rows()
            raise ContractError(f"{terms.name}: {what}") from error
        why = cases.group_by(pl.col("index").cast(pl.Int64)).agg(
            reason=pl.format("{}: {}", "column", "check").unique().sort().str.join("; ")
        )
        numbered = frame.with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
        rejected = numbered.join(why, on="index").drop("index")
        kept = numbered.join(why, on="index", how="anti").drop("index")
        return validate(terms, kept), rejected
