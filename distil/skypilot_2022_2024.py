"""SkyPilot's price catalog, 2022-07 to 2024-04: AWS and Google by a bot, other clouds by hand.

From 2022-12-02 the bot read AWS about every seven hours. The Google file was committed only when a
price in it changed. Azure, OCI, Lambda and the rest are as old as their last hand refresh, so they
are sighted only on the days of commits to their own file.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, _skypilot, sightings

EVIDENCE = Evidence(
    name="skypilot_2022_2024",
    source_url="https://github.com/fluidstackio/skypilot-catalog/tree/c75e2c0",
    licence="facts only; no licence file",
    confidence="high",
    refresh_days=1,
    max_gap_days=31,
    priority=2,
)
LOG = "accelerator_price_changes_2022-07_2024-04.csv.zst"


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of list and spot prices, USD per accelerator-hour."""
    states = _skypilot.without_copies(_skypilot.daily(_skypilot.read_log(folder / LOG)))
    return distil(states)


def distil(states: pl.DataFrame) -> pl.DataFrame:
    """The sightings of a catalog's daily states, cloud by cloud."""
    priced = _skypilot.per_accelerator(states)
    aws = priced.filter(pl.col("cloud") == "aws")
    google = priced.filter(pl.col("cloud") == "gcp")
    azure = priced.filter(pl.col("cloud") == "azure")
    others = priced.filter(~pl.col("cloud").is_in((*_skypilot.BOT, "azure")))
    by_hand = [
        _skypilot.on_demand(azure),
        _skypilot.spot(azure, kind="administered"),
        _skypilot.everywhere(_skypilot.on_demand(others)),
        _skypilot.everywhere(_skypilot.spot(others, kind="administered")),
    ]
    return sightings(
        pl.concat(
            [
                _skypilot.on_demand(aws),
                _skypilot.weekly_spot(aws),
                _skypilot.on_demand(google),
                _skypilot.spot(google, kind="administered"),
                *(rows.with_columns(confidence=pl.lit("medium")) for rows in by_hand),
            ],
            how="diagonal",
        )
    )
