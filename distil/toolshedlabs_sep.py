"""Six more days of the feed of `toolshedlabs`: 2026-09-01, 02, 13, 14, 15 and 16.

The same rules hold: a minimum is a list price where there is one list. It looked on those days
and on no other. DataCrunch (Verda) moves its prices daily from 09-14.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, toolshedlabs

EVIDENCE = Evidence(
    name="toolshedlabs_sep",
    source_url="https://github.com/toolshedlabs-hash/gpu-price-feed/tree/0563729/data/history/v2",
    licence="facts only; upstream states none",
    confidence="medium",
    refresh_days=1,
    max_gap_days=3,
    priority=47,
)
RENAMED = {
    "vast": "vastai",
    "lambda": "lambdalabs",
    "datacrunch (verda)": "datacrunch",
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the cheapest on-demand prices, USD per GPU-hour."""
    [path] = sorted(folder.glob("*.csv"))
    return toolshedlabs.distil(
        pl.read_csv(path).select(
            collected_at=pl.col("observed_at").str.replace("Z$", "+00:00"),
            provider=pl.col("provider").replace(RENAMED),
            gpu_key="accelerator_raw",
            cheapest_usd_per_gpu_hr="price",
        )
    )
