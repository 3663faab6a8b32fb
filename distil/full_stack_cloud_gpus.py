"""Full Stack Deep Learning's table of cloud GPUs: instances of 29 vendors, checked by hand.

A change log of whole-instance prices. As with every edited table a row is sighted on the day a
commit sets it and on no other: most rows were never touched again (AWS p4d from 2022-08 to
2025-03). Where one day holds several commits the last one counts.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="full_stack_cloud_gpus",
    source_url="https://github.com/the-full-stack/website/tree/main/docs/cloud-gpus",
    licence="MIT, Copyright (c) 2023 Full Stack Deep Learning, LLC",
    confidence="medium",
    refresh_days=30,
    max_gap_days=90,
    priority=60,
)
CHANGES = "cloud_gpus_price_changes_2022-08_2025-03.csv"
# Sells slices of cards under the card's name: H100 0.69, A100 80 GB 0.55.
FRACTIONAL_CLOUD = "Dataoorts"
# The price of one GPU stood in the column of the instance, and was divided by the largest count.
UNIT_SLIP_CLOUD = "RunPod.io"
# Its euro list with dollar signs (1.168 is the price in euro, cloud_gpus_com 2023-05-24).
EURO_CLOUD = "Exoscale"
# 4.40 for one Quadro RTX 6000, which cost 0.50: another row's total.
WRONG_ROW = ("Lambda", "Quadro RTX 6000 (24 GB)", "4.40")
KEY = ["kind", "cloud", "gpu_type", "gpus", "name", "vcpus"]

# The table prints memory, not form. Facts of the instance named beside it, or of a vendor with one
# form; other rows keep the printed name.
FORMS = [  # cloud, instance name, printed type, form
    (r"^Azure$", r"^NC\d+ads A100", r"A100", "A100 PCIe 80GB"),
    (r"^Azure$", r"^ND", r"A100 \(80", "A100 SXM4 80GB"),
    (r"^AWS$", r"^p4de", r"A100", "A100 SXM4 80GB"),
    (r"^AWS$", r"^p4d\.", r"A100", "A100 SXM4 40GB"),
    (r"^GCP$", r"^a2-(high|mega)", r"A100", "A100 SXM4 40GB"),
    (r"^Oracle", r"^BM\.GPU\.A4\.8", r"A100", "A100 SXM4 40GB"),
    (r"^Oracle", r"^BM\.GPU\.A100-v2\.8", r"A100", "A100 SXM4 80GB"),
    (r"^Oracle", r"^BM\.GPU\.H100\.8", r"H100", "H100 SXM5 80GB"),
    (r"^Lambda$", r"", r"H100", "H100 PCIe 80GB"),
    (r"^Lambda$", r"", r"A100 \(40", "A100 SXM4 40GB"),
    (r"^Lambda$", r"", r"A100 \(80", "A100 SXM4 80GB"),
    (r"^Datacrunch$", r"", r"A100 \(80", "A100 SXM4 80GB"),
    (r"^Latitude\.sh$", r"", r"H100", "H100 PCIe 80GB"),
    (r"^Latitude\.sh$", r"", r"A100 \(80", "A100 PCIe 80GB"),
    # 4.76 is the price of an HGX card at its supplier of the time, PCIe was 4.25.
    (r"^FluidStack$", r"", r"H100", "H100 SXM5 80GB"),
]


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of on-demand and spot prices, USD per GPU-hour, on the days a commit set them."""
    return distil(pl.read_csv(folder / CHANGES, infer_schema_length=0))


def dollars(name: str) -> pl.Expr:
    """The number in a price cell such as "$3.06" or "3.06"; null when there is none."""
    return pl.col(name).str.strip_chars(" $").cast(pl.Float64, strict=False)


def distil(changes: pl.DataFrame) -> pl.DataFrame:
    """The sightings of a change log."""
    when = pl.col("snapshot_ts").str.to_datetime(time_zone="UTC")
    rows = (
        changes.with_columns(set_at=when, seen_on=when.dt.date())
        .sort("set_at", maintain_order=True)
        .unique([*KEY, "seen_on"], keep="last", maintain_order=True)
        .with_columns(
            count=pl.col("gpus").cast(pl.Int64, strict=False),
            whole=dollars("on_demand_usd_hr"),
            each=dollars("per_gpu_usd_hr"),
            spot=dollars("spot_usd_hr"),
        )
    )
    reason = (
        pl.when(pl.col("event") == "removed")
        .then(pl.lit("removed"))
        .when(pl.col("kind") == "serverless")
        .then(pl.lit("serverless"))
        .when(pl.col("cloud") == FRACTIONAL_CLOUD)
        .then(pl.lit("fractional"))
        .when(pl.col("gpu_type") == "A100 (20 GB)")
        .then(pl.lit("fractional"))
        .when(pl.col("cloud") == UNIT_SLIP_CLOUD)
        .then(pl.lit("unit_unclear"))
        .when(pl.col("cloud") == EURO_CLOUD)
        .then(pl.lit("foreign_currency"))
        .when(
            pl.all_horizontal(
                pl.col(name) == value
                for name, value in zip(
                    ("cloud", "gpu_type", "on_demand_usd_hr"), WRONG_ROW, strict=True
                )
            )
        )
        .then(pl.lit("wrong_column"))
        .when(pl.col("whole").is_null())
        .then(pl.lit("unparseable_price"))
        # One of the two columns was edited without the other: neither can be trusted that day.
        .when(
            pl.col("count").is_null()
            | ((pl.col("whole") / pl.col("count") / pl.col("each") - 1).abs() > 0.03)
        )
        .then(pl.lit("unit_unclear"))
    )
    name = pl.col("name").fill_null("")
    form = pl.coalesce(
        *(
            pl.when(
                pl.col("cloud").str.contains(cloud)
                & name.str.contains(instance)
                & pl.col("gpu_type").str.contains(printed)
            ).then(pl.lit(to))
            for cloud, instance, printed, to in FORMS
        ),
        pl.lit(None, dtype=pl.String),
    )
    printed = pl.col("gpu_type").str.replace(r"\s*\((\d+)\s*(?:GB)?\)", " ${1}GB")
    rows = rows.with_columns(
        accelerator_raw=pl.coalesce(form, printed),
        memory_gib=pl.col("gpu_type").str.extract(r"\((\d+)").cast(pl.Float64),
        reason=reason,
    )
    is_aws = pl.col("cloud") == "AWS"
    divisor = pl.col("count").fill_null(1)
    on_demand = rows.with_columns(market=pl.lit("on_demand"), price=pl.col("whole") / divisor)
    # Jarvislabs and the three large clouds; only AWS auctions.
    spot = rows.filter(pl.col("spot").is_not_null()).with_columns(
        market=pl.lit("spot"),
        price=pl.col("spot") / divisor,
        spot_kind=pl.when(is_aws).then(pl.lit("market")).otherwise(pl.lit("administered")),
        flag=pl.when(~is_aws).then(pl.lit("administered")),
    )
    both = pl.concat([on_demand, spot], how="diagonal_relaxed")
    return sightings(
        both.select(
            "accelerator_raw",
            "memory_gib",
            "market",
            "spot_kind",
            "seen_on",
            "flag",
            "reason",
            provider_raw="cloud",
            instance_type="name",
            accelerator_count="count",
            basis=pl.lit("all_in"),
            region=pl.lit("global"),
            price_usd_per_gpu_hour="price",
        )
    )
