"""From sightings to price runs: one folder, one instance type and one price per key and day.

A key is provider x accelerator x market x term_months x basis x region. Where several folders saw
a key over the same days, the best (lowest priority) is kept: a sighting inside a stretch covered
by better evidence is left out, so that two readings of one price cannot alternate. Where a folder
lists several instance types, the cheapest per accelerator stands for the key (the least host
attached; of equals the one with the most accelerators), and spot follows the same instance type.

A run is a row of sightings at one price with no silence longer than `max_gap_days` between two of
them, and it says on which days it was seen (`seen_again`): a recorder that looked on three
days has three sightings. Where an observation stands for a week or more, one look a week is kept,
the last that follows the one before within it. What lies after the last sighting is unknown. A day
on which the folder saw that the key's price was gone ends a run too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl

from distil import ENDS_RUN, READ_ON, Evidence
from distil._corrections import corrected
from pipeline.identity.identity import one_list, resolve_accelerator, resolve_provider
from pipeline.sources.prices.gpu_price_history import COLUMNS, SERIES, write_days

KEY = SERIES
# join_asof matches no nulls: a term of none is written as 0 months inside this module.
KEY_TEXT = ("provider", "accelerator", "market", "term", "basis", "region")
# What one row states; a change in any of it starts a new run.
STATED = (
    "price_usd_per_gpu_hour",
    "instance_type",
    "spot_kind",
    "host_count",
    "offer_count",
    "flag",
    "source_url",
    "confidence",
)
PRICE_DECIMALS = 6
KEPT_EVERY_DAYS = 7


def attach(frame: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """A folder's sightings with what its EVIDENCE says wherever a row does not."""
    return frame.with_columns(
        pl.lit(evidence.name).alias("folder"),
        pl.lit(evidence.priority, pl.Int64).alias("priority"),
        pl.lit(evidence.licence).alias("licence"),
        pl.col("source_url").fill_null(evidence.source_url),
        pl.col("confidence").fill_null(evidence.confidence),
        pl.col("refresh_days").fill_null(evidence.refresh_days),
        pl.col("max_gap_days").fill_null(evidence.max_gap_days),
        pl.col("price_usd_per_gpu_hour").round(PRICE_DECIMALS),
    )


def identify(
    sightings: pl.DataFrame, providers: pl.DataFrame, aliases: pl.DataFrame
) -> pl.DataFrame:
    """Adds `provider` and `accelerator`, and a reason where there is none yet and one is due.

    "removed" and other reasons given by the folder stay; identity fails as "unknown_provider" or
    with the reason of the alias table; a price that is absent or not positive is "not_priced_yet".
    Faults that several folders share are corrected last (`_corrections`).
    """
    resolved = resolve_accelerator(resolve_provider(sightings, providers), aliases)
    price = pl.col("price_usd_per_gpu_hour")
    named = one_list(resolved, providers).with_columns(
        reason=pl.when(pl.col("reason").is_not_null())
        .then("reason")
        .when(pl.col("provider").is_null())
        .then(pl.lit("unknown_provider"))
        .when(pl.col("accelerator").is_null())
        .then("accelerator_reason")
        .when(price.is_null() | (price <= 0))
        .then(pl.lit("not_priced_yet"))
    )
    return corrected(named)


def rejected_counts(identified: pl.DataFrame) -> pl.DataFrame:
    """Rejected sightings by folder and reason."""
    rejected = identified.filter(pl.col("reason").is_not_null())
    return rejected.group_by("folder", "reason").len("row_count").sort("folder", "reason")


def one_per_day(identified: pl.DataFrame) -> pl.DataFrame:
    """One row per folder, key and day: the representative instance type's.

    `gone_on` is the last earlier day on which the folder saw the key without any price.
    """
    place = ("folder", "provider", "accelerator", "basis", "region")
    usable = pl.col("reason").is_null()
    known = identified.filter(
        pl.col("provider").is_not_null(), pl.col("accelerator").is_not_null()
    ).with_columns(term=pl.col("term_months").fill_null(0))
    order = {
        # Unflagged before flagged, then cheapest per accelerator, then most accelerators; the rest
        # only makes the choice the same every time.
        "is_flagged": pl.col("flag").is_not_null(),
        "price": pl.col("price_usd_per_gpu_hour"),
        "fewest": -pl.col("accelerator_count").fill_null(0),
        "name": pl.col("instance_type").fill_null(""),
        "trust": pl.col("confidence").replace_strict({"high": 0, "medium": 1, "low": 2}),
        "offers": -pl.col("offer_count").fill_null(0),
        "hosts": -pl.col("host_count").fill_null(0),
        "url": pl.col("source_url"),
        "kind": pl.col("spot_kind").fill_null(""),
        "label": pl.col("flag").fill_null(""),
    }
    fixed = (
        known.filter(usable, pl.col("market") != "spot")
        .sort(*order.values())
        .unique(["folder", *KEY, "seen_on"], keep="first", maintain_order=True)
    )
    typical = (
        fixed.filter(pl.col("market") == "on_demand", pl.col("instance_type").is_not_null())
        .select(*place, "seen_on", typical="instance_type")
        .sort("seen_on")
    )
    spot = (
        known.filter(usable, pl.col("market") == "spot")
        .sort("seen_on")
        .join_asof(
            typical, on="seen_on", by=list(place), strategy="nearest", check_sortedness=False
        )
        .filter(
            pl.col("typical").is_null()
            | pl.col("instance_type").is_null()
            | (pl.col("typical") == pl.col("instance_type"))
        )
        .drop("typical")
        .sort(*order.values())
        .unique(["folder", *KEY, "seen_on"], keep="first", maintain_order=True)
    )
    priced = pl.concat([fixed, spot])
    gone = (
        known.filter(pl.col("reason").is_in(ENDS_RUN))
        .join(priced, on=["folder", *KEY, "seen_on"], how="anti", nulls_equal=True)
        .select("folder", *KEY_TEXT, gone_on="seen_on")
        .unique()
        .sort("gone_on")
    )
    return priced.sort("seen_on").join_asof(
        gone,
        left_on="seen_on",
        right_on="gone_on",
        by=["folder", *KEY_TEXT],
        check_sortedness=False,
    )


def best_evidence(daily: pl.DataFrame) -> pl.DataFrame:
    """Per key, the rows that no better folder's stretch of sightings covers.

    A flagged price is out of the indices: it covers no unflagged one, however well it was read.
    """
    kept: list[pl.DataFrame] = []
    covered: list[pl.DataFrame] = []
    ranked = daily.with_columns(is_flagged=pl.col("flag").is_not_null())
    for _, rows in sorted(ranked.partition_by("is_flagged", "priority", as_dict=True).items()):
        free = rows
        for stretch in covered:
            free = (
                free.sort("seen_on")
                .join_asof(
                    stretch,
                    left_on="seen_on",
                    right_on="starts_on",
                    by=list(KEY_TEXT),
                    strategy="backward",
                    check_sortedness=False,
                )
                .filter((pl.col("seen_on") <= pl.col("ends_on")).fill_null(False).not_())
                .drop("starts_on", "ends_on")
            )
        kept.append(free)
        covered.append(stretches(rows))
    return pl.concat(kept)


def stretches(rows: pl.DataFrame) -> pl.DataFrame:
    """Spans of one folder's sightings of a key, whatever the price, gaps bridged."""
    priced = rows.sort(*KEY_TEXT, "seen_on")
    silence = pl.col("seen_on").diff().over(KEY_TEXT).dt.total_days()
    return (
        priced.with_columns(part=(silence > pl.col("max_gap_days")).fill_null(True).cum_sum())
        .group_by(*KEY_TEXT, "part")
        .agg(starts_on=pl.col("seen_on").min(), ends_on=pl.col("seen_on").max())
        .drop("part")
        .sort("starts_on")
    )


def runs(daily: pl.DataFrame) -> pl.DataFrame:
    """Price runs from one row per key and day, with `gone_on`."""
    ordered = daily.sort(*KEY_TEXT, "seen_on")

    def before(name: str) -> pl.Expr:
        return pl.col(name).shift(1).over(KEY_TEXT)

    starts = (pl.col("seen_on") - before("seen_on")).dt.total_days() > pl.col("max_gap_days")
    starts = starts.fill_null(True)
    starts |= (pl.col("gone_on") > before("seen_on")).fill_null(False)
    for name in (*STATED, "folder"):
        starts |= pl.col(name).ne_missing(before(name))
    return (
        ordered.with_columns(run=starts.cum_sum())
        .group_by("run", maintain_order=True)
        .agg(
            pl.col(*KEY, *STATED, "licence", "refresh_days").first(),
            observed_on=pl.col("seen_on").min(),
            last_seen_on=pl.col("seen_on").max(),
            days=pl.col("seen_on"),
        )
        .with_columns(seen_again=looks(pl.col("days"), pl.col("refresh_days")))
        .drop("run", "days")
    )


def looks(days: pl.Expr, refresh_days: pl.Expr) -> pl.Expr:
    """The days of a run as the history file writes them.

    Thinned to one every `refresh_days`, and never to less than one a week.
    """

    def thinned(run: dict[str, Any]) -> str | None:
        seen: list[date] = run["days"]
        apart = min(run["refresh_days"], KEPT_EVERY_DAYS)
        kept = [seen[0]]
        for day, following in pairwise(seen[1:]):
            if (following - kept[-1]).days > apart:
                kept.append(day)
        return write_days([*kept, seen[-1]] if len(seen) > 1 else kept)

    return pl.struct(days.alias("days"), refresh_days.alias("refresh_days")).map_elements(
        thinned, return_dtype=pl.String
    )


def history(identified: pl.DataFrame) -> pl.DataFrame:
    """The published table: COLUMNS, sorted, one row per price run."""
    return published(best_evidence(one_per_day(identified)))


def published(kept: pl.DataFrame) -> pl.DataFrame:
    """The runs of the rows that are kept, as the file has them."""
    return (
        runs(kept)
        .with_columns(read_on=pl.lit(READ_ON))
        .select(COLUMNS)
        .sort(*KEY, "observed_on", "source_url")
    )


def combine(frames: Iterable[tuple[Evidence, pl.DataFrame]]) -> pl.DataFrame:
    """All folders' sightings under one roof, each with its evidence."""
    return pl.concat([attach(frame, evidence) for evidence, frame in frames])
