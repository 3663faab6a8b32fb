"""When a filed figure became public, and which figures cannot be used."""

from datetime import timedelta

import polars as pl

from pipeline.identity import Tables
from pipeline.identity.slips import REASON, contradictions

UTC_MOMENT = pl.Datetime("us", "UTC")


def dated(frame: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """`known_at` of each figure: the moment the SEC accepted its filing.

    Where the filing itself is not held, the end of the filing day: the SEC dates what it accepts
    after 17:30 New York time to the next business day (EDGAR filer manual, volume II), so the day's
    end in UTC is never earlier than the acceptance.

    Args:
        frame: What `parse` returned, with `accession`, `filed_on` and `captured_at`; rows that
            cannot be used have a `reason`.
        tables: `filings`.

    Returns:
        The frame with `known_at`, and `reason` (null where the row can be used).
    """
    if "reason" not in frame.columns:
        frame = frame.with_columns(reason=pl.lit(None, pl.String))
    frame = frame.with_columns(reason=pl.coalesce("reason", _unusable())).with_row_index("place")
    sound = frame.filter(pl.col("reason").is_null())
    slips = sound.filter(contradictions(sound))["place"]
    slipped = pl.when(pl.col("place").is_in(slips.implode())).then(pl.lit(REASON))
    frame = frame.with_columns(reason=pl.coalesce("reason", slipped)).drop("place")
    accepted = tables["filings"].select("accession", "accepted_at").unique("accession")
    day_end = pl.col("filed_on").cast(UTC_MOMENT) + timedelta(days=1)
    return (
        frame.join(accepted, on="accession", how="left", maintain_order="left")
        .with_columns(
            known_at=pl.coalesce("accepted_at", pl.min_horizontal(day_end, "captured_at"))
        )
        .drop("accepted_at")
    )


def _unusable() -> pl.Expr:
    """Why a figure cannot be used whatever it means.

    Flows of shares are filed with either sign: NVIDIA's shares forfeited of 2010 are -181,987. A
    number of shares at a moment, or an average of it, is not: of 114 negative figures in shares in
    six recorded answers none is one.
    """
    is_count = pl.col("period_start_on").is_null() | pl.col("concept").str.contains("Outstanding")
    return (
        pl.when(~pl.col("value").is_finite())
        .then(pl.lit("value_not_finite"))
        .when((pl.col("unit") == "shares") & (pl.col("value") < 0) & is_count)
        .then(pl.lit("negative_share_count"))
    )
