"""A SkyPilot-style catalog with several commits a day, 2026-04-02 to 2026-05-20.

Azure: the price of one machine can flip between two values from commit to commit within hours, so
a price needs two neighbouring commits that agree; a day on which it moved twice, or differs from a
level that holds the day before and the day after, is not used. Removals leave the accelerator's
name blank, and two machine types never have one.

Google: in about half the regions the on-demand column of the newer families holds one figure that
is the same on every continent and far below the rest: H100 4.20076 in us-central1, Tokyo and
Sydney against 9.80 to 12.74 elsewhere. List prices differ by region; another product's SKU (a
committed or calendar price) was joined. The spot column is joined separately and unaffected.

Lambda: one price in all regions. The first commit repeats an older price sheet (A100 1.48 on a day
after Lambda had moved to 1.99), the next one is current.
Vast: the cheapest offer of each configuration on one day, no market level.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from distil import Evidence, _skypilot, sightings

EVIDENCE = Evidence(
    name="anycloud",
    source_url="https://github.com/anycloud-sh/catalog/tree/62ff0a9",
    licence="facts only; no licence file",
    confidence="high",
    refresh_days=7,
    max_gap_days=31,
    priority=5,
)
AZURE = "azure_gpu_price_changes_2026-04_2026-05.csv.zst"
OTHERS = "gcp_lambda_vast_price_changes_2026-04_2026-05.csv.zst"
# https://learn.microsoft.com/azure/virtual-machines/sizes/overview: accelerators of the machines
# whose name column is blank.
NAMELESS = {
    "Standard_ND96is_MI300X_v5": ("MI300X", 8),
    "Standard_ND128isr_NDR_GB200_v6": ("GB200", 4),
}
# Stands in all sizes of a v6e slice where Google sells none.
PLACEHOLDER = 700.0
# The lowest regional price Google lists for one accelerator is about 0.8 of its upper quartile.
MISJOIN_FLOOR = 0.75


def read(folder: Path) -> pl.DataFrame:
    """SIGHTINGS of list and published spot prices, USD per accelerator-hour."""
    others = _skypilot.read_log(folder / OTHERS).with_columns(
        cloud=pl.col("path").str.extract(r"^(\w+)/")
    )
    return pl.concat([azure(_skypilot.read_log(folder / AZURE)), rest(others)])


def azure(log: pl.DataFrame) -> pl.DataFrame:
    """Azure's sightings: confirmed by a neighbouring commit, no day of flip-flop."""
    name = pl.col("instance_type")
    log = log.with_columns(path=pl.lit("azure"), cloud=pl.lit("azure")).with_columns(
        accelerator_name=pl.coalesce(
            name.replace_strict({k: v[0] for k, v in NAMELESS.items()}, default=None),
            pl.col("accelerator_name").drop_nulls().first().over("instance_type"),
            name,
        ),
        accelerator_count=pl.coalesce(
            name.replace_strict({k: float(v[1]) for k, v in NAMELESS.items()}, default=None),
            pl.col("accelerator_count").drop_nulls().first().over("instance_type"),
        ),
        availability_zone=pl.lit(None, pl.String),
    )
    # Every commit is a look of its own here: it decides whether a price is confirmed.
    states = _skypilot.daily(log.with_columns(day="at"))
    row = ("instance_type", "region")
    price = pl.col("price")
    before = price.shift(1).over(row, order_by="day")
    after = price.shift(-1).over(row, order_by="day")
    looked_on = pl.col("day").dt.date()
    states = states.with_columns(
        confirmed=price.eq_missing(before) | price.eq_missing(after),
        is_move=price != before,
        looked_at="day",
    ).with_columns(move_count=pl.col("is_move").sum().over(*row, looked_on))
    eve = price.shift(1).over(row, order_by="day")
    morrow = price.shift(-1).over(row, order_by="day")
    last = (
        states.with_columns(day=looked_on)
        .sort("looked_at")
        .unique([*row, "day"], keep="last", maintain_order=True)
        .with_columns(is_island=(eve == morrow) & (price != eve))
    )
    priced = _skypilot.per_accelerator(last).with_columns(
        reason=pl.when(pl.col("reason").is_not_null())
        .then("reason")
        .when((pl.col("move_count") >= 2) | pl.col("is_island"))
        .then(pl.lit("flip_flop"))
        .when(~pl.col("confirmed"))
        .then(pl.lit("unconfirmed"))
    )
    # Where one machine is in doubt, its peers must not stand in for it that day: the key would step
    # to a dearer host and back.
    doubtful = pl.col("reason").is_in(("flip_flop", "unconfirmed")).fill_null(False)
    doubtful = doubtful.any().over("accelerator_name", "region", "day")
    priced = priced.with_columns(
        reason=pl.when(pl.col("reason").is_null() & doubtful)
        .then(pl.lit("peer_in_doubt"))
        .otherwise("reason")
    )
    rows = [_skypilot.on_demand(priced), _skypilot.spot(priced, kind="administered")]
    return sightings(pl.concat(rows, how="diagonal")).with_columns(
        confidence=pl.lit("medium"), refresh_days=pl.lit(1, pl.Int64)
    )


def rest(log: pl.DataFrame) -> pl.DataFrame:
    """Google's, Lambda's and (all rejected) Vast's sightings."""
    placeholder = pl.lit(PLACEHOLDER)
    log = log.with_columns(
        pl.when(pl.col(name) != placeholder).then(name).alias(name)
        for name in ("price", "spot_price")
    )
    priced = _skypilot.per_accelerator(_skypilot.daily(log))
    google = priced.filter(pl.col("cloud") == "gcp")
    lambda_ = _skypilot.everywhere(_skypilot.on_demand(priced.filter(pl.col("cloud") == "lambda")))
    imported = pl.col("seen_on") == pl.col("seen_on").min()
    lambda_ = lambda_.with_columns(
        reason=pl.when(imported).then(pl.lit("stale_copy")).otherwise("reason")
    )
    vast = _skypilot.on_demand(priced.filter(pl.col("cloud") == "vast"))
    google_list = misjoined(_skypilot.on_demand(google))
    parts = [
        google_list,
        beside(google_list, _skypilot.spot(google, kind="administered")),
        lambda_,
        vast.with_columns(reason=pl.lit("cheapest_offer")),
    ]
    return sightings(pl.concat(parts, how="diagonal"))


def beside(listed: pl.DataFrame, spot: pl.DataFrame) -> pl.DataFrame:
    """Spot rows without the no_discount flag where the list price it was compared with is wrong."""
    place = ["accelerator_raw", "instance_type", "accelerator_count", "region", "seen_on"]
    wrong = listed.filter(pl.col("reason") == "component_misjoin").select(
        *place, is_misjoined=pl.lit(True)
    )
    return (
        spot.join(wrong, on=place, how="left", nulls_equal=True)
        .with_columns(
            flag=pl.when(pl.col("is_misjoined")).then(pl.lit("administered")).otherwise("flag")
        )
        .drop("is_misjoined")
    )


def misjoined(rows: pl.DataFrame) -> pl.DataFrame:
    """Reject Google prices far below the same accelerator in other regions on the same day.

    H100-MEGA is the same chip on a dearer host: it must not stand in for a rejected H100.
    """
    price = pl.col("price_usd_per_gpu_hour")
    usual = price.quantile(0.75).over("accelerator_raw", "seen_on")
    wrong = pl.col("is_wrong")
    peers = wrong.any().over("chip", "region", "seen_on")
    return (
        rows.with_columns(
            is_wrong=(price < MISJOIN_FLOOR * usual).fill_null(False),
            chip=pl.col("accelerator_raw").str.strip_suffix("-MEGA"),
        )
        .with_columns(
            reason=pl.when(wrong)
            .then(pl.lit("component_misjoin"))
            .when(pl.col("reason").is_null() & peers)
            .then(pl.lit("peer_in_doubt"))
            .otherwise("reason")
        )
        .drop("is_wrong", "chip")
    )
