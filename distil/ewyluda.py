"""A daily recorder of ten clouds, two of its days: 2026-10-01 and 10-07.

Whole machines and lists per GPU as each cloud prints them. Hyperstack's plain H100 and A100 are
PCIe cards; those with NVLink are pairs, another item.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="ewyluda",
    source_url="https://github.com/ewyluda/gpu-price-index/tree/6727cec/data/observations",
    licence="facts only; MIT for the code",
    confidence="high",
    refresh_days=1,
    max_gap_days=1,
    priority=12,
)
CLOUDS = ["aws", "azure", "gcp"]
SXM = {"H100": "H100 SXM", "H200": "H200 SXM", "A100-80GB": "A100 SXM 80GB"}
FORMS = {
    (seller, name): form
    for seller in (
        "coreweave",
        "crusoe",
        "hyperstack",
        "lambda",
        "nebius",
        "runpod",
        "oracle",
    )
    for name, form in SXM.items()
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of both days, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per offer."""
    seller, machine = pl.col("provider"), pl.col("instance_type")
    lambda_form = (
        pl.when(machine.str.contains("pcie"))
        .then(pl.lit("A100 PCIe 40GB"))
        .otherwise(pl.lit("A100 SXM 40GB"))
    )
    named = rows.with_columns(
        accelerator_raw=pl.when(pl.col("accelerator_raw") == "A100-40GB", seller == "lambda")
        .then(lambda_form)
        .when(pl.col("accelerator_raw") == "A100-40GB", seller == "runpod")
        .then(pl.lit("A100 SXM 40GB"))
        .otherwise("accelerator_raw")
    )
    return shaped(
        named,
        ((seller == "hyperstack") & machine.str.contains("NVLink"), "paired_cards"),
        region=pl.when(seller.is_in(CLOUDS)).then("provider_region"),
        instance_type=pl.when(seller.is_in(CLOUDS)).then(machine),
        forms=FORMS,
    )
