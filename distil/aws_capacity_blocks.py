"""AWS Capacity Blocks per region on four days, 2026-01-31 to 2026-07-22.

A block is prepaid for 1 to 182 days from a date in the future: neither on demand nor a yearly
commitment. It is a market of its own, for which no table of ours has a place yet, so every row is
set aside as "other_product" and counted; the rates stay with their upstream.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="aws_capacity_blocks",
    source_url="https://github.com/koyakimu/ec2-capacity-blocks-for-ml-pricing-json/tree/23bac71",
    licence="facts only; the README says MIT, no licence file",
    confidence="high",
    refresh_days=28,
    max_gap_days=60,
    priority=7,
)


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS, each with the reason it is set aside for."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per region, machine type and day."""
    return shaped(rows, region=pl.col("provider_region"), instance_type=pl.col("instance_type"))
