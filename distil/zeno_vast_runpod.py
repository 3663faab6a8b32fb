"""Daily medians of Vast and RunPod by model family, 2026-06-13 to 08-22: validation only.

A RunPod median is over every card whose name contains the model, an H100 on Vast is SXM, PCIe or
NVL, and Vast's A100 misses the SXM4 and pools the PCIe cards of 40 and 80 GB. Only B200 is one
card; all else is rejected as pooled.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="zeno_vast_runpod",
    source_url="https://github.com/Zeno00-00/gpu-price-tracker/tree/b65c040",
    licence="facts only; upstream states none",
    confidence="low",
    refresh_days=1,
    max_gap_days=3,
    priority=80,
)
PRICES = "gpu_prices.csv"
SINGLE = ["B200"]  # one form, one memory size, under this name
THIN_OFFERS = 5


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of medians per family, USD per GPU-hour."""
    return distil(pl.read_csv(folder / PRICES, try_parse_dates=True))


def distil(prices: pl.DataFrame) -> pl.DataFrame:
    """One sighting per row of the file."""
    is_runpod = pl.col("provider") == "runpod"
    is_community = pl.col("tier") == "community_cloud"
    reason = (
        pl.when(~pl.col("gpu_model").is_in(SINGLE))
        .then(pl.lit("pooled"))
        .when(~is_runpod & (pl.col("n_offers") < THIN_OFFERS))
        .then(pl.lit("thin_book"))
    )
    return sightings(
        prices.select(
            provider_raw=pl.when(is_runpod & is_community)
            .then(pl.lit("runpod-community"))
            .otherwise(pl.col("provider")),
            accelerator_raw="gpu_model",
            market=pl.lit("on_demand"),
            basis=pl.lit("all_in"),
            region=pl.lit("global"),
            seen_on="date",
            price_usd_per_gpu_hour="price_usd_per_gpu_hr",
            offer_count=pl.when(~is_runpod).then("n_offers"),
            reason=reason,
        )
    )
