"""Lambda's and RunPod's price pages, read daily from 2026-06-29 to 08-22, per GPU.

Lambda prints one row per instance size; the vCPU count in the label tells how many GPUs it has
(26 each). RunPod's page prints one price per card for both clouds: it is the secure one, equal to
the secure price and above the community price of the API on every card where the two differ
(cherielilili 2026-06-29 to 07-20, hemgo_dashboard 2026-08-20 to 08-22), with a lag of two days.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="krisjiang_lambda_runpod",
    source_url="https://github.com/krisjiang-matrix/gpu_price_track/tree/f137562",
    licence="facts only; upstream states none",
    confidence="high",
    refresh_days=1,
    max_gap_days=5,
    priority=40,
)
PRICES = "gpu_prices.csv"
# Card, memory and vCPUs at the start of a Lambda label: "NVIDIA H100 SXM 80 GB 26 225 GiB ...".
LABEL = r"^(?P<card>.+?) (?P<memory>\d+) GB (?P<vcpus>\d+) "
VCPUS_EACH = {  # by card
    "NVIDIA H100 SXM": 26,
    "NVIDIA B200 SXM6": 26,
    "NVIDIA A100 PCIe": 30,
    "NVIDIA A6000": 14,
    "Tesla V100": 11,
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of on-demand prices, USD per GPU-hour."""
    return distil(pl.read_csv(folder / PRICES, infer_schema_length=None))


def distil(prices: pl.DataFrame) -> pl.DataFrame:
    """One sighting per row of the pages."""
    label = pl.col("raw_label")
    is_runpod = pl.col("provider") == "Runpod"
    parts = label.str.extract_groups(LABEL)
    card = parts.struct.field("card")
    each = card.replace_strict(VCPUS_EACH, default=None, return_dtype=pl.Int64)
    vcpus = parts.struct.field("vcpus").cast(pl.Int64)
    # A100 SXM comes as 1x with 30 vCPUs, 8x with 124 (40 GB) and 8x with 240 (80 GB).
    is_a100_sxm = card == "NVIDIA A100 SXM"
    count = (
        pl.when(is_a100_sxm)
        .then(pl.when(vcpus > 100).then(8).otherwise(1))
        .otherwise(vcpus // each)
    )
    memory = pl.coalesce(
        parts.struct.field("memory"), pl.col("notes").str.extract(r"^(\d+) GB VRAM")
    )
    return sightings(
        prices.select(
            provider_raw="provider",
            accelerator_raw=pl.when(is_runpod).then(label).otherwise(card),
            memory_gib=memory.cast(pl.Float64),
            instance_type=pl.when(~is_runpod).then(pl.format("{}x", count.fill_null(1))),
            accelerator_count=pl.when(~is_runpod).then(count.fill_null(1)),
            market=pl.lit("on_demand"),
            basis=pl.lit("all_in"),
            region=pl.lit("global"),
            seen_on=pl.col("observed_at_utc").str.to_datetime(time_zone="UTC").dt.date(),
            price_usd_per_gpu_hour="price_usd_per_gpu_hour",
            confidence=pl.when(is_runpod).then(pl.lit("medium")),
            reason=pl.when(
                ~pl.col("market").is_in(["on-demand", "pods-community-secure-cloud"])
            ).then(pl.lit("unknown_market")),
        )
    )
