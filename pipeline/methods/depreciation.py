"""What accelerators lose per year, by five methods that are never blended (METHODS 5)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.columns import COLUMNS
from pipeline.methods.shrinkage import shrunk
from pipeline.methods.slopes import Z_90, slope

__all__ = ["rates"]

MIN_MONTHS = 12
MIN_SEGMENT_MONTHS = 6
MIN_GENERATIONS = 4
MIN_SALES = 3
MIN_RESALE_YEARS = 0.5
POOLED_EVERY_MONTHS = 3
SEED = 20261123
DAYS_PER_YEAR = 365.25
MADE = (
    "accelerator",
    "method",
    "period_end_on",
    "publication_status",
    "withheld_reason",
    "rate_pct_per_year",
    "interval_low_rate_pct_per_year",
    "interval_high_rate_pct_per_year",
    "earlier_rate_pct_per_year",
    "break_on",
    "residual_error",
    "r_squared",
    "observation_count",
    "provider_count",
    "accelerator_count",
    "month_count",
    "first_on",
    "own_rate_pct_per_year",
    "own_weight_fraction",
    "known_at",
)
Row = dict[str, Any]
Vector = NDArray[np.float64]
Labels = NDArray[np.int64]


def rates(answers: pl.DataFrame) -> pl.DataFrame:
    """One row per method, accelerator (or `all`) and month end, from what was known then.

    - `cohort`: ln rent of one accelerator on time, with an effect per provider, so that a provider
      who comes or goes moves nothing. Nothing forces a decline.
    - `cohort_piecewise`: the same with one kink where it fits best; the rate is the later one.
    - `cross_section`: ln rent on age over generations of training parts on one month, with an
      effect per provider. The oldest are what progress left of them, not what wear did.
    - `pooled_through_cycle`: the same over every third month known, with an effect per provider and
      month. Age is told apart from the calendar only across generations: for one accelerator the
      two are the same line, which no data can separate.
    - `shrunk`: of each accelerator priced in the month, its own `cohort` rate drawn towards
      `pooled_through_cycle` by how uncertain it is (`pipeline.methods.shrinkage`); one without a
      rate of its own has the pooled one, at weight zero.
    - `resale`: yearly change between the first and the last executed median, each of 3 sales or
      more; without a band, because two prices have none.
    - `book`: straight line, 100 / life a year of cost; median, shortest and longest life in force.

    Args:
        answers: One row per `kind`: `rent` (provider, accelerator, `period_end_on`, `known_at`,
            price in USD per GPU-hour, `available_on`, `is_training_part`), `resale` (accelerator,
            day, price in USD, `observation_count`), `life` (company as provider, day it takes
            effect, years as price). Of each month's rents only the answer given when it ended is
            used, so no row is ever restated.

    Returns:
        The columns of MADE, in units of the dictionary.

    Source: cohort and cross-section: Hulten & Wykoff (1981), Journal of Econometrics 15(3), 367;
    why age, period and cohort are one dimension too many: Hall (1968), Review of Economic Studies
    35(1), 35. Slopes and bands: `pipeline.methods.slopes.slope`.
    """
    ended = pl.col("period_end_on").dt.offset_by("1d") == pl.col("known_at").dt.date()
    rents = (
        answers.filter((pl.col("kind") == "rent") & ended)
        .with_columns(
            log_price=pl.col("price").log(),
            month=pl.col("period_end_on").dt.year() * 12 + pl.col("period_end_on").dt.month(),
            age_years=(pl.col("period_end_on") - pl.col("available_on")).dt.total_days()
            / DAYS_PER_YEAR,
            provider_number=pl.col("provider").rank("dense"),
            accelerator_number=pl.col("accelerator").rank("dense"),
        )
        .sort("period_end_on", "accelerator", "provider")
    )
    made: list[Row] = []
    for (known_at,), asked in answers.sort("known_at").group_by("known_at", maintain_order=True):
        end = asked.select(pl.col("known_at").dt.date().dt.offset_by("-1d")).item(0, 0)
        known = rents.filter(pl.col("known_at") <= known_at)
        for row in (*_rented(known, end), *_sold(asked), *_booked(asked, end)):
            made.append({"period_end_on": end, "known_at": known_at} | row)
    return pl.DataFrame(made, schema={name: COLUMNS[name].dtype for name in MADE})


def _rented(known: pl.DataFrame, end: date) -> Iterator[Row]:
    """Rates from rents: of each accelerator priced in the month, and over all generations."""
    priced = known.filter(period_end_on=end)["accelerator"].unique().sort()
    by_name = known.partition_by("accelerator", as_dict=True)
    own_rows: list[Row] = []
    for name in priced:
        own = by_name[name,]
        about = {"accelerator": name, **_extent(own)}
        own_rows.append(about | {"method": "cohort"} | _cohort(own))
        yield own_rows[-1]
        yield about | {"method": "cohort_piecewise"} | _kinked(own)
    parts = known.filter("is_training_part", pl.col("age_years") >= 0)
    now = parts.filter(period_end_on=end)
    if now.is_empty():
        return
    yield {"accelerator": "all", "method": "cross_section", **_extent(now)} | _aged(now, [])
    last = now["month"][0]
    some = parts.filter((last - pl.col("month")) % POOLED_EVERY_MONTHS == 0)
    pooled = {"accelerator": "all", "method": "pooled_through_cycle", **_extent(some)}
    if _months_of(parts) < MIN_MONTHS:
        yield pooled | _withheld(f"fewer than {MIN_MONTHS} months")
        return
    pooled |= _aged(some, ["month"])
    yield pooled
    if pooled["publication_status"] == "published":
        yield from _drawn(own_rows, pooled)


def _drawn(own_rows: list[Row], pooled: Row) -> Iterator[Row]:
    """Each accelerator's own rate, drawn towards the pooled one."""
    ends = [_logs(row) for row in (*own_rows, pooled)]
    middles, errors = np.array(ends, dtype=np.float64).T
    found = shrunk(middles[:-1], errors[:-1], middles[-1], errors[-1])
    for row, log_rate, weight, error in zip(
        own_rows, found.estimates, found.weights, found.errors, strict=True
    ):
        kept = ("accelerator", *EXTENT)
        yield {name: row[name] for name in kept} | {
            "method": "shrunk",
            "publication_status": "published",
            "rate_pct_per_year": _percent(log_rate),
            "interval_low_rate_pct_per_year": _percent(log_rate - Z_90 * error),
            "interval_high_rate_pct_per_year": _percent(log_rate + Z_90 * error),
            "residual_error": row.get("residual_error", pooled["residual_error"]),
            "own_rate_pct_per_year": row.get("rate_pct_per_year"),
            "own_weight_fraction": float(weight),
        }


def _logs(row: Row) -> tuple[float, float]:
    """Rate and standard error in logs, as its 90 % band has them; nan where it is withheld."""
    if row["publication_status"] == "withheld":
        return np.nan, np.nan
    low, high = (
        np.log1p(row[f"interval_{end}_rate_pct_per_year"] / 100) for end in ("low", "high")
    )
    return float((low + high) / 2), float((high - low) / (2 * Z_90))


EXTENT = ("observation_count", "provider_count", "accelerator_count", "month_count", "first_on")


def _extent(prices: pl.DataFrame) -> Row:
    return {
        "observation_count": prices.height,
        "provider_count": prices["provider"].n_unique(),
        "accelerator_count": prices["accelerator"].n_unique(),
        "month_count": _months_of(prices),
        "first_on": prices["period_end_on"].min(),
    }


def _months_of(prices: pl.DataFrame) -> int:
    return prices["month"].n_unique()


def _cohort(own: pl.DataFrame) -> Row:
    """One accelerator's rent through time."""
    if _months_of(own) < MIN_MONTHS:
        return _withheld(f"fewer than {MIN_MONTHS} months")
    return _fitted(own, _years(own)[:, None], ["provider"], through_time=True)


def _kinked(own: pl.DataFrame) -> Row:
    """The same in two segments that meet in the month where they fit best."""
    month = own["month"].cast(pl.Float64).to_numpy()
    months = np.unique(month)
    inner = months[MIN_SEGMENT_MONTHS:-MIN_SEGMENT_MONTHS]
    if not inner.size:
        return _withheld(f"fewer than {2 * MIN_SEGMENT_MONTHS + 1} months")
    # Time before the kink, then time after it: the later slope is the last.
    pairs = {
        kink: np.column_stack([np.minimum(month - kink, 0), np.maximum(month - kink, 0)]) / 12
        for kink in inner
    }
    # Ordinary least squares within providers is enough to choose the kink.
    within = _demeaned(np.column_stack([own["log_price"].to_numpy(), *pairs.values()]), own)
    log_price, trials = within[:, 0], np.split(within[:, 1:], len(inner), axis=1)
    left = [log_price - pair @ np.linalg.lstsq(pair, log_price)[0] for pair in trials]
    kink = inner[int(np.argmin([each @ each for each in left]))]
    on = own["period_end_on"][int(np.argmax(month == kink))]
    return _fitted(own, pairs[kink], ["provider"], through_time=True) | {"break_on": on}


def _demeaned(columns: Vector, own: pl.DataFrame) -> Vector:
    """Each column less its mean within the provider."""
    labels = _labels(own, "provider")
    member = np.asarray(labels[:, None] == np.unique(labels)[None, :], dtype=np.float64)
    return np.asarray(columns - member @ np.linalg.lstsq(member, columns)[0])


def _aged(prices: pl.DataFrame, groups: list[str]) -> Row:
    """Rent against age over generations."""
    if prices["accelerator"].n_unique() < MIN_GENERATIONS:
        return _withheld(f"fewer than {MIN_GENERATIONS} accelerators")
    ages = prices["age_years"].to_numpy()[:, None]
    return _fitted(prices, ages, ["provider", *groups], through_time=False)


def _fitted(
    prices: pl.DataFrame, regressors: Vector, groups: list[str], *, through_time: bool
) -> Row:
    """The row of one regression; where there are two regressors, the first is the earlier slope."""
    found = slope(
        prices["log_price"].to_numpy(),
        regressors,
        [_labels(prices, each) for each in groups],
        months=prices["month"].cast(pl.Int64).to_numpy() if through_time else None,
        clusters=_labels(prices, "provider" if through_time else "accelerator"),
        seed=SEED,
    )
    if isinstance(found, str):
        return _withheld(found)
    return {
        "publication_status": "published",
        "rate_pct_per_year": _percent(found.estimate),
        "interval_low_rate_pct_per_year": _percent(found.estimate - found.reach),
        "interval_high_rate_pct_per_year": _percent(found.estimate + found.reach),
        "earlier_rate_pct_per_year": _percent(found.others[0]) if found.others else None,
        "residual_error": found.error,
        "r_squared": found.r_squared,
    }


def _labels(prices: pl.DataFrame, column: str) -> Labels:
    """Numbers of a column's values in their order, from 1: of names by the number each has."""
    named = prices[column if column == "month" else f"{column}_number"]
    return np.asarray(np.unique(named.to_numpy(), return_inverse=True)[1] + 1, dtype=np.int64)


def _years(prices: pl.DataFrame) -> Vector:
    return prices["month"].cast(pl.Float64).to_numpy() / 12


def _percent(log_rate: float) -> float:
    """Per cent a year; a slope no data pins down stops at a factor of a million."""
    return float(100 * np.expm1(np.clip(log_rate, -14.0, 14.0)))


def _sold(asked: pl.DataFrame) -> Iterator[Row]:
    """Between the first and the last executed resale price of each accelerator."""
    enough = pl.col("observation_count") >= MIN_SALES
    sales = asked.filter((pl.col("kind") == "resale") & enough)
    for (name,), own in sales.group_by("accelerator", maintain_order=True):
        own = own.sort("period_end_on")
        row: Row = {
            "accelerator": name,
            "method": "resale",
            "observation_count": int(own["observation_count"].sum()),
            "accelerator_count": 1,
            "month_count": own["period_end_on"].n_unique(),
            "first_on": own["period_end_on"][0],
        }
        years = (own["period_end_on"][-1] - own["period_end_on"][0]).days / DAYS_PER_YEAR
        if years < MIN_RESALE_YEARS:
            yield row | _withheld("no two executed prices half a year apart")
            continue
        change = float(np.log(own["price"][-1] / own["price"][0])) / years
        yield row | {"publication_status": "published", "rate_pct_per_year": _percent(change)}


def _booked(asked: pl.DataFrame, end: date) -> Iterator[Row]:
    """Straight line over the lives in force, one per company: of cost, not of what is left."""
    begun = asked.filter(pl.col("kind") == "life", pl.col("period_end_on") <= end)
    newest = begun.sort("period_end_on", "price").group_by("provider").last()
    lives = newest["price"].sort()
    if not lives.is_empty():
        yield {
            "accelerator": "all",
            "method": "book",
            "publication_status": "published",
            "rate_pct_per_year": -100 / float(np.median(lives.to_numpy())),
            "interval_low_rate_pct_per_year": -100 / lives[0],
            "interval_high_rate_pct_per_year": -100 / lives[-1],
            "observation_count": len(lives),
        }


def _withheld(reason: str) -> Row:
    return {"publication_status": "withheld", "withheld_reason": reason}
