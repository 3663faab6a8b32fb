"""Checks of a contract, as data: pandera, which applies them, takes a second to load.

A run that lands nothing, or only rows that keep every check, never needs it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import polars as pl

if TYPE_CHECKING:
    import pandera.polars as pa

__all__ = ["Check"]


class _Rows(NamedTuple):
    """What a function of ours is given, named as pandera names it."""

    lazyframe: pl.LazyFrame
    key: str


@dataclass(frozen=True)
class Check:
    """One check of a column or of whole rows: pandera's of that name, or a function of ours.

    Attributes:
        function: Rows to one column of true and false; None for one of pandera's own.
        name: What a row that breaks it is told.
        bounds: What pandera's is given, by its own names of them.
    """

    function: "Callable[[pa.PolarsData], pl.LazyFrame] | None"
    name: str
    bounds: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @classmethod
    def ge(cls, min_value: float) -> "Check":
        """At least."""
        return cls(None, "ge", {"min_value": min_value})

    @classmethod
    def gt(cls, min_value: float) -> "Check":
        """More than."""
        return cls(None, "gt", {"min_value": min_value})

    @classmethod
    def in_range(cls, min_value: float, max_value: float) -> "Check":
        """Between two values, both allowed."""
        return cls(None, "in_range", {"min_value": min_value, "max_value": max_value})

    @classmethod
    def isin(cls, allowed_values: Collection[object]) -> "Check":
        """One of these."""
        return cls(None, "isin", {"allowed_values": allowed_values})

    @classmethod
    def notin(cls, forbidden_values: Collection[object]) -> "Check":
        """None of these."""
        return cls(None, "notin", {"forbidden_values": forbidden_values})

    @classmethod
    def str_matches(cls, pattern: str) -> "Check":
        """A text that begins with the pattern."""
        return cls(None, "str_matches", {"pattern": pattern})

    def made(self) -> "pa.Check":
        """The check as pandera applies it."""
        import pandera.polars as pa

        if self.function is not None:
            return pa.Check(self.function, name=self.name)
        made: pa.Check = getattr(pa.Check, self.name)(**self.bounds)
        return made

    def asked(self, rows: pl.LazyFrame, column: str) -> pl.LazyFrame:
        """Which rows keep it, as pandera would say: true, false, or null where there is no cell.

        Raises:
            NotImplementedError: a check of pandera's that is not said here.
        """
        if self.function is not None:
            return self.function(cast("pa.PolarsData", _Rows(rows, column)))
        cell = pl.col(column)
        match self.name, dict(self.bounds):
            case "ge", {"min_value": least}:
                kept = cell.ge(least)
            case "gt", {"min_value": least}:
                kept = cell.gt(least)
            case "in_range", {"min_value": least, "max_value": most}:
                kept = cell.ge(least) & cell.le(most)
            case "isin", {"allowed_values": values}:
                kept = cell.is_in(values)
            case "notin", {"forbidden_values": values}:
                kept = ~cell.is_in(values)
            case "str_matches", {"pattern": pattern}:
                kept = cell.str.contains(f"^{pattern.removeprefix('^')}")
            case _:
                raise NotImplementedError(self.name)
        return rows.select(kept)
