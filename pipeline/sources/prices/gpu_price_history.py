"""Real rental prices 2021-2026, distilled from public records into our own table of price runs.

One line of `warehouse/reference/gpu_price_history.csv` says: this provider asked this price for one
accelerator-hour from `observed_on`, the first day it was seen, to `last_seen_on`, the last day it
was seen again, and on the days of `seen_again` in between; one observation stands for
`refresh_days`. `distil` makes the file and says what was read, corrected and left out. Prices are
USD per accelerator-hour, days are UTC.

`parse` unrolls a run into its sightings, each a day on which somebody looked, so that a moment
inside the run knows what had been seen by then and nothing later. Only the day of a sighting is
recorded, so it counts as known from the end of that day.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate, groupby, pairwise

import polars as pl

from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.committed import read_typed
from pipeline.sources.source import Capture, ParseError, Source

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
    "seen_again",
    "price_usd_per_gpu_hour",
    "refresh_days",
    "host_count",
    "offer_count",
    "flag",
    "source_url",
    "licence",
    "confidence",
    "read_on",
)
GAPS = re.compile(r"(\d+)(?:x(\d+))?")
SERIES = ("provider", "accelerator", "market", "term_months", "basis", "region")


def write_days(days: Sequence[date]) -> str | None:
    """Days of a run as the gaps between them: `1x13 2 7x4` is 13 daily looks, one two days on ...

    None for a run seen once.
    """
    gaps = [(after - before).days for before, after in pairwise(days)]
    counted = [(gap, len(list(same))) for gap, same in groupby(gaps)]
    return " ".join(f"{gap}x{n}" if n > 1 else str(gap) for gap, n in counted) or None


def read_days(written: str | None) -> list[int]:
    """Days after the first on which a run was seen, the first included.

    Raises:
        ParseError: what is written are no gaps of a day or more.
    """
    found = GAPS.findall(written or "")
    gaps = [int(gap) for gap, n in found for _ in range(int(n or 1))]
    if " ".join(f"{gap}x{n}" if n else gap for gap, n in found) != (written or "") or 0 in gaps:
        raise ParseError(f"seen_again: {written!r}")
    return list(accumulate(gaps, initial=0))


def parse(body: bytes, _: Capture) -> pl.DataFrame:
    """One row per price run and sighting, in the shape every price source returns.

    Raises:
        ParseError: the file does not have the documented columns and types, or a run's days do not
            end on its last day.
    """
    runs = read_typed(body, COLUMNS)
    written = runs["seen_again"].unique()
    days = pl.DataFrame(
        {"seen_again": written, "seen_after": [read_days(each) for each in written]},
        schema={"seen_again": pl.String, "seen_after": pl.List(pl.Int64)},
    )
    seen = runs.join(days, on="seen_again", how="left", nulls_equal=True, maintain_order="left")
    length = (pl.col("last_seen_on") - pl.col("observed_on")).dt.total_days()
    if not (torn := seen.filter(length != pl.col("seen_after").list.last())).is_empty():
        raise ParseError(f"{torn.height} runs are not seen on their last day: {torn.row(0)}")
    sightings = seen.explode("seen_after").with_columns(
        seen_on=pl.col("observed_on") + pl.duration(days="seen_after"),
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
    refresh_days=31,
)
