"""AWS p5.48xlarge (eight H100), Linux, us-east-1: daily reads of the Price List API.

Rows whose timestamp is a bare date carry no price: placeholders from before the first read.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="amorton45_aws_p5",
    source_url="https://github.com/amorton45/aws-gpu-price-tracker/tree/b81b52d",
    licence="facts only; no licence file",
    confidence="high",
    refresh_days=1,
    max_gap_days=7,
    priority=1,
)
ACCELERATORS = 8  # of a p5.48xlarge


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the list price per H100-hour, one per day: the last read of the day."""
    prices = pl.read_csv(folder / "gpu_prices.csv", schema_overrides={"price_usd": pl.Float64})
    placeholder = pl.col("price_usd").is_null()
    rows = (
        prices.sort("timestamp")
        .with_columns(seen_on=pl.col("timestamp").str.head(10).str.to_date())
        .unique("seen_on", keep="last", maintain_order=True)
    )
    return sightings(
        rows.select(
            provider_raw=pl.lit("aws"),
            accelerator_raw=pl.lit("H100"),
            instance_type="instance",
            accelerator_count=pl.lit(ACCELERATORS),
            market=pl.lit("on_demand"),
            basis=pl.lit("all_in"),
            region=pl.lit("us-east-1"),
            seen_on="seen_on",
            price_usd_per_gpu_hour=pl.col("price_usd") / ACCELERATORS,
            reason=pl.when(placeholder).then(pl.lit("placeholder")),
        )
    )
