"""When rows that come have the key of rows that are held, as SQL conditions."""

from datetime import datetime

import polars as pl

from pipeline.contracts import Contract

__all__ = ["near", "same_key"]


def same_key(terms: Contract) -> str:
    """Condition that a row of `incoming` has the key of one of `held`.

    A key may be null, as the start of an instant is: null is then the same as null.
    """
    return " and ".join(f"incoming.{key} is not distinct from held.{key}" for key in terms.key)


def near(terms: Contract, incoming: pl.DataFrame) -> str:
    """Condition on `held` that every row with a key of these meets: the stretch they are of.

    With it DuckDB passes over blocks of other times: what is compared follows what came.
    """
    if "observed_at" not in terms.key or incoming["observed_at"].null_count():
        return "true"
    first, last = incoming["observed_at"].min(), incoming["observed_at"].max()
    if not (isinstance(first, datetime) and isinstance(last, datetime)):
        return "true"  # no rows
    return f"held.observed_at between timestamptz '{first}' and timestamptz '{last}'"
