"""AWS on demand and one-year reserved (no upfront), all regions: 2025-11-30 and 2026-01-21.

From the file behind instances.vantage.sh as a site builder downloaded it; the machine type names
the chip, the printed name does not always ("Unknown GPU" for Trainium and Inferentia, P6 as GB200).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="aws_gpu_regions",
    source_url="https://github.com/tsaol/aws-gpu/tree/7412fd2/data",
    licence="facts only; data of instances.vantage.sh",
    confidence="high",
    refresh_days=28,
    max_gap_days=60,
    priority=6,
)
LOCAL_ZONE = r"^[a-z]+-[a-z]+-\d-[a-z]"
B200, B300 = r"^p6-b200", r"^p6-b300"


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of both days, USD per accelerator-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per machine type, region and market."""
    machine = pl.col("instance_type")
    named = rows.with_columns(
        accelerator_raw=pl.when(machine.str.contains(B200))
        .then(pl.lit("B200"))
        .when(machine.str.contains(B300))
        .then(pl.lit("B300"))
        .otherwise("accelerator_raw")
    )
    return shaped(
        named,
        (pl.col("provider_region").str.contains(LOCAL_ZONE), "local_zone"),
        (pl.col("count") < 1, "unknown_count"),
        region=pl.col("provider_region"),
        instance_type=machine,
    )
