"""Real rental prices 2021-2026, distilled from public records into our own table of price runs.

One line of `warehouse/reference/gpu_price_history.csv` says: this provider asked this price for one
accelerator-hour from `observed_on`, the first day it was seen, to `last_seen_on`, the last day it
was seen again, in a record that looked every `refresh_days`. `distil` makes the file and
says what was read, corrected and left out. Prices are USD per accelerator-hour, days are UTC.

`parse` unrolls a run into its sightings, one every `refresh_days`, so that a moment inside the run
knows what had been seen by then and nothing later. Only the day of a sighting is recorded, so it
counts as known from the end of that day.
"""

from datetime import timedelta

import polars as pl

from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.committed import read_typed
from pipeline.sources.source import Capture, Source

COLUMNS = (
    "provider",
    "accelerator",
    "market",
    "spot_kind",
    "term_months",
    "basis",
    "region",
    "instance_type",
    "observed_on",
    "last_seen_on",
    "price_usd_per_gpu_hour",
    "refresh_days",
    "host_count",
    "offer_count",
    "flag",
    "source_url",
    "provider_url",
    "licence",
    "confidence",
    "read_on",
)
SERIES = ("provider", "accelerator", "market", "term_months", "basis", "region")


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per price run and sighting, in the shape every price source returns.

    Raises:
        ParseError: the file does not have the documented columns and types.
    """
    runs = read_typed(body, COLUMNS)
    days_seen = pl.int_ranges(
        0, (pl.col("last_seen_on") - pl.col("observed_on")).dt.total_days(), pl.col("refresh_days")
    )
    # A run is seen on its first day, every refresh after it, and on its last day.
    sightings = (
        runs.with_columns(
            seen_after=days_seen.list.concat(
                (pl.col("last_seen_on") - pl.col("observed_on")).dt.total_days()
            )
        )
        .explode("seen_after")
        .with_columns(
            seen_on=pl.col("observed_on") + pl.duration(days="seen_after"),
        )
    )
    midnight = pl.col("seen_on").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    read_at = pl.col("read_on").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return sightings.select(
        offer_id=pl.concat_str(SERIES, separator="/", ignore_nulls=True),
        observed_at=midnight,
        provider_raw="provider",
        accelerator_raw="accelerator",
        memory_gib=pl.lit(None, pl.Float64),
        instance_type="instance_type",
        gpu_count=pl.lit(1, pl.Int64),
        market="market",
        spot_kind="spot_kind",
        term_months="term_months",
        basis="basis",
        region="region",
        country=pl.lit(None, pl.String),
        host_id=pl.lit(None, pl.String),
        host_count="host_count",
        offer_count="offer_count",
        available_count=pl.lit(None, pl.Int64),
        price_in_currency_per_gpu_hour="price_usd_per_gpu_hour",
        currency=pl.lit("USD"),
        refresh_days="refresh_days",
        flag="flag",
        reason=pl.lit(None, pl.String),
        known_at=midnight + timedelta(days=1),
        captured_at=pl.max_horizontal(read_at, midnight + timedelta(days=1)),
        source_url="source_url",
        licence="licence",
        confidence="confidence",
    )


SOURCE = Source(
    name="gpu_price_history",
    homepage="warehouse/reference/gpu_price_history.csv",
    terms="Facts, each cited to where it was read.",
    licence="per row",
    contract=GPU_OFFERS,
    parse=parse,
    file="gpu_price_history.csv",
)
