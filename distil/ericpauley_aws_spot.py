"""AWS spot price change events of one afternoon, 2022-05-31, in all regions.

Rows carry a zone's id (`use1-az5`), the same physical zone for every account; its prefix names the
region. Licences of Windows, RHEL and SUSE are on top of the machine, so Linux/UNIX alone is kept.
The day's median over zones and events stands for the region, as in the weekly medians from 2022-12.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="ericpauley_aws_spot",
    source_url="https://github.com/ericpauley/aws-spot-price-history/tree/99042f7",
    licence="facts only; licence not established",
    confidence="high",
    refresh_days=1,
    max_gap_days=1,
    priority=4,
)
FIELDS = ("zone_id", "instance_type", "product", "price", "changed_at")
# https://docs.aws.amazon.com/ram/latest/userguide/working-with-az-ids.html
REGIONS = {
    "apne1": "ap-northeast-1",
    "apne2": "ap-northeast-2",
    "apne3": "ap-northeast-3",
    "aps1": "ap-south-1",
    "apse1": "ap-southeast-1",
    "apse2": "ap-southeast-2",
    "cac1": "ca-central-1",
    "euc1": "eu-central-1",
    "eun1": "eu-north-1",
    "euw1": "eu-west-1",
    "euw2": "eu-west-2",
    "euw3": "eu-west-3",
    "sae1": "sa-east-1",
    "use1": "us-east-1",
    "use2": "us-east-2",
    "usw1": "us-west-1",
    "usw2": "us-west-2",
}
# Accelerators per instance, https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html. Kept are
# the families whose weekly spot medians follow from 2022-12.
COUNTS = {
    **{f"g4dn.{n}xlarge": ("T4", 1) for n in ("", "2", "4", "8", "16")},
    "g4dn.12xlarge": ("T4", 4),
    "g4dn.metal": ("T4", 8),
    **{f"g5.{n}xlarge": ("A10G", 1) for n in ("", "2", "4", "8", "16")},
    "g5.12xlarge": ("A10G", 4),
    "g5.24xlarge": ("A10G", 4),
    "g5.48xlarge": ("A10G", 8),
    "p3.2xlarge": ("V100", 1),
    "p3.8xlarge": ("V100", 4),
    "p3.16xlarge": ("V100", 8),
    "p4d.24xlarge": ("A100", 8),
}


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of spot prices, USD per accelerator-hour, one per region and instance type."""
    events = pl.read_csv(
        folder / "aws_spot_gpu_2022-05-31.tsv",
        separator="\t",
        has_header=False,
        new_columns=FIELDS,
        schema_overrides=[pl.String, pl.String, pl.String, pl.Float64, pl.String],
    )
    known = pl.DataFrame(
        [(name, chip, count) for name, (chip, count) in COUNTS.items()],
        schema=["instance_type", "accelerator_raw", "accelerator_count"],
        orient="row",
    )
    medians = (
        events.filter(pl.col("product") == "Linux/UNIX")
        .join(known, on="instance_type")
        .with_columns(
            region=pl.col("zone_id").str.extract(r"^(\w+)-az\d+$").replace_strict(REGIONS),
            seen_on=pl.col("changed_at").str.head(10).str.to_date(),
        )
        .group_by("instance_type", "accelerator_raw", "accelerator_count", "region", "seen_on")
        .agg(hourly=pl.col("price").median())
    )
    return sightings(
        medians.select(
            pl.exclude("hourly"),
            provider_raw=pl.lit("aws"),
            market=pl.lit("spot"),
            spot_kind=pl.lit("market"),
            basis=pl.lit("all_in"),
            price_usd_per_gpu_hour=(pl.col("hourly") / pl.col("accelerator_count")).round(4),
        )
    )
