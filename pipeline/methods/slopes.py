"""Slopes in logs that one misprint does not move, and bands where errors, once made, stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtri, stdtrit

from pipeline.methods.huber import Labels, Stack, Vector, huber_weights, inverse

__all__ = ["Z_90", "Regression", "Slope", "slopes"]

LEVEL = 0.90
Z_90 = float(ndtri((1 + LEVEL) / 2))
DRAWS = 999


@dataclass(frozen=True)
class Regression:
    """A log price on regressors, with an effect per provider and per member of other groups.

    Attributes:
        log_price: n logs of prices.
        regressors: A row of n per regressor, the one of interest last.
        providers: n labels.
        clusters: n labels of what errs together.
        months: n month numbers; None where the prices are of one day, or months have own effects.
        groups: n labels for each further set of effects.
    """

    log_price: Vector
    regressors: Vector
    providers: Labels
    clusters: Labels
    months: Labels | None = None
    groups: tuple[Labels, ...] = ()

    @property
    def dummies(self) -> Vector:
        """A row per member of the groups but the first of each, whose constant is the intercept."""
        made = [each == np.unique(each)[1:, None] for each in self.groups]
        return np.vstack([np.empty((0, len(self.log_price))), *made])


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


def slopes(asked: Sequence[Regression], *, seed: int) -> list[Slope | str]:
    """The slope of each log price on its last regressor, each answered as if asked alone.

    Huber's M-estimator, so that a misprint moves the slope no more than a large true residual. The
    band has two independent parts. With `months`, the residuals of a month share a path that
    wanders: its monthly changes are drawn in moving blocks, added up again, and put through the
    estimator, which is linear given its weights (so no refit is needed). That keeps the band honest
    where an error, once made, stays: list prices move in steps. Beside it, whole clusters are drawn
    with replacement. The width takes Student's t at as many degrees of freedom as there are blocks
    (or clusters) less one.

    Args:
        asked: The regressions, in any order.
        seed: Of the draws.

    Returns:
        Why there is no slope where the effects explain the last regressor, or where the robust fit
        does not converge.

    Source: Huber (1964), Annals of Mathematical Statistics 35(1), 73; Kuensch (1989), Annals of
    Statistics 17(3), 1217 (moving blocks); Paparoditis & Politis (2003), Econometrica 71(3), 813
    (blocks of changes of an integrated series); Cameron, Gelbach & Miller (2008), Review of
    Economics and Statistics 90(3), 414 (clusters).
    """
    found: dict[int, Slope | str] = {}
    alike: dict[tuple[int, int], list[int]] = {}
    for n, each in enumerate(asked):
        alike.setdefault((len(each.dummies), len(each.regressors)), []).append(n)
    for (dummies, _), own in alike.items():
        found |= zip(own, _fitted([asked[n] for n in own], dummies, seed), strict=True)
    return [found[n] for n in range(len(asked))]


def _fitted(asked: list[Regression], dummies: int, seed: int) -> list[Slope | str]:
    """Slopes of regressions with as many dummies and regressors each."""
    orders = [np.argsort(each.providers, kind="stable") for each in asked]
    stack = _stacked(asked, orders)
    ones = np.ones(len(stack.log_price))
    columns = stack.centred(stack.columns, ones)
    gram = stack.gram(columns, ones)
    rest, shared = gram[:, :-1, :-1], gram[:, :-1, -1:]
    own = gram[:, -1, -1] - (shared.mT @ inverse(rest) @ shared)[:, 0, 0]
    varies = own >= 1e-9 * np.maximum(stack.by_series(stack.columns[-1] ** 2), 1.0)
    weights, met = huber_weights(stack)
    columns = stack.centred(stack.columns, weights)
    log_price = stack.centred(stack.log_price, weights)
    solved = inverse(stack.gram(columns, weights))
    parameters = (solved @ stack.by_series(columns * weights * log_price).T[..., None])[..., 0]
    residuals = log_price - (parameters.T[:, stack.series] * columns).sum(axis=0)
    linear = (solved[:, -1].T[:, stack.series] * columns).sum(axis=0)
    effects = Stack(stack.log_price, stack.columns[:dummies], stack.member, stack.series)
    plain = effects.moved(stack.log_price, stack.log_price, ones)
    total, left = stack.by_series(plain**2), stack.by_series(residuals**2)
    # What Huber's weights leave of an outlier: its residual is no larger in the bootstrap either.
    bounded = residuals * weights
    made: list[Slope | str] = []
    for n, (each, order) in enumerate(zip(asked, orders, strict=True)):
        if not varies[n]:
            made.append("age or time varies within no provider")
        elif not met[n]:
            made.append("the robust fit does not converge")
        else:
            rows = slice(stack.series_starts[n], stack.series_starts[n] + len(order))
            made.append(
                Slope(
                    estimate=float(parameters[n, -1]),
                    others=tuple(parameters[n, dummies:-1].tolist()),
                    reach=_reach(each, order, linear[rows], bounded[rows], seed),
                    r_squared=float(1 - left[n] / total[n]) if total[n] > 1e-12 else 1.0,
                    error=float(np.sqrt(left[n] / len(order))),
                )
            )
    return made


def _stacked(asked: list[Regression], orders: list[Labels]) -> Stack:
    """Regressions end to end, the values of a provider together."""
    providers = np.concatenate(
        [each.providers[order] for each, order in zip(asked, orders, strict=True)]
    )
    series = np.repeat(np.arange(len(asked)), [len(order) for order in orders])
    begins = (np.diff(providers, prepend=providers[0]) != 0) | (np.diff(series, prepend=0) != 0)
    return Stack(
        log_price=np.concatenate(
            [each.log_price[order] for each, order in zip(asked, orders, strict=True)]
        ),
        columns=np.hstack(
            [
                np.vstack([each.dummies, each.regressors])[:, order]
                for each, order in zip(asked, orders, strict=True)
            ]
        ),
        member=np.cumsum(begins),
        series=series,
    )


def _reach(asked: Regression, order: Labels, linear: Vector, bounded: Vector, seed: int) -> float:
    """Half the width of the band: of the common path and of the clusters."""
    wandering = 0.0
    if asked.months is not None:
        _, place = np.unique(asked.months[order], return_inverse=True)
        counts = np.bincount(place)
        path = np.asarray(np.bincount(place, bounded) / counts)
        pull = np.asarray(np.bincount(place, linear), dtype=np.float64)
        wandering = _wandering(pull, path, seed)
        bounded = bounded - path[place]
    return float(np.hypot(wandering, _clustered(linear * bounded, asked.clusters[order])))


def _wandering(pull: Vector, path: Vector, seed: int) -> float:
    """Reach from a common path, whose changes are drawn in blocks.

    Each change moves the path of its month and of all later ones, so a draw is a sum over blocks of
    what the changes in it are worth at their places.
    """
    changes = np.diff(path)
    changes -= changes.mean()
    count = len(changes)
    length = max(round(count ** (1 / 3)), 1)
    starts = _starts(count, length, seed)
    worth = np.zeros(starts.shape[1] * length)
    worth[:count] = np.cumsum(pull[:0:-1])[::-1]
    blocks = np.lib.stride_tricks.sliding_window_view(changes, length) @ worth.reshape(-1, length).T
    moved = blocks[starts, np.arange(starts.shape[1])].sum(axis=1)
    return _quantile(count / length - 1) * float(moved.std(ddof=1))


@cache
def _starts(count: int, length: int, seed: int) -> Labels:
    """Where the blocks of each draw begin."""
    draw = np.random.default_rng(seed)
    return draw.integers(0, count - length + 1, size=(DRAWS, -(-count // length)))


def _clustered(scores: Vector, clusters: Labels) -> float:
    """Reach from whole clusters drawn with replacement, whose deviation has a closed form."""
    _, place = np.unique(clusters, return_inverse=True)
    sums = np.bincount(place, scores)
    count = len(sums)
    if count < 2:
        return 0.0
    deviation = float(np.sqrt(count / (count - 1) * (sums - sums.mean()) @ (sums - sums.mean())))
    return _quantile(count - 1) * deviation


@cache
def _quantile(freedom: float) -> float:
    return float(stdtrit(max(freedom, 1.0), (1 + LEVEL) / 2))
