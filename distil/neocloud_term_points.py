"""Neysa's price card of May 2026: on demand and 1, 6, 12, 24 and 36 months, five cards.

Printed in the code of another tracker on 2026-05-21; the list itself is dated by its month. Both
H100 forms carry one price. A card like this stands a month.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="neocloud_term_points",
    source_url="https://github.com/sooddvs/gpu-pricing/tree/2d9dd3a",
    licence="facts only; upstream states none",
    confidence="medium",
    refresh_days=28,
    max_gap_days=31,
    priority=53,
)


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the card, USD per GPU-hour."""
    return shaped(printed(folder))
