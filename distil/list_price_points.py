"""Single list prices with one address each, 2025-01 to 2026-11, and a hand-kept TPU table.

Capacity Blocks are prepaid reservations of 1 to 182 days, priced by start date: no term of ours
fits and the address is a test copy of the page, so they are rejected. Medians of a few Vast offers
are flagged as thin. An operator's own spot price list (CoreWeave, Verda) is administered.

The TPU table is edited by hand and its date is the month of the file. v5e, v5p and v6e are per
chip: they equal the slices of anycloud (tpu-v6e-1 2.70, tpu-v5p-8 16.80 / 4, tpu-v5litepod-1
1.20). Older generations mix units (v4: 3.22 per chip on demand beside 3.686 per slice on spot).
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="list_price_points",
    source_url="https://github.com/dstackai/gpuhunt/tree/3584151",
    licence="facts only; licence mixed or not established",
    confidence="medium",
    refresh_days=1,
    # Points come from different readers; what lies between two of them nobody saw.
    max_gap_days=1,
    priority=31,
)
# The month is all that is known of the table's date; its last day is when it was surely public.
TPU_TABLE_ON = date(2026, 8, 31)
PER_CHIP = ("TPU v5e", "TPU v5p", "TPU v6e")
THIN = r"(?i)median"
TPU_COLUMNS = {"On Demand (USD)": "on_demand", "Spot (USD)": "spot"}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of both files, USD per accelerator-hour."""
    table = json.loads((folder / "gpuhunt_tpu_pricing_2026-08.json").read_text(encoding="utf-8"))
    return pl.concat([points(pl.read_csv(folder / "points.csv")), tpus(table)])


def points(rows: pl.DataFrame) -> pl.DataFrame:
    """The re-typed points; a region stands behind the instance type where one is stated."""
    sku, provider = pl.col("sku"), pl.col("provider")
    aws = provider == "AWS"
    spot = pl.col("price_type") == "spot"
    return sightings(
        rows.select(
            provider_raw=provider.str.replace("^RunPod secure$", "runpod").str.replace(
                "^RunPod community$", "runpod-community"
            ),
            accelerator_raw="gpu_model",
            accelerator_count="gpu_count",
            instance_type=pl.when(sku.str.contains(r"^\w+[.-]\w+"), provider != "Vast.ai").then(
                sku.str.extract(r"^(\S+)")
            ),
            market=pl.when(spot).then(pl.lit("spot")).otherwise(pl.lit("on_demand")),
            spot_kind=pl.when(spot).then(
                pl.when(aws).then(pl.lit("market")).otherwise(pl.lit("administered"))
            ),
            basis=pl.lit("all_in"),
            region=pl.when(aws).then(sku.str.extract(r" (\S+)$")).otherwise(pl.lit("global")),
            seen_on=pl.col("as_of").cast(pl.String).str.to_date(),
            price_usd_per_gpu_hour=pl.col("instance_usd_hr") / pl.col("gpu_count"),
            flag=pl.when(sku.str.contains(THIN))
            .then(pl.lit("thin_book"))
            .when(spot & ~aws)
            .then(pl.lit("administered")),
            offer_count=sku.str.extract(r"(?i)median of (\d+)").cast(pl.Int64),
            reason=pl.when(pl.col("price_type") == "reservation").then(pl.lit("capacity_block")),
            source_url="source_url",
        )
    )


def tpus(table: dict[str, dict[str, dict[str, float]]]) -> pl.DataFrame:
    """The TPU table; what is certainly per chip is kept as curated, the rest rejected."""
    cells = [
        {
            "accelerator_raw": name,
            "region": region,
            "market": market,
            "price_usd_per_gpu_hour": float(prices[column]),
        }
        for name, regions in table.items()
        for region, prices in regions.items()
        for column, market in TPU_COLUMNS.items()
    ]
    return sightings(
        pl.DataFrame(cells).with_columns(
            provider_raw=pl.lit("gcp"),
            spot_kind=pl.when(pl.col("market") == "spot").then(pl.lit("administered")),
            basis=pl.lit("all_in"),
            seen_on=pl.lit(TPU_TABLE_ON),
            flag=pl.lit("curated"),
            confidence=pl.lit("low"),
            reason=pl.when(~pl.col("accelerator_raw").is_in(PER_CHIP)).then(
                pl.lit("unit_uncertain")
            ),
        )
    )
