"""SkyPilot's price catalog, 2024-07 to 2024-11: seventeen refreshes of a fork.

The first commit brought every file in as it stood. Its AWS and Google files had come from the bot;
files of other clouds were weeks to months old, so their first look is the next commit to them.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, _skypilot, sightings, skypilot_2022_2024

EVIDENCE = Evidence(
    name="skypilot_2024",
    source_url="https://github.com/OutpostLabs/seedling-catalog/tree/7068b95",
    licence="facts only; no licence file",
    confidence="high",
    refresh_days=7,
    max_gap_days=31,
    priority=3,
)
LOG = "accelerator_price_changes_2024-07_2024-11.csv.zst"
# Never refreshed after the import: RunPod's H100 stands at 4.49 while it sold for 2.69 to 2.99.
NEVER_REFRESHED = ("runpod", "oci", "ovhcloud", "cudo", "ibm", "scaleway", "scp")


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of list and spot prices, USD per accelerator-hour."""
    log = _skypilot.read_log(folder / LOG)
    imported = pl.col("at") == pl.col("at").min()
    # The files of 2022 (v1 to v4) came along unchanged.
    stale = ~pl.col("path").str.starts_with("catalogs/v5/")
    stale |= pl.col("cloud").is_in(NEVER_REFRESHED)
    current = log.filter(~stale)
    imports = log.filter(imported, ~pl.col("cloud").is_in(_skypilot.BOT)).select("path", "at")
    states = _skypilot.daily(current, imports=imports.unique())
    copies = log.filter(stale).with_columns(reason=pl.lit("stale_copy"))
    return pl.concat([skypilot_2022_2024.distil(states), rejected(copies)])


def rejected(events: pl.DataFrame) -> pl.DataFrame:
    """Log rows that repeat old looks, with their reason, so that they are counted."""
    return sightings(
        events.select(
            provider_raw="cloud",
            accelerator_raw="accelerator_name",
            instance_type="instance_type",
            market=pl.lit("on_demand"),
            basis=pl.lit("all_in"),
            region="region",
            seen_on="day",
            price_usd_per_gpu_hour=pl.lit(None, pl.Float64),
            reason="reason",
        )
    )
