"""What accelerators lose per year, by five methods that are never blended (METHODS 5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import t as student
from statsmodels.robust.norms import HuberT
from statsmodels.robust.robust_linear_model import RLM
from statsmodels.robust.scale import HuberScale

from pipeline.columns import COLUMNS

__all__ = ["Slope", "rates", "slope"]

MIN_MONTHS = 12
MIN_SEGMENT_MONTHS = 6
MIN_GENERATIONS = 4
MIN_SALES = 3
MIN_RESALE_YEARS = 0.5
POOLED_EVERY_MONTHS = 3
SEED = 20261123
LEVEL = 0.90
DRAWS = 999
MAX_ROUNDS = 30
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
    "known_at",
)
Row = dict[str, Any]
Vector = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Slope:
    """A slope in logs, its 90 % band and what it leaves over.

    Attributes:
        estimate: Change of the log per unit of the last regressor.
        others: The same for the other regressors, in their order.
        reach: Half the width of the band.
        r_squared: Part of the variation within groups that the fit explains.
        error: Root mean square of the residuals, in logs.
    """

    estimate: float
    others: tuple[float, ...]
    reach: float
    r_squared: float
    error: float


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
    35(1), 35. Slopes and bands: `slope`.
    """
    ended = pl.col("period_end_on").dt.offset_by("1d") == pl.col("known_at").dt.date()
    rents = (
        answers.filter((pl.col("kind") == "rent") & ended)
        .with_columns(
            log_price=pl.col("price").log(),
            month=pl.col("period_end_on").dt.year() * 12 + pl.col("period_end_on").dt.month(),
            age_years=(pl.col("period_end_on") - pl.col("available_on")).dt.total_days()
            / DAYS_PER_YEAR,
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
    for name in priced:
        own = known.filter(accelerator=name)
        about = {"accelerator": name, **_extent(own)}
        yield about | {"method": "cohort"} | _cohort(own)
        yield about | {"method": "cohort_piecewise"} | _kinked(own)
    parts = known.filter("is_training_part", pl.col("age_years") >= 0)
    now = parts.filter(period_end_on=end)
    if not now.is_empty():
        yield {"accelerator": "all", "method": "cross_section", **_extent(now)} | _aged(now, [])
        last = now["month"][0]
        some = parts.filter((last - pl.col("month")) % POOLED_EVERY_MONTHS == 0)
        about = {"accelerator": "all", "method": "pooled_through_cycle", **_extent(some)}
        if _months_of(parts) < MIN_MONTHS:
            yield about | _withheld(f"fewer than {MIN_MONTHS} months")
        else:
            yield about | _aged(some, ["month"])


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
    months = own["month"].unique().sort().to_list()
    inner = months[MIN_SEGMENT_MONTHS:-MIN_SEGMENT_MONTHS]
    if not inner:
        return _withheld(f"fewer than {2 * MIN_SEGMENT_MONTHS + 1} months")
    month = own["month"].cast(pl.Float64).to_numpy()
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
    on = own.filter(pl.col("month") == kink)["period_end_on"][0]
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
    if found is None:
        return _withheld("age or time varies within no provider")
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
    return prices[column].rank("dense").cast(pl.Int64).to_numpy()


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


def slope(
    log_price: Vector,
    regressors: Vector,
    groups: list[Labels],
    *,
    months: Labels | None = None,
    clusters: Labels,
    seed: int,
) -> Slope | None:
    """The slope of a log price on the last regressor, with an effect per member of each group.

    Huber's M-estimator, so that a misprint moves the slope no more than a large true residual. The
    band has two independent parts. With `months`, the residuals of a month share a path that
    wanders: its monthly changes are drawn in moving blocks, added up again, and put through the
    estimator, which is linear given its weights (so no refit is needed). That keeps the band honest
    where an error, once made, stays: list prices move in steps. Beside it, whole clusters are drawn
    with replacement. The width takes Student's t at as many degrees of freedom as there are blocks
    (or clusters) less one.

    Args:
        log_price: n logs of prices.
        regressors: n rows, a column per regressor, the one of interest last.
        groups: For each set of effects, n labels.
        months: n month numbers; None where the prices are of one day, or months have own effects.
        clusters: n labels of what errs together.
        seed: Of the draws.

    Returns:
        None where the effects explain the last regressor: there is no slope to see.

    Source: Huber (1964), Annals of Mathematical Statistics 35(1), 73; Kuensch (1989), Annals of
    Statistics 17(3), 1217 (moving blocks); Paparoditis & Politis (2003), Econometrica 71(3), 813
    (blocks of changes of an integrated series); Cameron, Gelbach & Miller (2008), Review of
    Economics and Statistics 90(3), 414 (clusters).
    """
    effects = np.hstack([np.ones((len(log_price), 1)), *(_dummies(each) for each in groups)])
    last, before = regressors[:, -1], regressors[:, :-1]
    rest = np.column_stack([before, effects])
    own = last - rest @ np.linalg.lstsq(rest, last)[0]
    if own @ own < 1e-9 * max(float(last @ last), 1.0):
        return None
    design = np.column_stack([last, rest])
    weights = _huber_weights(log_price, design)
    root = np.sqrt(weights)
    solved = np.linalg.pinv(design * root[:, None]) * root
    parameters = solved @ log_price
    residuals = log_price - design @ parameters
    plain = log_price - effects @ np.linalg.lstsq(effects, log_price)[0]
    total = float(plain @ plain)
    # What Huber's weights leave of an outlier: its residual is no larger in the bootstrap either.
    bounded, linear = residuals * weights, solved[0] / weights
    reach = _wandering(linear, bounded, months, seed) if months is not None else 0.0
    if months is not None:
        _, place = np.unique(months, return_inverse=True)
        bounded = bounded - (np.bincount(place, bounded) / np.bincount(place))[place]
    spread = _clustered(linear * bounded, clusters)
    return Slope(
        estimate=float(parameters[0]),
        others=tuple(parameters[1 : 1 + before.shape[1]].tolist()),
        reach=float(np.hypot(reach, spread)),
        r_squared=1 - float(residuals @ residuals) / total if total > 1e-12 else 1.0,
        error=float(np.sqrt(np.mean(residuals**2))),
    )


def _dummies(labels: Labels) -> Vector:
    """A column per member but the first, whose constant is the intercept."""
    return np.asarray(labels[:, None] == np.unique(labels)[None, 1:], dtype=np.float64)


def _huber_weights(log_price: Vector, design: Vector) -> Vector:
    """Weights of the observations; all one where they fit exactly.

    The scale is Huber's second proposal, not the median deviation: list prices stand still for
    months, the median deviation of a still series is zero, and a true cut would be an outlier.
    """
    ones = np.ones(len(log_price))
    residuals = log_price - design @ np.linalg.lstsq(design, log_price)[0]
    if np.max(np.abs(residuals)) < 1e-6:
        return ones
    model = RLM(log_price, design, M=HuberT())
    with np.errstate(invalid="ignore", divide="ignore"):
        results = model.fit(
            maxiter=MAX_ROUNDS, tol=1e-5, scale_est=HuberScale(), update_scale=False
        )
    weights = np.asarray(results.weights, dtype=np.float64)
    return weights if np.isfinite(weights).all() else ones


def _wandering(linear: Vector, residuals: Vector, months: Labels, seed: int) -> float:
    """Reach of the band from a common path, whose changes are drawn in blocks."""
    _, place = np.unique(months, return_inverse=True)
    path = np.bincount(place, residuals) / np.bincount(place)
    pull = np.bincount(place, linear)
    changes = np.diff(path)
    count = len(changes)
    length = max(round(count ** (1 / 3)), 1)
    wholes = -(-count // length)
    starts = np.random.default_rng(seed).integers(0, count - length + 1, size=(DRAWS, wholes))
    drawn = (changes - changes.mean())[starts[:, :, None] + np.arange(length)]
    paths = np.cumsum(drawn.reshape(DRAWS, -1)[:, :count], axis=1)
    moved = paths @ pull[1:]
    return _quantile(count / length - 1) * float(moved.std(ddof=1))


def _clustered(scores: Vector, clusters: Labels) -> float:
    """Reach from whole clusters drawn with replacement, whose deviation has a closed form."""
    _, place = np.unique(clusters, return_inverse=True)
    sums = np.bincount(place, scores)
    count = len(sums)
    if count < 2:
        return 0.0
    deviation = float(np.sqrt(count / (count - 1) * (sums - sums.mean()) @ (sums - sums.mean())))
    return _quantile(count - 1) * deviation


def _quantile(freedom: float) -> float:
    return float(student.ppf((1 + LEVEL) / 2, max(freedom, 1.0)))
