"""A daily summary of Vast for five model families, 2026-06-18 to 08-10: validation only.

SXM, PCIe and NVL, and 40 and 80 GB, stand under one name. B200 and RTX 4090 have one form, yet
modified RTX 4090 cards of 48 GB are among the latter (ccir_vast): only B200 is one card.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="qqqqhuhu_vast",
    source_url="https://github.com/qqqqhuhu/gpu_monitor/tree/a1b6cd9",
    licence="facts only; upstream states none",
    confidence="low",
    refresh_days=1,
    max_gap_days=3,
    priority=82,
)
PRICES = "gpu_prices.csv"
FAMILIES = {
    "H100": "H100",
    "H200": "H200",
    "B200": "B200",
    "RTX4090": "RTX 4090",
    "A100": "A100",
}
SINGLE = ["B200"]
THIN_OFFERS = 5


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of daily medians per family, USD per GPU-hour."""
    return distil(pl.read_csv(folder / PRICES, try_parse_dates=True))


def distil(prices: pl.DataFrame) -> pl.DataFrame:
    """One sighting per day and family."""
    rows = pl.concat(
        prices.select(
            seen_on="date",
            accelerator_raw=pl.lit(name),
            price_usd_per_gpu_hour=pl.col(f"{family}_median").cast(pl.Float64),
            offer_count=pl.col(f"{family}_offers").cast(pl.Int64),
        )
        for family, name in FAMILIES.items()
    )
    return sightings(
        rows.filter(pl.col("price_usd_per_gpu_hour").is_not_null()).with_columns(
            provider_raw=pl.lit("vast.ai"),
            market=pl.lit("on_demand"),
            basis=pl.lit("all_in"),
            region=pl.lit("global"),
            reason=pl.when(~pl.col("accelerator_raw").is_in(SINGLE))
            .then(pl.lit("pooled"))
            .when(pl.col("offer_count") < THIN_OFFERS)
            .then(pl.lit("thin_book")),
        )
    )
