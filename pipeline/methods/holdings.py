"""From a holder's words to a borrower and a facility, by stated rules in order."""

import polars as pl

from pipeline.contracts import Tables


def resolved(frame: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Holdings with borrower, facility, score and reason."""
    raise NotImplementedError
