"""On-demand offers in European regions, 21 days of 2026-07-18 to 08-22 (EUCRI).

DataCrunch, Nebius and Seeweb are typed constants, of one day each. Scaleway is in euros: set aside.
Vast's few machines of the region are no level of the marketplace. Machine types decide the chip.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="markrusch_eucri",
    source_url="https://github.com/markrusch/Compute-Index/tree/f656459",
    licence="facts only; upstream states none",
    confidence="high",
    refresh_days=1,
    max_gap_days=3,
    priority=14,
)
CLOUDS = ["aws", "azure", "gcp"]
TYPED = ["datacrunch", "nebius", "seeweb"]
ZONE = r"-[a-c]$"


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the record, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per offer; Google's zones of a region are one region."""
    seller, region = pl.col("provider"), pl.col("provider_region")
    is_google = seller == "gcp"
    return shaped(
        rows,
        (pl.col("currency") != "USD", "foreign_currency"),
        (seller == "vast.ai", "cheapest_only"),
        (seller.is_in(TYPED), "constant"),
        # Edge sites sell no machine to rent by the hour.
        (pl.col("instance_type").str.contains("edgegpu"), "other_product"),
        region=pl.when(seller.is_in(CLOUDS)).then(
            pl.when(is_google).then(region.str.replace(ZONE, "")).otherwise(region)
        ),
        instance_type=pl.when(seller.is_in(CLOUDS)).then("instance_type"),
    )
