"""Answers of the Vast, RunPod, Verda and CUDO APIs, one capture a day, 2026-07-02 to 08-22.

A Vast machine is listed as 1x, 2x, 4x and 8x: it counts once, with the median of its offers, and
the day's price of a card is the median over verified machines (the marketplace's own default
search); A100 below 0.35 are other cards or unverified hosts. RunPod prints 0.50 for a card that is
not on offer. Verda's spot is a share of its list. CUDO prints the GPU without its host.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, sightings
from distil._extract import PLACEHOLDER_USD, printed, shaped

EVIDENCE = Evidence(
    name="kms_hoangdao",
    source_url="https://github.com/kms-hoangdao/gpu-price-tracker/tree/1f4aa9d/data/raw",
    licence="facts only; upstream states none",
    confidence="high",
    refresh_days=1,
    max_gap_days=3,
    priority=13,
)
MARKETPLACE = "vast"
MACHINE = r"^machine (\d+)"
FEW_HOSTS, FEW_OFFERS = 3, 5
CONFIDENTIAL = r" CC "  # the same card with confidential computing, 2 % dearer
# Vast's sizes in whole GB: an ECC card shows less than its name says.
MEMORY = {39: 40, 45: 48, 179: 180, 140: 141}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the daily capture, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """Vast's day as one median per card; a row of the others as it stands."""
    is_vast = pl.col("provider") == MARKETPLACE
    return pl.concat([machines(rows.filter(is_vast)), lists(rows.filter(~is_vast))])


def lists(rows: pl.DataFrame) -> pl.DataFrame:
    """Offers of the three sellers with a list."""
    seller, name = pl.col("provider"), pl.col("accelerator_raw")
    component = pl.when(seller == "cudo").then(pl.lit("per GPU-hour, GPU only")).otherwise("unit")
    return shaped(
        rows.with_columns(unit=component),
        (name.str.contains(CONFIDENTIAL), "other_product"),
        # The API prints the placeholder for either cloud.
        ((seller == "runpod") & (pl.col("price") == PLACEHOLDER_USD), "placeholder"),
        region=pl.when(seller == "cudo").then("provider_region"),
        instance_type=pl.when(seller.str.starts_with("datacrunch")).then("instance_type"),
    )


def machines(rows: pl.DataFrame) -> pl.DataFrame:
    """The median over Vast's verified machines, by day and card."""
    card = ("seen_on", "accelerator_raw", "memory_gb")
    per_machine = (
        rows.filter(pl.col("verification") == "verified")
        .with_columns(machine=pl.col("instance_type").str.extract(MACHINE))
        .group_by(*card, "machine")
        .agg(price=(pl.col("price") / pl.col("count")).median(), offers=pl.len())
    )
    cards = per_machine.group_by(card).agg(
        price=pl.col("price").median(), hosts=pl.len(), offers=pl.col("offers").sum()
    )
    few = (pl.col("hosts") < FEW_HOSTS) | (pl.col("offers") < FEW_OFFERS)
    return sightings(
        cards.sort(card).select(
            "seen_on",
            "accelerator_raw",
            provider_raw=pl.lit(MARKETPLACE),
            market=pl.lit("on_demand"),
            basis=pl.lit("all_in"),
            region=pl.lit("global"),
            price_usd_per_gpu_hour="price",
            memory_gib=pl.col("memory_gb").replace(MEMORY),
            host_count="hosts",
            offer_count="offers",
            flag=pl.when(few).then(pl.lit("thin_book")),
        )
    )
