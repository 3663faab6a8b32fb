"""DigitalOcean's sizes API, about hourly on 125 days, 2026-04-20 to 08-22, as change points.

MIT, vishwamitra1971. The extract keeps the captures at which a price was first seen or changed; the
price was seen unchanged at every capture between two of them, on each day, until 2026-08-22. One
list holds in every region; the region printed is that of the first capture that offered the size.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="digitalocean_sizes",
    source_url="https://github.com/vishwamitra1971/canadian-gpu-availability/tree/7ff3685b",
    licence="MIT, Copyright (c) vishwamitra1971",
    confidence="high",
    refresh_days=1,
    max_gap_days=3,
    priority=11,
)
LAST_LOOK_ON = date(2026, 8, 22)


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS on every day of the record, USD per GPU-hour."""
    return distil(printed(folder))


def distil(changes: pl.DataFrame) -> pl.DataFrame:
    """A size's price on each day from its change point to the day before the next, or the end."""
    per_size = (
        changes.sort("observed_at")
        .unique(["instance_type", "seen_on"], keep="last", maintain_order=True)
        .with_columns(
            until=(pl.col("seen_on").shift(-1).over("instance_type") - pl.duration(days=1))
            .fill_null(LAST_LOOK_ON)
            .cast(pl.Date)
        )
    )
    daily = per_size.with_columns(
        seen_on=pl.date_ranges("seen_on", "until", interval="1d")
    ).explode("seen_on")
    return shaped(daily, instance_type=pl.col("instance_type"))
