"""What a source is, and which sources exist: the files in `pipeline/sources/<domain>/`.

A source is one file with two functions. `fetch()` does I/O and nothing else; `parse()` is pure, so
it can be tested on bytes and run again over everything ever captured. Neither knows Dagster or
DuckDB.
"""

import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, Literal, NamedTuple

import polars as pl

from pipeline.capture.http import Response, UpstreamError
from pipeline.capture.raw import Capture
from pipeline.columns import COLUMNS
from pipeline.contracts import Contract

__all__ = [
    "Backfill",
    "Capture",
    "ParseError",
    "Part",
    "Source",
    "discover",
    "read_reference",
    "read_typed",
]

REFERENCE = Path(__file__).resolve().parents[2] / "warehouse" / "reference"


class ParseError(ValueError):
    """Bytes that do not have the structure the upstream documents: the capture is refused."""


class Part(NamedTuple):
    """One answer of an upstream; a source of one address has one part, `all`."""

    name: str
    response: Response | UpstreamError


Fetch = Callable[[Callable[[str], Mapping[str, str]]], Iterator[Part]]
Parse = Callable[[bytes, Capture], pl.DataFrame]
ParseStream = Callable[[BinaryIO, Capture], pl.DataFrame]


@dataclass(frozen=True)
class Backfill:
    """History that the upstream itself keeps, fetched one period at a time when somebody asks.

    Attributes:
        every: Length of a partition.
        since: First day the upstream has.
        fetch: As a source's `fetch`, for the partition that begins on a day; its parts are named
            after the partition, so that `parse` knows the period.
    """

    every: Literal["day", "month"]
    since: date
    fetch: Callable[[date, Callable[[str], Mapping[str, str]]], Iterator[Part]]


@dataclass(frozen=True)
class Source:
    """One upstream.

    Attributes:
        name: The module's name.
        homepage: Where a person reads about the upstream.
        terms: Its terms of use, as an address or in a sentence.
        licence: What the rows may be used for, put on every row.
        contract: The staging table its rows go to.
        parse: Bytes of one capture to rows.
        parse_stream: The same from a stream, for a body too large for memory; a source has one of
            the two.
        fetch: Asks the upstream; None for a committed file.
        file: Name under `warehouse/reference/` for a committed file; None for an upstream.
        refresh_days: How often the source looks; twice as long without a landing is stale.
        redact: Drops personal data before bytes are written.
        secrets: Environment variables without which the source is skipped.
        backfill: History the upstream keeps beside what `fetch` reads.
        sightings: Whether an answer equal to the last one says something: a price seen again still
            stands, a filing does not get newer. False: an equal answer is not read again.
    """

    name: str
    homepage: str
    terms: str
    licence: str
    contract: Contract
    parse: Parse | None = None
    parse_stream: ParseStream | None = None
    fetch: Fetch | None = None
    file: str | None = None
    refresh_days: int = 1
    redact: Callable[[bytes], bytes] | None = None
    secrets: tuple[str, ...] = ()
    backfill: Backfill | None = None
    sightings: bool = True

    def __post_init__(self) -> None:
        if (self.parse is None) == (self.parse_stream is None):
            raise ValueError(f"{self.name}: needs either parse or parse_stream")
        if self.parse_stream is not None and (self.redact is not None or self.file is not None):
            raise ValueError(f"{self.name}: a stream cannot be redacted, nor be a committed file")

    @property
    def module(self) -> ModuleType:
        module = inspect.getmodule(self.parse or self.parse_stream)
        if module is None:
            raise ValueError(f"{self.name}: parse must be defined in the source's module")
        return module

    @property
    def domain(self) -> str:
        return self.module.__name__.split(".")[-2]


@cache
def discover() -> tuple[Source, ...]:
    """Every module in pipeline/sources/<domain>/, by its SOURCE, in name order.

    Raises:
        AttributeError: a module without SOURCE.
        ValueError: a SOURCE not named after its file.
    """
    import pipeline.sources  # after this module: sources import it

    found = pkgutil.walk_packages(pipeline.sources.__path__, "pipeline.sources.")
    sources: list[Source] = []
    for each in sorted(m.name for m in found if m.name.count(".") == 3 and "._" not in m.name):
        source: Source = importlib.import_module(each).SOURCE
        if source.name != each.rpartition(".")[2]:
            raise ValueError(f"{each}: SOURCE is named {source.name}")
        sources.append(source)
    return tuple(sources)


def read_reference(body: bytes, terms: Contract) -> pl.DataFrame:
    """The rows of a committed CSV that has a contract's columns.

    Shape: the contract's columns but for `source`, which the runner adds; `captured_at` is the
    file's `read_on` at midnight UTC (the same on every machine), never earlier than `known_at`.

    Raises:
        ParseError: a column missing or one too many, or a cell that is not of the column's type.
    """
    expected = [name for name in terms.columns if name not in ("source", "captured_at")]
    read_at = pl.col("read_on").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return read_typed(body, expected).with_columns(
        captured_at=pl.max_horizontal(read_at, "known_at")
    )


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


def _helpers(module: ModuleType, package: str) -> list[ModuleType]:
    """Modules of a package that a module takes names from, such as `_skypilot_history`."""
    found = {inspect.getmodule(each) for each in vars(module).values() if callable(each)}
    near = (each for each in found if each and each.__name__.startswith(package))
    return sorted((each for each in near if each is not module), key=lambda each: each.__name__)


def code_fingerprint(source: Source) -> str:
    """Hash of the code that turns the source's bytes into rows: a change means reading again."""
    modules = [source.module, *_helpers(source.module, "pipeline.sources.")]
    if source.contract.prepare is not None:
        prepares = importlib.import_module(source.contract.prepare.__module__)
        modules += [prepares, *_helpers(prepares, "pipeline.identity.")]
    text = "".join(inspect.getsource(each) for each in modules)
    return hashlib.sha256((text + repr(source.contract.columns)).encode()).hexdigest()[:16]
