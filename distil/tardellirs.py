"""Offerings of seventeen clouds on 2026-05-24.

MIT, tardellirs. Dataoorts sells fractions of GPUs, Akash and Vast are floors ("cheapest live
offer"), Spheron resells; RunPod's H100 and A100 "spot" above on demand is a price of two cards.
Forms that the page leaves out are given to sellers that have one.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="tardellirs",
    source_url="https://github.com/tardellirs/gpu-pricing/tree/8f09a68/src/data",
    licence="MIT, Copyright (c) tardellirs",
    confidence="medium",
    refresh_days=1,
    max_gap_days=1,
    priority=43,
)
DOUBLED = r"\b(SXM\d?|PCIe|NVLink|NVL) (SXM|PCIe|NVLink|NVL)$"
FORMS = {
    ("hyperstack", "NVIDIA A100 SXM"): "A100 SXM 80GB",
    ("runpod", "NVIDIA H200"): "H200 SXM",
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the day, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per offering."""
    seller, name = pl.col("provider"), pl.col("accelerator_raw")
    on_demand = (pl.col("market") == "on_demand").any().over("provider", "accelerator_raw")
    dearest = pl.col("price").filter(pl.col("market") == "on_demand").max()
    above = (
        (pl.col("market") == "spot")
        & on_demand
        & (pl.col("price") > dearest.over("provider", "accelerator_raw"))
    )
    return shaped(
        rows.with_columns(accelerator_raw=name.str.strip_chars().str.replace(DOUBLED, "${1}")),
        (seller == "dataoorts", "fractional"),
        (seller.is_in(["akash", "vast-ai"]), "cheapest_only"),
        (seller == "spheron", "reseller"),
        # "Prototyping" is a shared card; Vultr prints an older and a newer list of L40S and GH200.
        (pl.col("instance_type").is_in(["prototyping", "marketplace"]), "fractional"),
        ((seller == "vultr") & name.str.contains("L40S"), "variant_unclear"),
        ((seller == "hyperstack") & name.str.contains("NVLink"), "paired_cards"),
        (above, "spot_above_on_demand"),
        forms=FORMS,
    )
