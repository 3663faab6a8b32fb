"""Prime Intellect, a marketplace that resells other sellers' GPUs, every 30 to 40 minutes.

2025-10-19 to 11-16. One line per capture and chip with a count, minimum and average per seller; the
averages pool sizes (16x to 256x repeat one price) and, for some sellers, spot with on demand. The
minimum of a seller who never shows a spot offer is its cheapest on-demand size, and the lowest of
a day is the price of its cheapest size even when that size sold out for hours.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="prime_intellect",
    source_url="https://github.com/tugot17/gpu-price-tracker/tree/718a831",
    licence="MIT, Copyright (c) 2025 Piotr Mazurek",
    confidence="high",
    refresh_days=1,
    max_gap_days=3,
    priority=22,
)
# Sellers of whom a best deal was marked spot: their minimum may be a spot price at any time
# (datacrunch H100 0.99 beside 1.99, primecompute 1.00 beside 1.80).
SPOT_SELLERS = ["datacrunch", "primecompute"]
# Prime Intellect's own contracts under code names.
OWN = r"^dc_"
# 2.12 for H100 and 2.67 for H200 while the operator listed 2.95 and 3.50 (cloud_gpus_com 2025-05,
# cherielilili 2026-02): the reseller's price, not the operator's.
RESOLD = ["nebius"]
# Sizes of unequal price: on days without the cheapest size the minimum is another product.
LADDER_SHARE, LADDER_DAYS = 0.02, 3
ROUNDING = 0.0101
KEY = ["accelerator_raw", "seller"]
LINE = {
    "timestamp": pl.String,
    "gpu_type": pl.String,
    "socket_type": pl.String,
    "by_provider": pl.String,  # as text: the sellers are keys, and change from line to line
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of on-demand prices per seller and day, USD per GPU-hour."""
    files = sorted(folder.glob("*.jsonl.zst"))
    return distil(pl.concat(pl.read_ndjson(file, schema=LINE) for file in files))


def offers(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per capture, chip and seller: `low` and `mean`, USD per GPU-hour."""
    entry = pl.col("entry")
    return (
        lines.with_columns(
            entry=pl.col("by_provider").str.extract_all(r'"\w+": ?\{[^{}]*\}'),
            socket=pl.col("socket_type").fill_null(""),
        )
        .explode("entry")
        .drop_nulls("entry")
        .select(
            accelerator_raw=pl.concat_str(
                pl.col("gpu_type").str.extract(r"^(.+)_\d+GB$"), "socket", separator=" "
            ).str.strip_chars(),
            memory_gib=pl.col("gpu_type").str.extract(r"_(\d+)GB$").cast(pl.Float64),
            seller=entry.str.extract(r'^"(\w+)"'),
            low=entry.str.extract(r'"min": ?([\d.]+)').cast(pl.Float64),
            mean=entry.str.extract(r'"avg": ?([\d.]+)').cast(pl.Float64),
            seen_on=pl.col("timestamp").str.to_datetime(time_zone="UTC").dt.date(),
        )
    )


def distil(lines: pl.DataFrame) -> pl.DataFrame:
    """One sighting per chip, seller and day."""
    rows = offers(lines).with_columns(
        is_ladder=(pl.col("mean") > (1 + LADDER_SHARE) * pl.col("low")).any().over(KEY)
    )
    daily = rows.group_by(*KEY, "memory_gib", "is_ladder", "seen_on").agg(price=pl.col("low").min())
    near = daily.join(daily.select(*KEY, near_on="seen_on", near="price"), on=KEY).filter(
        (pl.col("near_on") - pl.col("seen_on")).dt.total_days().abs() <= LADDER_DAYS
    )
    daily = daily.join(
        near.group_by(*KEY, "seen_on").agg(floor=pl.col("near").min()), on=[*KEY, "seen_on"]
    )
    # Divided from whole-machine totals in cents: 2.40 and 2.39 are one price on two sizes.
    daily = daily.with_columns(
        price=pl.when(pl.col("price") - pl.col("floor") <= ROUNDING)
        .then("floor")
        .otherwise("price")
    )
    seller = pl.col("seller")
    is_own = seller.str.contains(OWN)
    reason = (
        pl.when(seller.is_in(SPOT_SELLERS))
        .then(pl.lit("pooled"))
        .when(pl.col("is_ladder") & (pl.col("price") > pl.col("floor")))
        .then(pl.lit("size_sold_out"))
    )
    return sightings(
        daily.select(
            "accelerator_raw",
            "memory_gib",
            "seen_on",
            provider_raw=pl.when(is_own).then(pl.lit("Prime Intellect")).otherwise(seller),
            instance_type=pl.when(is_own).then(seller),
            market=pl.lit("on_demand"),
            basis=pl.lit("all_in"),
            region=pl.lit("global"),
            price_usd_per_gpu_hour="price",
            flag=pl.when(seller.is_in(RESOLD)).then(pl.lit("reseller")),
            reason=reason,
        )
    ).sort("seen_on", "provider_raw", "accelerator_raw")
