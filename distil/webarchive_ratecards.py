"""Price pages of eleven neoclouds as the Internet Archive captured them, 2023-02 to 2026-09.

A capture is a look on its day; a list price stands until the next one says otherwise, for 28 days
(and the 3 that any price may be carried), the rhythm of the page captured least often. "From"
prices without a term (Hyperstack, Fluidstack, Nebius) are no term. CoreWeave up to 2024 and
Fluidstack on 2023-09-30 print the GPU without its host. Fluidstack of 2024 and RunPod's spot are
minimum bids or promotions where they say so.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="webarchive_ratecards",
    source_url="https://github.com/henryzhangpku/gpu-price-index/tree/f741b56/backfill",
    licence="facts only; upstream states none",
    confidence="high",
    refresh_days=28,
    max_gap_days=31,
    priority=50,
)
# Pages that name the chip alone, of sellers with one form.
FORMS = {
    ("coreweave", "NVIDIA A100"): "A100 SXM 80GB",
    ("digitalocean", "NVIDIA H100"): "H100 SXM",
    ("digitalocean", "NVIDIA H100x8"): "H100 SXM",
    ("digitalocean", "NVIDIA HGX H100x8"): "H100 SXM",
    ("digitalocean", "NVIDIA H200"): "H200 SXM",
    ("digitalocean", "NVIDIA H200x8"): "H200 SXM",
    ("fluidstack", "A100 40GB NVLINK"): "A100 SXM 40GB",
    ("fluidstack", "A100 80GB NVLINK"): "A100 SXM 80GB",
    ("coreweave", "A100 40GB NVLINK"): "A100 SXM 40GB",
    ("coreweave", "A100 80GB NVLINK"): "A100 SXM 80GB",
    ("fluidstack", "Nvidia H200"): "H200 SXM",
    # Hyperstack lists SXM apart; the plain name and "NVLink" are pairs of PCIe cards.
    ("hyperstack", "NVIDIA A100"): "A100 PCIe 80GB",
    ("hyperstack", "NVIDIA H100"): "H100 PCIe",
    ("lambda", "8x A100"): "A100 SXM",
    ("lambda", "1x A100"): "A100 SXM",
    ("paperspace", "H100"): "H100 SXM",
    ("paperspace", "H100 (NVIDIA HGX H100 GPU)"): "H100 SXM",
    ("nebius", "NVIDIA H100 GPU"): "H100 SXM",
    ("nebius", "NVIDIA H200 GPU"): "H200 SXM",
}
PAIRED = r"NVLink"
PROMOTION = "promotional"


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of every captured price, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per printed price of a capture."""
    name, seller = pl.col("accelerator_raw"), pl.col("provider")
    return shaped(
        rows,
        (pl.col("note").str.contains(PROMOTION), "teaser"),
        # Two PCIe cards under a bridge are sold as their own item.
        ((seller == "hyperstack") & name.str.contains(PAIRED), "paired_cards"),
        forms=FORMS,
    )
