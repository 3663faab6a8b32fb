"""Every Vast offer of eight models on eight days, 2026-02-27 to 03-06 (CCIR).

A machine is offered as 1x, 2x, 4x and 8x at about one price per GPU: it counts once, with the
median of its offers, and the day's price of a card is the median over machines. All offers were
free to rent; those of verified machines count, as in the marketplace's own default search.
`dph_total` prices the whole offer with its default disk; `min_bid` is the floor of an
interruptible rental.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="ccir_vast",
    source_url="https://github.com/ccir-index/cri-h100/tree/ca1ecfa/data/archive",
    licence="CC BY 4.0, CCIR - Compute Credit Index Research",
    confidence="high",
    refresh_days=1,
    max_gap_days=3,
    priority=10,
)
OFFERS = "vast_offers_flat.csv.zst"
THIN_OFFERS, THIN_HOSTS = 5, 3
MARKETS = [("on_demand", "dph_total"), ("spot", "min_bid")]
CARD = ["gpu_name", "gpu_ram", "seen_on"]


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS: one per card, market and day, USD per GPU-hour, with machines counted."""
    return distil(pl.read_csv(folder / OFFERS, infer_schema_length=None))


def distil(offers: pl.DataFrame) -> pl.DataFrame:
    """Medians over machines; rejected offers come back one by one."""
    rows = offers.with_columns(
        seen_on=pl.col("collected_utc").str.to_datetime(time_zone="UTC").dt.date(),
        reason=pl.when(~pl.col("rentable") | pl.col("rented"))
        .then(pl.lit("not_offered"))
        .when(pl.col("verification") != "verified")
        .then(pl.lit("unverified")),
    )
    return pl.concat(market(rows, name, column) for name, column in MARKETS).sort(
        "seen_on", "accelerator_raw", "market"
    )


def market(rows: pl.DataFrame, name: str, column: str) -> pl.DataFrame:
    is_floor = name == "spot"
    above = pl.col("min_bid") > pl.col("dph_total") if is_floor else pl.lit(False)
    rows = rows.with_columns(
        each=pl.col(column) / pl.col("num_gpus"),
        reason=pl.coalesce("reason", pl.when(above).then(pl.lit("bid_above_price"))),
    )
    machines = (
        rows.filter(pl.col("reason").is_null())
        .group_by(*CARD, "machine_id")
        .agg(pl.col("each").median(), offer_count=pl.len())
    )
    medians = machines.group_by(CARD).agg(
        pl.col("each").median(),
        host_count=pl.len().cast(pl.Int64),
        offer_count=pl.col("offer_count").sum().cast(pl.Int64),
    )
    thin = (pl.col("offer_count") < THIN_OFFERS) | (pl.col("host_count") < THIN_HOSTS)
    good = medians.with_columns(
        flag=pl.lit("bid_floor") if is_floor else pl.when(thin).then(pl.lit("thin_book"))
    )
    bad = rows.filter(pl.col("reason").is_not_null()).select(*CARD, "each", "reason")
    return sightings(
        pl.concat([good, bad], how="diagonal_relaxed").select(
            "seen_on",
            "host_count",
            "offer_count",
            "flag",
            "reason",
            provider_raw=pl.lit("vast.ai"),
            accelerator_raw="gpu_name",
            memory_gib=pl.col("gpu_ram") / 1024,
            market=pl.lit(name),
            spot_kind=pl.lit("bid_floor" if is_floor else None, dtype=pl.String),
            basis=pl.lit("all_in"),
            # Machines of all countries: hosts compete for one worldwide demand.
            region=pl.lit("global"),
            price_usd_per_gpu_hour="each",
        )
    )
