"""CoreWeave's own documentation of its prices, 2021-01 to 2023-07: ten edits of one page.

The GPU alone: 0.01 per vCPU and 0.005 per GB of memory and hour came on top. The first party's
page: a price it prints stands until the next edit, within 28 days of the day of the edit. The H100
was printed before it could be rented.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import ALONE, printed, shaped

EVIDENCE = Evidence(
    name="coreweave_docs",
    source_url="https://github.com/coreweave/kubernetes-cloud",
    licence="facts only; upstream states none",
    confidence="high",
    refresh_days=28,
    max_gap_days=31,
    priority=30,
)
NVLINK = "NVLINK"


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS on the days of the edits, USD per GPU-hour without the host."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per printed price."""
    name = pl.col("accelerator_raw")
    alone = pl.col("unit").str.contains(ALONE) | pl.col("note").str.contains(ALONE)
    return shaped(
        rows.with_columns(
            accelerator_raw=name.str.replace(r"(?i)A100 for NVLINK", "A100 SXM")
            .str.replace(r"(?i)V100 for NVLINK", "V100 SXM2")
            .str.replace(r"(?i) for PCIe", " PCIe"),
            unit=pl.when(alone).then(pl.lit("per GPU-hour, GPU only")).otherwise("unit"),
        )
    )
