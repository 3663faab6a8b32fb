"""Edges between companies: both ends must be known by name, and an edge leads somewhere else."""

from collections.abc import Callable

import polars as pl

from pipeline.identity import Tables

__all__ = ["between_known"]


def between_known(giver: str, taker: str) -> Callable[[pl.DataFrame, Tables], pl.DataFrame]:
    """The rule for rows whose columns `giver` and `taker` are to be entities.

    Returns:
        A `prepare` that reads `entities` and sets `reason` where a name is unknown, or both ends
        are the same company under its canonical name.
    """

    def prepare(frame: pl.DataFrame, tables: Tables) -> pl.DataFrame:
        rows = tables["entities"].select("entity", "canonical_entity")
        names = dict(rows.iter_rows())
        unknown = [
            pl.when(~pl.col(each).is_in(list(names))).then(pl.format("unknown entity: {}", each))
            for each in (giver, taker)
        ]
        one, other = (pl.col(each).replace(names) for each in (giver, taker))
        itself = pl.when(one == other).then(pl.lit("an edge to itself"))
        return frame.with_columns(reason=pl.coalesce(*unknown, itself))

    return prepare
