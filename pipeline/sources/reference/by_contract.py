"""Committed files that their contract describes in full: the file and its contract are the source.

Each contract with `committed` set makes one source, of the table's name. A file that needs more
than its columns said, such as rows of another shape than its table's, has a module beside this one.
"""

import polars as pl

from pipeline.contracts import Committed, Contract, declared
from pipeline.sources.committed import read_reference
from pipeline.sources.source import Capture, Source

__all__ = ["SOURCES", "named"]

KEPT = "A committed file: git keeps its history, and every row carries its own citation."


def _source(terms: Contract, told: Committed) -> Source:
    def parse(body: bytes, _: Capture) -> pl.DataFrame:
        """One row per line of the file."""
        return read_reference(body, terms)

    return Source(
        name=terms.name,
        homepage=f"warehouse/reference/{terms.name}.csv",
        terms=told.terms,
        licence=told.licence,
        contract=terms,
        parse=parse,
        file=f"{terms.name}.csv",
        refresh_days=told.refresh_days,
        about=f"{told.about.rstrip()}\n\n{KEPT}",
    )


SOURCES = tuple(_source(each, each.committed) for each in declared() if each.committed)


def named(name: str) -> Source:
    """The source of one of these files.

    Raises:
        KeyError: no contract of this name has a committed file.
    """
    return {each.name: each for each in SOURCES}[name]
