"""Contracts: which columns, which key, which values each staging table promises.

Types and meanings come from the column dictionary; provenance columns come by themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import polars as pl
from polars import selectors as cs
from polars.exceptions import PolarsError

from pipeline.columns import COLUMNS
from pipeline.contracts.rules import Check
from pipeline.contracts.windows import is_dated, readable, within
from pipeline.identity import Tables

if TYPE_CHECKING:
    import pandera.polars as pa

__all__ = [
    "Committed",
    "Contract",
    "ContractError",
    "contract",
    "declared",
    "judged",
    "split",
    "validate",
]

PROVENANCE = ("source", "confidence", "known_at", "captured_at", "source_url")


class ContractError(ValueError):
    """A frame that does not have a contract's structure: the whole capture is refused."""


@dataclass(frozen=True)
class Committed:
    """What is to be said of a file of cited facts, `warehouse/reference/<table>.csv`.

    With its contract the file is a source: no module says more.

    Attributes:
        about: What a row means beyond its columns, and how the rows were chosen.
        terms: Under which terms the facts may be used.
        licence: The same in short, as for every source.
        blank: Text columns in which an empty cell is a value, the empty text, and not unknown.
        is_whole: A line that breaks the contract refuses the file, with its number; else such lines
            are set aside, as for any source.
        refresh_days: How often somebody should read its documents again: by default with the
            quarter's filings. Twice as long after the newest `read_on` the file is stale.
    """

    about: str
    terms: str = "Facts, cited row by row."
    licence: str = "facts, cited per row"
    blank: tuple[str, ...] = ()
    is_whole: bool = False
    refresh_days: int = 92


@dataclass(frozen=True)
class Contract:
    """What one staging table promises.

    Attributes:
        name: Table name under `staging`.
        doc: What one row is; becomes the table's comment.
        key: Columns that identify a row.
        checks: Checks of each column, in the order of the table's.
        whole: Checks of whole rows.
        optional: Columns that may be null.
        prepare: Turns what sources parse into the table's columns plus a `reason` column that is
            set on rows to quarantine. It is given the tables named in `reads`, and rows of several
            captures at once: what it makes of a row depends on that row and the tables only, and
            columns it does not know stay.
        reads: Names of staging tables that `prepare` needs.
        measure: Column in which an upstream asked live wins over a committed row of the same key;
            without one the first row to land stays.
        committed: Set where a committed file of the table's name holds its rows.
    """

    name: str
    doc: str
    key: tuple[str, ...]
    checks: Mapping[str, tuple[Check, ...]] = field(hash=False)
    whole: tuple[Check, ...] = ()
    optional: frozenset[str] = frozenset()
    prepare: Callable[[pl.DataFrame, Tables], pl.DataFrame] | None = None
    reads: tuple[str, ...] = ()
    measure: str | None = None
    committed: Committed | None = None

    @property
    def table(self) -> str:
        return f"staging.{self.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.checks)

    @cached_property
    def schema(self) -> "pa.DataFrameSchema":
        """The pandera schema rows are held against."""
        import pandera.polars as pa

        columns = {
            name: pa.Column(
                COLUMNS[name].dtype,
                [each.made() for each in checks],
                nullable=name in self.optional,
            )
            for name, checks in self.checks.items()
        }
        return pa.DataFrameSchema(
            columns,
            checks=[each.made() for each in self.whole],
            unique=list(self.key),
            strict=True,
            name=self.name,
        )


def _read_after_known(data: "pa.PolarsData") -> pl.LazyFrame:
    return data.lazyframe.select(pl.col("captured_at") >= pl.col("known_at"))


def _enumerated(name: str) -> list[Check]:
    values = COLUMNS[name].values
    return [Check.isin(values)] if values else []


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
    committed: Committed | None = None,
    **columns: Sequence[Check],
) -> Contract:
    """Declare a contract: column name = its checks; `optional` names may be null.

    What an enumeration may hold stands in the dictionary and is checked without being said here.

    Raises:
        KeyError: a column the dictionary does not have.
    """
    checks: dict[str, Sequence[Check]] = dict(columns)
    for each in PROVENANCE:
        checks.setdefault(each, [])
    for each in filter(is_dated, checks):
        checks[each] = [*checks[each], within(each)]
    texts = [each for each in checks if COLUMNS[each].dtype == pl.String]
    return Contract(
        name,
        doc,
        tuple(key),
        {each: (*_enumerated(each), *rules) for each, rules in checks.items()},
        (
            Check(_read_after_known, "nobody reads a row before the public could"),
            readable(texts),
        ),
        frozenset(optional),
        prepare,
        tuple(reads),
        measure=measure,
        committed=committed,
    )


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


def judged(terms: Contract, frame: pl.DataFrame) -> pl.Series:
    """Which rows keep the contract: null, else what they break. Keys are not compared.

    Raises:
        ContractError: a missing column or a wrong type: broken structure is a change upstream, not
            noise.
    """
    wrong = {
        name: str(frame.schema.get(name, "missing"))
        for name in terms.columns
        if frame.schema.get(name) != COLUMNS[name].dtype
    }
    if wrong:
        raise ContractError(f"{terms.name}: columns missing or of another type: {wrong}")
    frame = frame.select(terms.columns)
    if _all_keep(terms, frame):
        return pl.Series("reason", [None] * frame.height, pl.String)
    import pandera.polars as pa

    try:
        _rows_only(terms).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        broken = cases.filter(pl.col("index").is_null())
        if not broken.is_empty():
            what = broken.select("column", "check", "failure_case").head(3).rows()
            raise ContractError(f"{terms.name}: {what}") from error
        why = cases.group_by(pl.col("index").cast(pl.Int64)).agg(
            reason=pl.format("{}: {}", "column", "check").unique().sort().str.join("; ")
        )
        rows = pl.DataFrame({"index": pl.int_range(frame.height, dtype=pl.Int64, eager=True)})
        return rows.join(why, on="index", how="left", maintain_order="left")["reason"]
    return pl.Series("reason", [None] * frame.height, pl.String)


def _all_keep(terms: Contract, frame: pl.DataFrame) -> bool:
    """Whether pandera would find nothing: asked in one go, without loading it (decision 0178)."""
    rows = frame.lazy()
    answers = [
        each.asked(rows, name) for name, checks in terms.checks.items() for each in checks
    ] + [each.asked(rows, "*") for each in terms.whole]
    needed = [pl.col(name).is_not_null() for name in terms.columns if name not in terms.optional]
    answers.append(rows.select(needed))
    answers.append(rows.select(cs.float().is_not_nan()))
    try:
        kept = pl.collect_all([each.select(pl.all().all()) for each in answers])
    except PolarsError:
        return False  # pandera says which column it is
    return all(all(row) for each in kept for row in each.rows())


def _rows_only(terms: Contract) -> "pa.DataFrameSchema":
    """The schema without its key: rows of several captures may repeat one."""
    schema = copy(terms.schema)
    schema.unique = None
    return schema


def split(terms: Contract, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that keep the contract, and rows that do not with the reason in `reason`.

    Raises:
        ContractError: a missing column, a wrong type, a repeated key.
    """
    reasons = judged(terms, frame)
    frame = frame.select(terms.columns)
    twice = frame.filter(frame.select(terms.key).is_duplicated())
    if not twice.is_empty():
        what = twice.select(terms.key).unique(maintain_order=True).head(3).rows()
        raise ContractError(f"{terms.name}: keys repeat: {what}")
    marked = frame.with_columns(reason=reasons)
    return marked.filter(reasons.is_null()).drop("reason"), marked.filter(reasons.is_not_null())
