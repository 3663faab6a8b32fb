"""Price pages of Civo, Leafcloud and Hikube, read by hand on 2026-05-20 and 2026-08-12.

Euro rows (Leafcloud, Hikube), without VAT, are set aside: the day's exchange rate is no part of
this record and the history file is in dollars. Civo's 36-month prices need a commitment.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="eu_cloud_prices",
    source_url="https://github.com/mixxor/eu-cloud-prices/tree/ec4a406",
    licence="facts only; upstream states none",
    confidence="medium",
    refresh_days=28,
    max_gap_days=31,
    priority=52,
)


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of both days, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per machine type and term."""
    name = pl.col("accelerator_raw")
    civo = pl.col("provider") == "civo"
    return shaped(
        rows.with_columns(
            accelerator_raw=name.str.replace(r"PCI$", "PCIe"),
            # Civo's A100 page: "A100 40GB PCIe", "A100 80GB PCIe" are sold as gpu-a100-40, -80.
        ),
        (pl.col("currency") != "USD", "foreign_currency"),
        forms={("civo", "NVIDIA A100"): "A100 PCIe"},
        instance_type=pl.when(civo).then("instance_type"),
    )
