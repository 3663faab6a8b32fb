"""A daily feed of the cheapest on-demand price per provider and chip, three days of it.

2026-09-03, 10-01 and 10-04 (a subset). For sellers with one list the minimum is the list price of
the cheapest size; on a marketplace it is one machine, and of RunPod's two clouds it is the cheaper.
Euro prices (Scaleway) are converted upstream at the ECB rate of the day.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="toolshedlabs",
    source_url="https://github.com/toolshedlabs-hash/gpu-price-feed/tree/3c41e77/data/history/v2",
    licence="facts only; upstream states none",
    confidence="medium",
    refresh_days=1,
    max_gap_days=3,
    priority=46,
)
PRICES = "cheapest_on_demand_datacenter_gpus.csv"
MARKETPLACE = "vastai"
# RunPod chips that its community cloud does not sell (hemgo_dashboard, 2026-08-22; MI300X stood at
# the placeholder 0.50): their minimum is the secure price. MI350X appears nowhere else.
SECURE_ONLY = ["MI300X 192GB", "H200 141GB NVL"]
TIER_UNKNOWN = ["MI350X 294GB"]
UNSTATED = r" \(form unstated\)$"


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the cheapest on-demand prices, USD per GPU-hour."""
    return distil(pl.read_csv(folder / PRICES))


def distil(prices: pl.DataFrame) -> pl.DataFrame:
    """One sighting per row of the feed."""
    seller, chip = pl.col("provider"), pl.col("gpu_key")
    is_market = seller == MARKETPLACE
    is_runpod = seller == "runpod"
    is_unknown = is_market | (is_runpod & chip.is_in(TIER_UNKNOWN))
    is_community = is_runpod & ~chip.is_in([*SECURE_ONLY, *TIER_UNKNOWN])
    return sightings(
        prices.select(
            provider_raw=pl.when(is_community).then(pl.lit("runpod-community")).otherwise(seller),
            accelerator_raw=chip.str.replace(UNSTATED, ""),
            memory_gib=chip.str.extract(r"(\d+)GB").cast(pl.Float64),
            market=pl.lit("on_demand"),
            basis=pl.lit("all_in"),
            region=pl.lit("global"),
            seen_on=pl.col("collected_at").str.to_datetime(time_zone="UTC").dt.date(),
            price_usd_per_gpu_hour="cheapest_usd_per_gpu_hr",
            flag=pl.when(is_unknown).then(pl.lit("cheapest_only")),
        )
    )
