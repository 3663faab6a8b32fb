"""What accelerators lose per year, by seven methods that are never blended (METHODS 5)."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.columns import COLUMNS
from pipeline.methods.huber import Labels, Vector
from pipeline.methods.shrinkage import shrunk
from pipeline.methods.slopes import Z_90, Regression, Slope, slopes

__all__ = ["rates"]

MIN_MONTHS = 12
MIN_SEGMENT_MONTHS = 6
MIN_GENERATIONS = 4
MIN_SALES = 3
MIN_RESALE_YEARS = 0.5
POOLED_EVERY_MONTHS = 3
SEED = 20261123
DAYS_PER_YEAR = 365.25
TINY = 1e-18
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
    35(1), 35. Slopes and bands: `pipeline.methods.slopes.slopes`.
    """
    rents = Rents.of(answers)
    ends = (
        answers.select("known_at", end=pl.col("known_at").dt.date().dt.offset_by("-1d"))
        .unique()
        .sort("known_at")
    )
    asked = [list(_rented(rents, end)) for end in ends["end"]]
    regressions = [said for month in asked for _, said in month if not isinstance(said, str)]
    found = iter(slopes(regressions, seed=SEED))
    sold = answers.filter(pl.col("kind") != "rent").partition_by("known_at", as_dict=True)
    made: list[Row] = []
    for (known_at, end), month in zip(ends.iter_rows(), asked, strict=True):
        rows = [row | _told(said if isinstance(said, str) else next(found)) for row, said in month]
        others = sold.get((known_at,), answers.clear())
        for row in (*rows, *_drawn(rows), *_sold(others), *_booked(others, end)):
            made.append({"period_end_on": end, "known_at": known_at} | row)
    return pl.DataFrame(made, schema={name: COLUMNS[name].dtype for name in MADE})


@dataclass(frozen=True)
class Rents:
    """Rents known when their own month ended, in the order of months, accelerators and providers.

    Each an array of as many values; accelerators and providers are numbered in the order of names.
    """

    end: NDArray[np.datetime64]
    month: Labels
    accelerator: Labels
    provider: Labels
    log_price: Vector
    age_years: Vector
    is_training_part: NDArray[np.bool_]
    names: tuple[str, ...]

    @classmethod
    def of(cls, answers: pl.DataFrame) -> "Rents":
        ended = pl.col("period_end_on").dt.offset_by("1d") == pl.col("known_at").dt.date()
        rents = answers.filter((pl.col("kind") == "rent") & ended)
        rents = rents.sort("period_end_on", "accelerator", "provider").select(
            "accelerator",
            "period_end_on",
            month=pl.col("period_end_on").dt.year().cast(pl.Int64) * 12
            + pl.col("period_end_on").dt.month(),
            accelerator_number=pl.col("accelerator").rank("dense").cast(pl.Int64) - 1,
            provider=pl.col("provider").rank("dense").cast(pl.Int64),
            log_price=pl.col("price").log(),
            age_years=(pl.col("period_end_on") - pl.col("available_on")).dt.total_days()
            / DAYS_PER_YEAR,
            is_training_part=pl.col("is_training_part").fill_null(value=False),
        )
        return cls(
            end=rents["period_end_on"].to_numpy(),
            month=rents["month"].to_numpy(),
            accelerator=rents["accelerator_number"].to_numpy(),
            provider=rents["provider"].to_numpy(),
            log_price=rents["log_price"].to_numpy(),
            age_years=rents["age_years"].to_numpy(),
            is_training_part=rents["is_training_part"].to_numpy(),
            names=tuple(rents["accelerator"].unique().sort()),
        )

    def only(self, rows: NDArray[np.bool_] | slice) -> "Rents":
        names = [each.name for each in fields(self) if each.name != "names"]
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    @property
    def extent(self) -> Row:
        return {
            "observation_count": len(self.end),
            "provider_count": len(np.unique(self.provider)),
            "accelerator_count": len(np.unique(self.accelerator)),
            "month_count": self.month_count,
            "first_on": self.end.min().item(),
        }

    @cached_property
    def month_count(self) -> int:
        return len(np.unique(self.month))


Asked = tuple[Row, Regression | str]


def _rented(rents: Rents, end: date) -> Iterator[Asked]:
    """What to ask of rents, or why not: per accelerator priced in the month, and over all."""
    known = rents.only(rents.end <= np.datetime64(end))
    is_now = known.end == np.datetime64(end)
    for number in np.unique(known.accelerator[is_now]):
        own = known.only(known.accelerator == number)
        about = {"accelerator": rents.names[number], **own.extent}
        yield about | {"method": "cohort"}, _cohort(own)
        kink, said = _kinked(own)
        yield about | {"method": "cohort_piecewise", "break_on": kink}, said
    parts = known.only(known.is_training_part & (known.age_years >= 0))
    now = parts.only(parts.end == np.datetime64(end))
    if not len(now.end):
        return
    yield {"accelerator": "all", "method": "cross_section", **now.extent}, _aged(now)
    some = parts.only((now.month[0] - parts.month) % POOLED_EVERY_MONTHS == 0)
    few = f"fewer than {MIN_MONTHS} months" if parts.month_count < MIN_MONTHS else None
    about = {"accelerator": "all", "method": "pooled_through_cycle", **some.extent}
    yield about, few or _aged(some, some.month)


def _drawn(rows: list[Row]) -> Iterator[Row]:
    """Each accelerator's own rate, drawn towards the pooled one, where there is one."""
    own_rows = [row for row in rows if row["method"] == "cohort"]
    pooled = rows[-1] if rows else {}
    is_pooled = pooled.get("method") == "pooled_through_cycle"
    if not is_pooled or pooled["publication_status"] == "withheld":
        return
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


def _cohort(own: Rents) -> Regression | str:
    """One accelerator's rent through time."""
    if own.month_count < MIN_MONTHS:
        return f"fewer than {MIN_MONTHS} months"
    return Regression(own.log_price, own.month[None] / 12, own.provider, own.provider, own.month)


def _kinked(own: Rents) -> tuple[date | None, Regression | str]:
    """The same in two segments that meet in the month where they fit best, and that month."""
    inner = np.unique(own.month)[MIN_SEGMENT_MONTHS:-MIN_SEGMENT_MONTHS]
    if not inner.size:
        return None, f"fewer than {2 * MIN_SEGMENT_MONTHS + 1} months"
    # Ordinary least squares within providers is enough to choose the kink. Time before it and time
    # after it add up to time, whose part is the same for every kink.
    after = np.maximum(own.month - inner[:, None], 0) / 12
    within = _demeaned(np.vstack([own.month / 12, own.log_price, after]), own.provider)
    time, rest = within[0], within[1:]
    rest = rest - np.outer(rest @ time / max(time @ time, TINY), time)
    log_price, trials = rest[0], rest[1:]
    gains = (trials @ log_price) ** 2 / np.maximum((trials**2).sum(axis=1), TINY)
    # Prices that stand still have no best month: the first stands.
    kink = inner[int(np.argmax(np.where(gains > TINY, gains, 0.0)))]
    # Time before the kink, then time after it: the later slope is the last.
    sides = np.stack([np.minimum(own.month - kink, 0), np.maximum(own.month - kink, 0)]) / 12
    on: date = own.end[int(np.argmax(own.month == kink))].item()
    return on, Regression(own.log_price, sides, own.provider, own.provider, own.month)


def _demeaned(rows: Vector, labels: Labels) -> Vector:
    """Each row less its mean within the label."""
    _, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    member = np.asarray(place[:, None] == np.arange(len(counts)), dtype=np.float64)
    return np.asarray(rows - (rows @ member / counts)[:, place])


def _aged(prices: Rents, *groups: Labels) -> Regression | str:
    """Rent against age over generations."""
    if len(np.unique(prices.accelerator)) < MIN_GENERATIONS:
        return f"fewer than {MIN_GENERATIONS} accelerators"
    ages = prices.age_years[None]
    return Regression(prices.log_price, ages, prices.provider, prices.accelerator, groups=groups)


def _told(found: Slope | str) -> Row:
    """What a row says of its slope; where there are two, the first is the earlier."""
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
