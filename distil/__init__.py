"""Distil recorded price histories into warehouse/reference/gpu_price_history.csv.

One module per evidence folder, found by being here: `runs` and `document` are machinery, every
other module is a folder of the same name. A folder module has two names:

    EVIDENCE = Evidence(...)                        who read it, under which terms, how often
    def read(folder: Path) -> pl.DataFrame: ...     SIGHTINGS: one row per price somebody saw

`read` normalises units (USD per accelerator-hour, chips for TPU), applies the folder's own traps
and returns `sightings(frame)`. Names stay as printed: identity is resolved once, for all folders,
in `runs`. A row that must not be used is returned with a `reason`, so that it is counted.

A sighting is one day on which the source looked and saw that price. `read` returns every sighting
it can defend, unchanged prices included, and never one for a day on which nobody looked: a price
run is made of sightings, and a silence longer than `max_gap_days` ends it. So does a row that says
the price is gone (reasons ENDS_RUN): return a price that was taken off the list with the reason
"removed" on that day.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import cast

import polars as pl

READ_ON = date(2026, 11, 27)
FILINGS_READ_ON = date(2026, 11, 23)
MACHINERY = {"runs", "document", "__main__"}
# A look that found no price, as against a price that is not to be trusted.
ENDS_RUN = ("removed", "not_priced_yet", "not_offered")

# Required of `read`.
REQUIRED: dict[str, pl.DataType] = {
    "provider_raw": pl.String(),
    "accelerator_raw": pl.String(),
    "market": pl.String(),  # on_demand | spot | reserved
    "basis": pl.String(),  # all_in | gpu_component
    "region": pl.String(),  # "global" when none is stated
    "seen_on": pl.Date(),  # UTC day
    "price_usd_per_gpu_hour": pl.Float64(),
}
# Filled with null by `sightings` when a folder does not have them.
OPTIONAL: dict[str, pl.DataType] = {
    "memory_gib": pl.Float64(),  # per accelerator
    "instance_type": pl.String(),
    "accelerator_count": pl.Int64(),  # breaks ties between instance types; TPU: chips
    "spot_kind": pl.String(),  # market | administered | bid_floor, only for spot
    "term_months": pl.Int64(),  # only for reserved
    "host_count": pl.Int64(),
    "offer_count": pl.Int64(),
    "flag": pl.String(),  # kept, but out of indices: administered, no_discount, pooled, curated ...
    "reason": pl.String(),  # set = rejected, with the name of the trap
    # Set per row only where they differ from EVIDENCE.
    "source_url": pl.String(),
    "confidence": pl.String(),
    "refresh_days": pl.Int64(),
    "max_gap_days": pl.Int64(),
}
SIGHTINGS: dict[str, pl.DataType] = REQUIRED | OPTIONAL


@dataclass(frozen=True)
class Evidence:
    """Who recorded a folder's prices, and how far one sighting reaches.

    Attributes:
        name: The folder and module name.
        source_url: The repository page at the pinned commit, or the data set.
        licence: Short; "facts only; <state of the upstream licence>" where files may not be copied.
        confidence: high, medium or low.
        refresh_days: How often the source looked; one observation stands that long.
        max_gap_days: Two sightings further apart than this belong to two runs.
        priority: Lower wins where two folders saw the same key on the same days. Guide: 1-19
            read from the provider's API on the day, 20 the same less often, 30 list points with an
            address, 40 daily trackers, 60 curated tables, 80 pooled or thin medians. Unique.
    """

    name: str
    source_url: str
    licence: str
    confidence: str
    refresh_days: int
    max_gap_days: int
    priority: int


@dataclass(frozen=True)
class Folder:
    evidence: Evidence
    read: Callable[[Path], pl.DataFrame]


def sightings(frame: pl.DataFrame) -> pl.DataFrame:
    """Exactly the SIGHTINGS columns and types; columns a folder lacks become null.

    Raises:
        ValueError: A required column is missing, or one is not part of SIGHTINGS.
    """
    if missing := sorted(REQUIRED.keys() - set(frame.columns)):
        raise ValueError(f"sightings: missing {missing}")
    if extra := sorted(set(frame.columns) - SIGHTINGS.keys()):
        raise ValueError(f"sightings: not part of the interface: {extra}")
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in SIGHTINGS.items()
    )


def discover() -> list[Folder]:
    """Every folder module in this package, best evidence first.

    Raises:
        ValueError: A module's EVIDENCE has another name, or two share a priority.
    """
    found: list[Folder] = []
    for info in pkgutil.iter_modules(__path__):
        if info.name in MACHINERY or info.name.startswith("_"):
            continue
        module: ModuleType = importlib.import_module(f"{__name__}.{info.name}")
        evidence = cast(Evidence, module.EVIDENCE)
        if evidence.name != info.name:
            raise ValueError(f"{info.name}: EVIDENCE is named {evidence.name}")
        found.append(Folder(evidence, module.read))
    priorities = [folder.evidence.priority for folder in found]
    if twice := sorted({p for p in priorities if priorities.count(p) > 1}):
        raise ValueError(f"two folders share the priorities {twice}")
    return sorted(found, key=lambda folder: folder.evidence.priority)
