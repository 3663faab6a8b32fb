"""Catalogs in the SkyPilot layout, kept as change logs: what a file said on each day it was read.

A log holds one event per changed row (`set` or `removed`) and nothing for rows that stayed the
same, so the file is rebuilt at every commit of its own path. A commit of that path is the moment
somebody looked; days on which only other clouds' files changed say nothing about it.

Prices are USD per hour of the whole instance; TPU slices count chips (accelerator_count is 1 for
every slice). Google rows without an instance type are the accelerator alone: A100 2.93391 plus the
host a2-highgpu-1g 0.73948 is Google's 3.6734 for the machine, and H100 78.3724 plus a3-highgpu-8g
9.46006 is 87.83 for eight, so those families are components too. TPU prices include the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from distil import SIGHTINGS
from pipeline.identity.identity import tpu_chips

KEY = (
    "instance_type",
    "accelerator_name",
    "accelerator_count",
    "region",
    "availability_zone",
)
# Clouds the catalog's bot reads from their APIs; all others are refreshed by hand.
BOT = ("aws", "gcp")
# AWS spot is kept for accelerators that stand in data centres today; the rest is history in bulk.
AWS_SPOT = ("H100", "H200", "A100", "A100-80GB", "V100", "L4", "T4", "A10G", "Trainium")
SPOT_DECIMALS = 4
# Printed as 12: the catalog of 2023-24 divided vCPUs by eight. Eight each, by
# https://learn.microsoft.com/azure/virtual-machines/sizes/gpu-accelerated/ndh100v5-series
COUNTS = {"Standard_ND96isr_H100_v5": 8.0, "Standard_ND96is_H100_v5": 8.0}
# Derived by the same division, and not in Azure's documentation.
UNCOUNTED = "Standard_ND48s_H100_v5"
# Of the rows under a new path; a day's AWS spot moves change a fifth and more, an edit 2 %.
FRESH_SHARE = 0.1
# Introductory prices under their own machine names.
TEASER = r"_Promo$"


def read_log(file: Path) -> pl.DataFrame:
    """One row per event, with `cloud` and the UTC `day`; numbers parsed, blanks null."""
    log = pl.read_csv(file, infer_schema=False, null_values=[""])
    if "path" not in log.columns:
        log = log.with_columns(path=pl.lit(None, dtype=pl.String))
    return log.with_columns(
        pl.col("price", "spot_price", "accelerator_count").cast(pl.Float64),
        # An offset is printed by some committers; the day is the UTC day.
        at=pl.col("snapshot_ts").str.to_datetime(time_zone="UTC"),
        cloud=pl.col("path").str.extract(r"([a-z]+)(?:/\w+)?\.csv$"),
    ).with_columns(day=pl.col("at").dt.date())


def daily(
    log: pl.DataFrame, key: Sequence[str] = KEY, imports: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The rows of each file on each day of a commit to it: last state of the day.

    Args:
        log: Events with `path`, `at`, `day`, `event` and the key.
        key: What names a row inside one file.
        imports: Columns `path`, `at` of commits that only copied a file in; they set the state
            and are no look at the provider.

    Returns:
        Key, values and `day`, one row per key and day. A removed row is returned once, on the
        day of its removal, with `event` "removed" and its prices null.
    """
    looks = log.select("path", "at", "day")
    if imports is not None:
        looks = looks.join(imports, on=("path", "at"), how="anti")
    looks = looks.select("path", "day").unique().sort("path", "day")
    looks = looks.with_columns(
        look=pl.int_range(pl.len()).over("path"), look_count=pl.len().over("path").cast(pl.Int64)
    )
    row = ("path", *key)
    events = (
        # In one commit a row whose count changed its spelling ("1" to "1.0") is removed and set:
        # it is still there, so "set" has to come after "removed".
        log.sort("at", "event", maintain_order=True)
        .join_asof(
            looks.sort("day").rename({"day": "looked_on"}),
            left_on="day",
            right_on="looked_on",
            by="path",
            strategy="forward",
            check_sortedness=False,
        )
        .drop_nulls("look")
        .unique([*row, "look"], keep="last", maintain_order=True)
        .sort(*row, "look")
        .with_columns(until=pl.col("look").shift(-1).over(row))
        .with_columns(until=pl.col("until").fill_null(pl.col("look_count")))
    )
    removed = pl.col("event") == "removed"
    return (
        events.with_columns(
            until=pl.when(removed).then(pl.col("look") + 1).otherwise("until"),
            price=pl.when(~removed).then("price"),
            spot_price=pl.when(~removed).then("spot_price"),
        )
        .with_columns(look=pl.int_ranges("look", "until"))
        .drop("day", "looked_on", "look_count", "until", "at", "snapshot_ts", "commit")
        .explode("look")
        .join(looks.drop("look_count"), on=("path", "look"))
        .drop("look")
    )


def without_copies(states: pl.DataFrame) -> pl.DataFrame:
    """Leave out the first day of a file that was only moved there.

    The catalog moved its files five times in 2022 (v1 to v5). Where nearly all rows of the first
    version under the new path repeat the last one under the old path, nobody had looked again.
    """
    spans = (
        states.group_by("cloud", "path")
        .agg(first=pl.col("day").min(), last=pl.col("day").max())
        .sort("cloud", "first", "last", "path")
        .with_columns(before=pl.col("path").shift(1).over("cloud"))
    )
    row = ["cloud", *KEY, "price", "spot_price"]
    spanned = states.filter(pl.col("event") == "set").join(spans, on=("cloud", "path"))
    last = spanned.filter(pl.col("day") == pl.col("last")).select(*row, before="path").unique()
    copies = (
        spanned.filter(pl.col("day") == pl.col("first"))
        .join(
            last.with_columns(is_copy=pl.lit(1)),
            on=[*row, "before"],
            how="left",
            nulls_equal=True,
        )
        .group_by("path", "day")
        .agg(fresh=1 - pl.col("is_copy").sum() / pl.len())
        .filter(pl.col("fresh") < FRESH_SHARE)
    )
    return states.join(copies, on=("path", "day"), how="anti")


def per_accelerator(states: pl.DataFrame) -> pl.DataFrame:
    """Prices per accelerator-hour; of the TPU slices only the smallest of each family and region.

    Adds `instance`, `accelerators`, `basis`, `hourly`, `spot_hourly` and `reason` ("removed",
    "accelerator_count", "teaser", "fractional" or null).
    """
    name = pl.col("accelerator_name")
    states = states.with_columns(chips=tpu_chips(name), family=name.str.extract(r"^(.*)-\d+$"))
    smallest = pl.col("chips").min().over("cloud", "family", "region")
    machine = pl.col("instance_type")
    count = pl.coalesce(
        pl.col("chips").cast(pl.Float64),
        machine.replace_strict(COUNTS, default=None, return_dtype=pl.Float64),
        pl.when(machine.ne_missing(UNCOUNTED)).then("accelerator_count"),
    )
    whole = (count >= 1) & (count == count.round())
    component = (
        (pl.col("cloud") == "gcp") & pl.col("instance_type").is_null() & pl.col("chips").is_null()
    )
    return (
        states.filter(pl.col("chips").is_null() | (pl.col("chips") == smallest))
        .with_columns(
            accelerators=pl.when(whole).then(count).cast(pl.Int64),
            instance=pl.when(pl.col("chips").is_null()).then("instance_type").otherwise(name),
            basis=pl.when(component).then(pl.lit("gpu_component")).otherwise(pl.lit("all_in")),
            reason=pl.when(pl.col("event") == "removed")
            .then(pl.lit("removed"))
            .when(count.is_null())
            .then(pl.lit("accelerator_count"))
            .when(machine.str.contains(TEASER))
            .then(pl.lit("teaser"))
            .when(~whole)
            .then(pl.lit("fractional")),
        )
        .with_columns(
            hourly=pl.col("price") / pl.col("accelerators"),
            spot_hourly=pl.col("spot_price") / pl.col("accelerators"),
        )
    )


GROUP = ("cloud", "accelerator_name", "instance", "accelerators", "basis", "region")


def on_demand(priced: pl.DataFrame) -> pl.DataFrame:
    """List prices, one row per instance type, region and day: zones do not differ in price."""
    sold = (pl.col("hourly") > 0) & pl.col("reason").is_null()
    rows = priced.group_by(*GROUP, "day").agg(
        price_usd_per_gpu_hour=pl.col("hourly").filter(sold).min(),
        # A row that left in one zone and stays in another is not a removal.
        reason=pl.col("reason").drop_nulls().first(),
    )
    return _named(rows).with_columns(
        market=pl.lit("on_demand"),
        reason=pl.when(pl.col("price_usd_per_gpu_hour").is_null()).then(
            pl.col("reason").fill_null("not_priced_yet")
        ),
    )


def spot(priced: pl.DataFrame, *, kind: str) -> pl.DataFrame:
    """Published spot prices per day: the median over zones.

    Where a machine that has a spot price on other days has none, the row says so; machines that
    never have one give no row.
    """
    sold = (pl.col("spot_hourly") > 0) & pl.col("reason").is_null()
    price = pl.col("price_usd_per_gpu_hour")
    rows = (
        priced.group_by(*GROUP, "day")
        .agg(
            price_usd_per_gpu_hour=pl.col("spot_hourly").filter(sold).median(),
            full=pl.col("hourly").median(),
            reason=pl.col("reason").drop_nulls().first(),
        )
        .filter(price.is_not_null().any().over(GROUP))
        .with_columns(
            reason=pl.when(price.is_null()).then(pl.col("reason").fill_null("not_priced_yet"))
        )
    )
    return _spot_rows(rows, kind)


def weekly_spot(priced: pl.DataFrame) -> pl.DataFrame:
    """AWS spot: the median over zones and days of a week (Monday to Sunday).

    `seen_on` is the last day of the week that was read, normally the Sunday: before it nobody
    could know the median.
    """
    week = pl.col("day").dt.truncate("1w")
    last_days = priced.group_by(week=week).agg(pl.col("day").max())
    rows = (
        priced.filter(
            pl.col("spot_hourly") > 0,
            pl.col("reason").is_null(),
            pl.col("accelerator_name").is_in(AWS_SPOT),
        )
        .with_columns(week=week)
        .group_by(*GROUP, "week")
        .agg(
            price_usd_per_gpu_hour=pl.col("spot_hourly").median().round(SPOT_DECIMALS),
            full=pl.col("hourly").median().round(SPOT_DECIMALS),
        )
        .join(last_days, on="week")
        .drop("week")
    )
    # Two neighbouring weeks' last days are at most 13 days apart.
    return _spot_rows(rows, "market").with_columns(
        refresh_days=pl.lit(7, pl.Int64), max_gap_days=pl.lit(13, pl.Int64)
    )


def _spot_rows(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    full = pl.col("price_usd_per_gpu_hour") >= pl.col("full")
    administered = pl.lit("administered" if kind == "administered" else None, pl.String)
    return _named(rows.with_columns(flag=full)).with_columns(
        market=pl.lit("spot"),
        spot_kind=pl.lit(kind),
        flag=pl.when(pl.col("flag")).then(pl.lit("no_discount")).otherwise(administered),
    )


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.rename(
        {
            "cloud": "provider_raw",
            "accelerator_name": "accelerator_raw",
            "instance": "instance_type",
            "accelerators": "accelerator_count",
            "day": "seen_on",
        }
    )
    return rows.select(name for name in rows.columns if name in SIGHTINGS)


def everywhere(rows: pl.DataFrame) -> pl.DataFrame:
    """One row with region "global" where a provider charges one price in all its regions."""
    item = ["provider_raw", "accelerator_raw", "instance_type", "market", "basis", "seen_on"]
    one = pl.col("price_usd_per_gpu_hour").n_unique().over(item) == 1
    one &= pl.col("reason").is_null().all().over(item)
    one &= pl.col("region").n_unique().over(item) > 1
    return rows.with_columns(region=pl.when(one).then(pl.lit("global")).otherwise("region")).unique(
        [*item, "region"], keep="first", maintain_order=True
    )
