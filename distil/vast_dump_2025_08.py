"""One answer of Vast's search, 2025-08-07, filtered: 21 offers of nine machines.

A card of fewer than three machines is no market level; all of them are.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, kms_hoangdao
from distil._extract import printed

EVIDENCE = Evidence(
    name="vast_dump_2025_08",
    source_url="https://github.com/Eremeyen/compute-markets-prototype/tree/e699736",
    licence="facts only; upstream states none",
    confidence="medium",
    refresh_days=1,
    max_gap_days=1,
    priority=33,
)


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the day, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One median per card; the search returned verified machines."""
    return kms_hoangdao.machines(rows.with_columns(verification=pl.lit("verified")))
