"""What a source is, and which sources exist: the files in `pipeline/sources/<domain>/`.

A source is one file with two functions, or a committed file whose contract says all there is to
say (`reference/by_contract`). `fetch()` does I/O and nothing else; `parse()` is pure, so
it can be tested on bytes and run again over everything ever captured. Neither knows Dagster or
DuckDB.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, Literal, NamedTuple

import polars as pl

from pipeline.capture.http import Response, UpstreamError
from pipeline.capture.raw import Capture
from pipeline.contracts import Contract

__all__ = [
    "Backfill",
    "Capture",
    "Held",
    "ParseError",
    "Part",
    "Source",
    "discover",
]

REFERENCE = Path(__file__).resolve().parents[2] / "warehouse" / "reference"


class ParseError(ValueError):
    """Bytes that do not have the structure the upstream documents: the capture is refused."""


class Part(NamedTuple):
    """One answer of an upstream; a source of one address has one part, `all`."""

    name: str
    response: Response | UpstreamError


# Validators of what is held of a part (etag, last-modified, sha256); empty where nothing is.
Held = Callable[[str], Mapping[str, str]]
Fetch = Callable[[Held], Iterator[Part]]
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
    fetch: Callable[[date, Held], Iterator[Part]]


@dataclass(frozen=True)
class Source:
    """One upstream.

    Attributes:
        name: The module's name, or that of the committed file.
        homepage: Where a person reads about the upstream.
        terms: Its terms of use, as an address or in a sentence.
        licence: What the rows may be used for, put on every row.
        contract: The staging table its rows go to.
        parse: Bytes of one capture to rows.
        parse_stream: The same from a stream, for a body too large for memory; a source has one of
            the two.
        fetch: Asks the upstream; None for a committed file.
        file: Name under `warehouse/reference/` for a committed file; None for an upstream.
        refresh_days: How often the source looks, or somebody the documents of a committed file;
            twice as long without that is stale.
        redact: Drops personal data before bytes are written.
        secrets: Environment variables without which the source is skipped.
        backfill: History the upstream keeps beside what `fetch` reads.
        real_answer: Day (or month, or year) of the newest answer of the upstream itself that the
            parser was held against, whoever recorded it, and how much of it: `whole`, or `entries`
            or `lines` put into its shape. None: only answers typed by hand. In docs/SOURCES.md too.
        sightings: Whether an answer equal to the last one says something: a price seen again still
            stands, a filing does not get newer. False: an equal answer is not read again.
        about: What to know of it, where that is not its module's docstring.
        rules: Committed sources that `parse` itself reads, as `ai_borrowers`.
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
    real_answer: str | None = None
    sightings: bool = True
    about: str | None = None
    rules: tuple[str, ...] = ()

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
    def doc(self) -> str:
        """What the upstream is and what to know of it: the docstring of its module."""
        return inspect.cleandoc(self.about or self.module.__doc__ or "")

    @property
    def domain(self) -> str:
        return self.module.__name__.split(".")[-2]


@cache
def discover() -> tuple[Source, ...]:
    """Every module in pipeline/sources/<domain>/, by its SOURCE or SOURCES, in name order.

    Raises:
        AttributeError: a module without SOURCE.
        ValueError: a SOURCE not named after its file, or two sources of one name.
    """
    import pipeline.sources  # after this module: sources import it

    found = pkgutil.walk_packages(pipeline.sources.__path__, "pipeline.sources.")
    sources: list[Source] = []
    for each in sorted(m.name for m in found if m.name.count(".") == 3 and "._" not in m.name):
        module = importlib.import_module(each)
        if hasattr(module, "SOURCES"):
            sources += module.SOURCES
            continue
        source: Source = module.SOURCE
        if source.name != each.rpartition(".")[2]:
            raise ValueError(f"{each}: SOURCE is named {source.name}")
        sources.append(source)
    names = [each.name for each in sources]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two sources of one name: {twice}")
    return tuple(sorted(sources, key=lambda each: (each.domain, each.name)))
