"""Hyperscalers and two neoclouds with their terms, daily in India and the US, 2026-05-21 to 06-15.

AWS one- and three-year reservations without upfront payment; Azure savings plans; RunPod's plans of
three and six months, with the form in the machine's name. SageMaker has its own mark-up. Google's
rows are the GPU without its host, its queued and calendar starts another product. Oracle's part
B110979 at 16 is the GB200, B112237 at 18 the GB300, B109480 the H100 of another shape.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence
from distil._extract import printed, shaped

EVIDENCE = Evidence(
    name="sooddvs_terms",
    source_url="https://github.com/sooddvs/gpu-pricing/tree/2d9dd3a",
    licence="facts only; upstream states none",
    confidence="high",
    refresh_days=1,
    max_gap_days=3,
    priority=15,
)
BOARDS = {"B110979": "GB200", "B112237": "GB300"}
OTHER_PARTS = ["B109480"]
CLOUDS = r"(?i)^(aws|azure|gcp)"


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of the record, USD per GPU-hour."""
    return distil(printed(folder))


def distil(rows: pl.DataFrame) -> pl.DataFrame:
    """One sighting per row."""
    seller, name, machine = (pl.col(c) for c in ("provider", "accelerator_raw", "instance_type"))
    is_google = seller == "GCP"
    stated = machine.str.replace(r"(?i) (community|secure)$", "")
    named = rows.with_columns(
        accelerator_raw=pl.when(seller == "RunPod")
        .then(stated)
        .when((seller == "OCI") & (machine == "B95907"))
        .then(pl.lit("A100 SXM 80GB"))
        .when(seller == "OCI")
        .then(pl.coalesce(machine.replace_strict(BOARDS, default=None), name))
        .when(is_google & name.eq("A100") & machine.str.contains("80GB"))
        .then(pl.lit("A100 SXM 80GB"))
        .when(is_google & name.eq("A100"))
        .then(pl.lit("A100 SXM 40GB"))
        .otherwise(name),
        unit=pl.when(is_google).then(pl.lit("per GPU-hour, GPU only")).otherwise("unit"),
    )
    return shaped(
        named,
        (seller == "AWS SageMaker", "other_product"),
        ((seller == "OCI") & machine.is_in(OTHER_PARTS), "variant_unclear"),
        # Four parts under one name, 0.60 a software licence.
        ((seller == "OCI") & (name == "L40S") & (pl.col("price") < 3.5), "variant_unclear"),
        (is_google & ~machine.str.contains("(?i)running in|Commitment|Spot"), "other_product"),
        region=pl.when(seller.str.contains(CLOUDS)).then("provider_region"),
        instance_type=pl.when(seller.str.contains("(?i)^(aws|azure)")).then(machine),
    )
