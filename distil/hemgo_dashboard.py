"""A dashboard of 19 providers, read every 10 to 30 minutes from 2026-08-20 to 08-22.

Prices are per GPU. Only rows marked live count; among those some are hard-coded (E2E), converted
upstream from rupees at an unstated rate, or another thing than an on-demand price of a named place.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="hemgo_dashboard",
    source_url="https://github.com/hemgo-lexsi/gpu-price-dashboard/tree/9dabad1",
    licence="facts only; upstream states none",
    confidence="medium",
    refresh_days=1,
    max_gap_days=3,
    priority=42,
)
OFFERS = "offers_2026-08-20_22.csv.zst"
FALLBACK = "E2E Networks"  # its live reader falls back to a list in the code, still labelled live
CHEAPEST = "Vast.ai"  # the two cheapest offers per GPU
# Google's rows are component SKUs without the host, from the cheapest region of each SKU (H100
# 4.20 in Tokyo, while a3-highgpu-1g was 11.06).
COMPONENTS = "GCP"
# Forms the page leaves out, for sellers of one form.
FORMS = {
    ("Nebius", "H100"): "H100 SXM",  # prime_intellect, cherielilili
    ("Oracle OCI", "H100"): "H100 SXM",  # BM.GPU.H100.8
    ("Oracle OCI", "A100 80GB"): "A100 SXM 80GB",  # BM.GPU.A100-v2.8
    ("Azure", "H100"): "H100 NVL",  # 6.98 at 94 GB is NC40ads H100 v5
    ("Verda (DataCrunch)", "A100 40GB"): "A100 SXM 40GB",  # toolshedlabs
    ("AWS (Mumbai ap-south)", "H100"): "H100 SXM",  # P5 has no other
    ("AWS (Mumbai ap-south)", "A100 40GB"): "A100 SXM 40GB",  # P4d has no other
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS: the median of a day per provider, chip, billing and region, USD per GPU-hour."""
    return distil(pl.read_csv(folder / OFFERS, infer_schema_length=None))


def distil(offers: pl.DataFrame) -> pl.DataFrame:
    """One sighting per key and day; a key's rejected rows become one rejected sighting a day."""
    seller, billing = pl.col("provider"), pl.col("billing")
    is_runpod = seller == "RunPod"
    reason = (
        pl.when(pl.col("source_kind") != "live")
        .then(pl.lit("not_live"))
        .when(seller == FALLBACK)
        .then(pl.lit("fallback"))
        .when(pl.col("usd_per_hr").is_null() | (pl.col("currency") != "USD"))
        .then(pl.lit("foreign_currency"))
        .when(seller == CHEAPEST)
        .then(pl.lit("cheapest_only"))
        .when(seller == COMPONENTS)
        .then(pl.lit("component_missing"))
        # 3.3996 is an eighth of ND96asr v4 (27.197), which has 40 GB cards.
        .when((seller == "Azure") & (pl.col("gpu_label") == "A100 80GB"))
        .then(pl.lit("variant_unclear"))
        # Slices of one card under its full name (RTX 6000 Pro with 24 or 48 of 96 GB).
        .when((pl.col("gpu") == "RTX 6000 Pro") & (pl.col("vram_gb") < 96))
        .then(pl.lit("fractional"))
        .when((pl.col("gpu") == "A40") & (pl.col("vram_gb") < 48))
        .then(pl.lit("fractional"))
        # One label, two cards: A100 80 GB PCIe and SXM, V100 of three kinds, RTX 3090 and Ti.
        .when(is_runpod & (pl.col("prices_of_label") > 1))
        .then(pl.lit("pooled"))
        .when((billing == "community") & (pl.col("usd_per_hr") == 0.50))
        .then(pl.lit("placeholder"))
    )
    by = ["fetched_at", "provider", "billing", "gpu_label", "vram_gb"]
    rows = offers.with_columns(prices_of_label=pl.col("usd_per_hr").n_unique().over(by))
    forms = pl.DataFrame(
        [(who, what, form) for (who, what), form in FORMS.items()],
        schema=["provider", "gpu_label", "form"],
        orient="row",
    )
    rows = rows.join(forms, on=["provider", "gpu_label"], how="left").with_columns(
        reason=reason,
        seen_on=pl.col("fetched_at").str.to_datetime(time_zone="UTC").dt.date(),
        # List prices for every place; only AWS and Azure name the region they quote.
        region=pl.when(seller.str.contains("^AWS"))
        .then(pl.lit("ap-south-1"))
        .when(seller == "Azure")
        .then(pl.col("region"))
        .otherwise(pl.lit("global")),
        seller=pl.when(is_runpod & (billing == "community"))
        .then(pl.lit("runpod-community"))
        .when(seller.str.contains("^AWS"))
        .then(pl.lit("aws"))
        .otherwise(seller),
    )
    is_spot = billing == "spot"
    daily = rows.group_by(
        "seller", "gpu_label", "form", "vram_gb", "billing", "region", "seen_on", "reason"
    ).agg(price=pl.col("usd_per_hr").median())
    return sightings(
        daily.select(
            "region",
            "seen_on",
            "reason",
            provider_raw="seller",
            accelerator_raw=pl.coalesce("form", "gpu_label"),
            memory_gib=pl.col("vram_gb").cast(pl.Float64),
            market=pl.when(is_spot).then(pl.lit("spot")).otherwise(pl.lit("on_demand")),
            # Price lists: Verda's is half of on demand for every chip, Nebius' a second column.
            spot_kind=pl.when(is_spot).then(pl.lit("administered")),
            flag=pl.when(is_spot).then(pl.lit("administered")),
            basis=pl.lit("all_in"),
            price_usd_per_gpu_hour="price",
        )
    ).sort("seen_on", "provider_raw", "accelerator_raw", "market")
