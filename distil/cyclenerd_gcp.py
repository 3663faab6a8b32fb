"""Google Cloud accelerator machines, from the history of a price calculator's price file.

A change log of whole-instance prices: a row stands until the same machine type and region is set
again or removed. Every version of the file in the log is a look at every standing price, so each
standing price is sighted on the day of each version (the last version of a day counts).
`month_1y` and `month_3y` are the monthly price under a committed use of one and three years; the
file charges 730 hours a month (month / hour is 730 in every row).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from distil import Evidence, sightings

EVIDENCE = Evidence(
    name="cyclenerd_gcp",
    source_url="https://github.com/Cyclenerd/google-cloud-pricing-cost-calculator/tree/dac3128",
    licence="Apache-2.0",
    confidence="high",
    refresh_days=7,
    # The log keeps versions that changed an accelerator's price, of 290 that were read about
    # weekly: a price equal at both ends of a gap did not change in the versions between. The
    # longest such gap is 107 days (2022-05-23 to 2022-09-11).
    max_gap_days=110,
    priority=20,
)
CHANGES = "gcp_accelerator_vm_price_changes_2022-02_2026-07.csv.zst"
OFFERED = "machinetyperegion_accel_2026-08.csv"
HOURS_PER_MONTH = 730

# The number in a g2 or g4 name counts vCPUs; accelerators per Google's machine-type pages.
COUNTS = {
    "g2-standard-4": 1,
    "g2-standard-8": 1,
    "g2-standard-12": 1,
    "g2-standard-16": 1,
    "g2-standard-24": 2,
    "g2-standard-32": 1,
    "g2-standard-48": 4,
    "g2-standard-96": 8,
    "g4-standard-48": 1,
    "g4-standard-96": 2,
    "g4-standard-192": 4,
    "g4-standard-384": 8,
}
ACCELERATORS = [  # prefix of the machine type, accelerator, GiB per accelerator
    ("a2-ultragpu-", "A100 SXM4 80GB", 80.0),
    ("a2-", "A100 SXM4 40GB", 40.0),
    ("a3-", "H100 SXM5 80GB", 80.0),
    ("g2-", "L4", 24.0),
    ("g4-", "RTX PRO 6000", 96.0),
]
# 10.12 to 13.96 for eight H100 in most regions; repaired in the next version, two hours later.
BROKEN_COMMIT, BROKEN_TYPE = "6df5fae0da", "a3-megagpu-8g"
# Local SSD joined the bundle: a2-ultragpu-1g 5.0277 -> 5.0688 is not a price move.
RESTATED_ON, RESTATED_TYPES = date(2024, 5, 21), r"^(a2-ultragpu|a3-highgpu)-"
# The calculator joined other SKUs at first. Its first version takes a cheaper core for the A2 host
# (a2-highgpu-1g 0.625078 + 2.933908 where Google lists 0.739477 + 2.933908), and until 2022-10-02
# it takes the 40 GB card for a2-ultragpu (1.099622 + 2.933908 = 4.03353, with its own 5.027702).
MISJOINED = [
    ("a2-", datetime(2022, 2, 16, tzinfo=UTC)),
    ("a2-ultragpu-", datetime(2022, 10, 2, tzinfo=UTC)),
]
# A price far below the same machine elsewhere lacks the accelerator's own SKU.
COMPONENT_FLOOR = 0.5
COMMITMENTS = [
    (12, "month_1y", 0.5),
    (36, "month_3y", 0.3),
]  # term, column, floor on the list price


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of on-demand, spot and committed prices, USD per accelerator-hour."""
    changes = pl.read_csv(folder / CHANGES, infer_schema_length=None)
    offered = pl.read_csv(folder / OFFERED, separator=";")
    return distil(changes, offered)


def distil(changes: pl.DataFrame, offered: pl.DataFrame) -> pl.DataFrame:
    """The sightings of a change log; rejected rows appear once, on the day they were set."""
    changes = standing(judged(changes, offered))
    rejected = changes.filter(pl.col("reason").is_not_null()).with_columns(
        seen_on=pl.col("set_at").dt.date()
    )
    looks = (
        changes.select(look_at="set_at")
        .unique()
        .group_by(seen_on=pl.col("look_at").dt.date())
        .agg(pl.col("look_at").max())
    )
    seen = changes.filter(pl.col("reason").is_null(), pl.col("event") == "set").join_where(
        looks, pl.col("set_at") <= pl.col("look_at"), pl.col("look_at") < pl.col("until_at")
    )
    columns = [*changes.columns, "seen_on"]
    return sightings(priced(pl.concat([seen.select(columns), rejected.select(columns)])))


def judged(changes: pl.DataFrame, offered: pl.DataFrame) -> pl.DataFrame:
    """Adds `count` and `reason`, the latter null where the row may be used."""
    sold = offered.select(instance_type="NAME", region="ZONE", is_sold=pl.lit(True)).unique()
    name = pl.col("instance_type")
    count = pl.coalesce(
        name.replace_strict(COUNTS, default=None, return_dtype=pl.Int64),
        name.str.extract(r"^a[23]-\w+-(\d+)g").cast(pl.Int64),
    )
    set_at = pl.col("snapshot_ts").str.to_datetime(time_zone="UTC")
    usual = pl.col("hour").filter("is_sold").median().over("instance_type")
    reason = (
        pl.when(pl.col("event") == "removed")
        .then(None)
        .when(pl.col("count").is_null())
        .then(pl.lit("fractional"))
        .when(~pl.col("is_sold"))
        .then(pl.lit("not_offered"))
        .when((pl.col("commit") == BROKEN_COMMIT) & (name == BROKEN_TYPE))
        .then(pl.lit("broken_capture"))
        .when(
            pl.any_horizontal(name.str.starts_with(a) & (set_at < until) for a, until in MISJOINED)
        )
        .then(pl.lit("component_misjoin"))
        .when(pl.col("hour") < COMPONENT_FLOOR * usual)
        .then(pl.lit("component_missing"))
    )
    return (
        changes.join(sold, on=["instance_type", "region"], how="left")
        .with_columns(pl.col("is_sold").fill_null(False), count=count)
        .with_columns(reason=reason)
    )


def standing(changes: pl.DataFrame) -> pl.DataFrame:
    """Adds `set_at` and `until_at`, the moment the next change of the same key replaces the row."""
    end = pl.datetime(9999, 1, 1, time_zone="UTC")
    changes = changes.with_columns(
        set_at=pl.col("snapshot_ts").str.to_datetime(time_zone="UTC")
    ).sort("set_at")
    until = pl.col("set_at").shift(-1).over("instance_type", "region").fill_null(end)
    changes = changes.with_columns(until_at=until)
    # A version rejected for one machine type says nothing about it; where it printed the price
    # that the next version confirms by silence, the price counts from that next version on.
    broken = pl.col("reason") == "broken_capture"
    confirmed = changes.filter(broken).join(
        changes.select(next_at="set_at").unique().sort("next_at"), how="cross"
    )
    confirmed = (
        confirmed.filter(pl.col("next_at") > pl.col("set_at"))
        .group_by("instance_type", "region", maintain_order=True)
        .agg(pl.all().sort_by("next_at").first())
        .filter(pl.col("next_at") < pl.col("until_at"))
        .with_columns(set_at="next_at", reason=pl.lit(None, dtype=pl.String))
    )
    return pl.concat([changes, confirmed.select(changes.columns)])


def priced(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per market and term, per accelerator."""
    count = pl.col("count").fill_null(1)
    hour = pl.col("hour") / count
    restated = (
        (pl.col("set_at").dt.date() == RESTATED_ON)
        & (pl.col("seen_on") == RESTATED_ON)
        & pl.col("instance_type").str.contains(RESTATED_TYPES)
    )
    restatement = pl.when(restated).then(pl.lit("restatement"))
    markets = [rows.with_columns(market=pl.lit("on_demand"), price=hour, flag=restatement)]
    markets.append(
        rows.filter(pl.col("hour_spot").is_not_null()).with_columns(
            market=pl.lit("spot"),
            price=pl.col("hour_spot").cast(pl.Float64) / count,
            # Google publishes the discount and changes it at most once a month; no auction.
            spot_kind=pl.lit("administered"),
            flag=pl.lit("administered"),
        )
    )
    for months, column, floor in COMMITMENTS:
        share = pl.col(column) / pl.col("month")
        # The calculator prints the next shorter term where a region sells no such commitment.
        shorter = pl.col("month") if months == 12 else pl.min_horizontal("month", "month_1y")
        markets.append(
            rows.filter(pl.col(column).is_not_null()).with_columns(
                market=pl.lit("reserved"),
                term_months=pl.lit(months, dtype=pl.Int64),
                price=pl.col(column) / HOURS_PER_MONTH / count,
                flag=pl.when(pl.col(column) >= shorter)
                .then(pl.lit("no_discount"))
                .otherwise(restatement),
                reason=pl.coalesce(
                    "reason", pl.when(share < floor).then(pl.lit("component_missing"))
                ),
            )
        )
    name = pl.col("instance_type")
    return pl.concat(markets, how="diagonal_relaxed").select(
        provider_raw=pl.lit("gcp"),
        accelerator_raw=pl.coalesce(
            pl.when(name.str.starts_with(p)).then(pl.lit(raw)) for p, raw, _ in ACCELERATORS
        ),
        memory_gib=pl.coalesce(
            pl.when(name.str.starts_with(p)).then(pl.lit(gib)) for p, _, gib in ACCELERATORS
        ),
        instance_type=name,
        accelerator_count=pl.col("count"),
        market="market",
        spot_kind="spot_kind",
        term_months="term_months",
        basis=pl.lit("all_in"),
        region="region",
        seen_on="seen_on",
        price_usd_per_gpu_hour="price",
        flag="flag",
        reason="reason",
    )
