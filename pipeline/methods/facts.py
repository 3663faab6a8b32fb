"""When a filed figure became public, and which figures cannot be used."""

from datetime import timedelta

import polars as pl

from pipeline.contracts import Tables

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
    accepted = tables["filings"].select("accession", "accepted_at").unique("accession")
    day_end = pl.col("filed_on").cast(UTC_MOMENT) + timedelta(days=1)
    return (
        frame.join(accepted, on="accession", how="left", maintain_order="left")
        .with_columns(
            known_at=pl.coalesce("accepted_at", pl.min_horizontal(day_end, "captured_at"))
        )
        .drop("accepted_at")
    )
