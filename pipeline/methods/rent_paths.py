"""Paths of market rent drawn from measured weekly moves, and how such paths did in the past.

Moves of all accelerators are pooled into one market series, a mean per week; what sets an
accelerator apart is shrunk toward the pool by how often it was seen (empirical Bayes, Efron and
Morris 1975). Paths are blocks of consecutive weeks put end to end (circular block bootstrap,
Politis and Romano 1992), so runs of rises and falls stay runs. Each batch of paths comes from a
history that was itself resampled: what batches disagree on is what the recorded weeks happen to be.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = [
    "BATCHES",
    "DRIFTS",
    "MARKET",
    "PATHS",
    "WEEKS",
    "History",
    "backtest",
    "history",
    "paths",
]

Array = NDArray[np.float64]

SEED = 20261127
PATHS, BATCHES = 2_000, 40
BLOCK = 8
WEEKS = 13
MARKET = ""
DRIFTS = ("measured", "through_cycle")
# Half a year of weeks: fewer tell no band.
MIN_WEEKS = 26
HORIZONS = (13, 26, 52)
BAND = (10.0, 90.0)
SINCE = date(2024, 1, 1)
# A 90 % interval is 3.29 standard errors wide.
WIDTH = 3.29


@dataclass(frozen=True)
class History:
    """Weekly moves of the market, and of each accelerator against it.

    Attributes:
        weeks: Week ends with a pooled move, in order.
        pooled: Mean log change of the accelerators seen in each of these weeks.
        residuals: Log change less the pool's, of all accelerators, centred for each.
        offsets: Mean weekly difference to the pool by accelerator, shrunk.
        scales: Size of an accelerator's residuals over that of all, shrunk.
    """

    weeks: Sequence[date]
    pooled: Array
    residuals: Array
    offsets: dict[str, float]
    scales: dict[str, float]


def history(moves: pl.DataFrame) -> History:
    """Pool weekly moves.

    Args:
        moves: Rows of `accelerator`, `period_end_on`, `move_weeks`, `log_change`. A move over
            several weeks counts in each of them as an equal part.
    """
    weekly = (
        moves.filter(pl.col("move_weeks") > 0)
        .with_columns(
            step=pl.int_ranges(pl.col("move_weeks").round().cast(pl.Int64).clip(1)),
            part=pl.col("log_change") / pl.col("move_weeks").round().clip(1),
        )
        .explode("step")
        .select(
            "accelerator",
            week=pl.col("period_end_on") - pl.duration(days=7 * pl.col("step")),
            move="part",
        )
        .group_by("accelerator", "week")
        .agg(pl.col("move").mean())
        .sort("week", "accelerator")
    )
    pool = weekly.group_by("week").agg(pl.col("move").mean().alias("pool")).sort("week")
    apart = weekly.join(pool, on="week").with_columns(gap=pl.col("move") - pl.col("pool"))
    each = apart.group_by("accelerator").agg(
        seen=pl.len(), mean=pl.col("gap").mean(), spread=pl.col("gap").var().fill_null(0)
    )
    each = each.sort("accelerator")
    residuals = (
        apart.with_columns(gap=pl.col("gap") - pl.col("gap").mean().over("accelerator"))
        .sort("accelerator", "week")["gap"]
        .to_numpy()
    )
    within = float(np.var(residuals)) if residuals.size else 0.0
    means, seen = each["mean"].to_numpy(), each["seen"].to_numpy()
    # What the means vary by beyond their own error; none means nobody is set apart.
    between = max(float(np.var(means)) - float(np.mean(within / seen)), 0.0) if seen.size else 0.0
    offsets, scales = {}, {}
    for name, count, mean, spread in each.iter_rows():
        weight = between / (between + within / count) if between > 0 else 0.0
        offsets[name] = weight * mean
        pull = count / (count + MIN_WEEKS)
        scales[name] = float(np.sqrt(pull * spread / within + 1 - pull)) if within > 0 else 1.0
    return History(pool["week"].to_list(), pool["pool"].to_numpy(), residuals, offsets, scales)


def blocks(series: Array, lanes: int, weeks: int, dice: np.random.Generator) -> Array:
    """Each lane's `weeks` values, in blocks of consecutive ones; the end joins the start."""
    count = -(-weeks // BLOCK)
    starts = dice.integers(0, series.size, size=(lanes, count, 1))
    places = (starts + np.arange(BLOCK)) % series.size
    drawn: Array = series[places.reshape(lanes, -1)[:, :weeks]]
    return drawn


def paths(
    past: History,
    accelerators: Sequence[str],
    quarters: int,
    drift_basis: str,
    decline: tuple[float, float, float] | None = None,
    *,
    lanes: int = PATHS,
    batches: int = BATCHES,
    weeks: int = WEEKS,
    seed: int = SEED,
) -> dict[str, Array]:
    """Rent over that of the start by accelerator, and of the pool under the name MARKET.

    Each is an array of lanes by quarters, 1 in quarter 0.

    Args:
        past: What moves were measured.
        accelerators: Those wanted; one that was never seen moves with the pool and as much apart.
        quarters: Quarters after the start.
        drift_basis: `measured` keeps the mean of the moves; `through_cycle` takes it out and lets
            rents change by `decline`.
        decline: Rate, low and high end of its 90 % interval, % a year.
        lanes: Paths, shared evenly among `batches` of resampled histories.
        batches: Histories.
        weeks: Weeks to a quarter.
        seed: Fixed, so that the same moves always give the same table.

    Raises:
        ValueError: fewer than half a year of weeks.
    """
    if past.pooled.size < MIN_WEEKS:
        raise ValueError(f"{past.pooled.size} weeks of moves; {MIN_WEEKS} are needed")
    dice = np.random.default_rng(seed)
    size, per = past.pooled.size, lanes // batches
    length = quarters * weeks
    # One market for all accelerators of a lane.
    market = np.empty((lanes, length))
    for batch in range(batches):
        again = blocks(past.pooled, 1, size, dice)[0]
        mean = float(again.mean())
        lane = slice(batch * per, (batch + 1) * per)
        market[lane] = blocks(again, per, length, dice)
        if drift_basis == "through_cycle":
            rate, low, high = decline or (0.0, 0.0, 0.0)
            drawn = np.clip(dice.normal(rate, abs(high - low) / WIDTH), -95, 500)
            market[lane] += np.log1p(drawn / 100) / 52 - mean
    made = {MARKET: _grown(market, quarters, weeks)}
    for name in accelerators:
        apart = blocks(past.residuals, lanes, length, dice) * past.scales.get(name, 1.0)
        if drift_basis == "measured":
            apart = apart + past.offsets.get(name, 0.0)
        made[name] = _grown(market + apart, quarters, weeks)
    return made


def _grown(moves: Array, quarters: int, weeks: int) -> Array:
    sums = moves.reshape(-1, quarters, weeks).sum(axis=2).cumsum(axis=1)
    grown: Array = np.exp(np.concatenate([np.zeros((moves.shape[0], 1)), sums], axis=1))
    return grown


def backtest(rows: pl.DataFrame) -> pl.DataFrame:
    """Bands drawn at each month's end since 2024, beside what the pooled moves came to.

    Args:
        rows: `row_kind` move (as `history` takes them, with `known_at`) and decline (by month).

    Returns:
        One row per tier, drift, origin and horizon whose weeks have all been seen.
    """
    moves = rows.filter(pl.col("row_kind") == "move")
    declines = rows.filter(pl.col("row_kind") == "decline").sort("period_end_on")
    made = [
        (tier, *each)
        for (tier,), those in moves.sort("tier").group_by("tier", maintain_order=True)
        for each in _origins(those, declines)
    ]
    schema = pl.Schema({
        "tier": pl.String(), "drift_basis": pl.String(), "period_end_on": pl.Date(),
        "horizon_weeks": pl.Int64(), "history_weeks_count": pl.Int64(),
        "low_rent_multiplier": pl.Float64(),
        "median_rent_multiplier": pl.Float64(), "high_rent_multiplier": pl.Float64(),
        "actual_rent_multiplier": pl.Float64(), "is_inside": pl.Boolean(),
        "known_at": pl.Datetime("us", "UTC"),
    })  # fmt: skip
    return pl.DataFrame(made, schema=schema, orient="row")


def _origins(moves: pl.DataFrame, declines: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    whole = history(moves)
    seen = dict(zip(whole.weeks, whole.pooled.tolist(), strict=True))
    known = moves["known_at"].max()
    last = whole.weeks[-1]
    origin = SINCE - timedelta(days=1)
    while origin < last:
        past = moves.filter(
            (pl.col("period_end_on") <= origin)
            & (pl.col("known_at").dt.date() <= origin + timedelta(days=1))
        )
        if not past.is_empty():
            then = history(past)
            if then.pooled.size >= MIN_WEEKS:
                yield from _judged(then, origin, seen, declines, known)
        origin = _next_month_end(origin)


def _judged(
    then: History,
    origin: date,
    seen: dict[date, float],
    declines: pl.DataFrame,
    known: object,
) -> Iterator[tuple[object, ...]]:
    rates = declines.filter(pl.col("period_end_on") <= origin).tail(1)
    decline = rates.select(pl.col("^.*rate_pct_per_year$")).row(0) if rates.height else None
    for drift in DRIFTS:
        if drift == "through_cycle" and decline is None:
            continue
        drawn = paths(then, [], max(HORIZONS), drift, decline, lanes=500, batches=20, weeks=1)
        for weeks in HORIZONS:
            came = [
                each for day, each in seen.items() if origin < day <= origin + timedelta(7 * weeks)
            ]
            # Nobody looked in some weeks: what rents came to is then not known.
            if len(came) < 0.9 * weeks:
                continue
            low, middle, high = np.percentile(drawn[MARKET][:, weeks], [BAND[0], 50, BAND[1]])
            actual = float(np.exp(sum(came)))
            yield (
                drift, origin, weeks, then.pooled.size, low, middle, high, actual,
                bool(low <= actual <= high), known,
            )  # fmt: skip


def _next_month_end(day: date) -> date:
    after = (day + timedelta(days=1)).replace(day=28) + timedelta(days=4)
    return after.replace(day=1) - timedelta(days=1)
