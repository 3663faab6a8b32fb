"""Huber's estimate of many regressions at once, each answered as if it were alone."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

__all__ = ["Labels", "Stack", "Vector", "huber_scale", "huber_weights"]

# Huber's constant: 95 % as efficient as least squares where errors are normal.
KINK = 1.345
MAX_ROUNDS = 100
# Residuals in logs, as a fraction of the price, that are none.
EXACT = 1e-6
# Of the scale, as statsmodels' HuberScale has them.
SCALE_KINK, SCALE_TOLERANCE, SCALE_ROUNDS = 2.5, 1e-8, 30
Vector = NDArray[np.float64]
Labels = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Stack:
    """Regressions of as many columns each, laid end to end, so that one step is a sum over all.

    Each has an effect per member, which is taken out by means and never solved for.

    Attributes:
        log_price: n values; those of a regression, and in it of a member, are neighbours.
        columns: k regressors x n.
        member: n numbers from 0, ascending; no two regressions share one.
        series: n numbers from 0, ascending: the regression.
    """

    log_price: Vector
    columns: Vector
    member: Labels
    series: Labels

    @cached_property
    def member_starts(self) -> Labels:
        return np.flatnonzero(np.diff(self.member, prepend=-1))

    @cached_property
    def series_starts(self) -> Labels:
        return np.flatnonzero(np.diff(self.series, prepend=-1))

    @cached_property
    def counts(self) -> Labels:
        """Values of each regression."""
        return np.diff(self.series_starts, append=len(self.series))

    def by_member(self, values: Vector) -> Vector:
        return np.asarray(np.add.reduceat(values, self.member_starts, axis=-1))

    def by_series(self, values: Vector) -> Vector:
        return np.asarray(np.add.reduceat(values, self.series_starts, axis=-1))

    def centred(self, values: Vector, weights: Vector) -> Vector:
        """Values less the weighted mean of their member."""
        means = self.by_member(values * weights) / self.by_member(weights)
        return np.asarray(values - means[..., self.member])

    def gram(self, columns: Vector, weights: Vector) -> Vector:
        """Of each regression, the k x k sums of weighted products of columns."""
        return np.moveaxis(self.by_series(columns[:, None] * (columns * weights)), -1, 0)

    def moved(self, residuals: Vector, pulls: Vector, weights: Vector) -> Vector:
        """Residuals after a step against the pulls, in the metric of the weights.

        With pulls = weights x residuals, that is the weighted regression in closed form.
        """
        columns = self.centred(self.columns, weights)
        levels = self.by_member(pulls) / self.by_member(weights)
        right = self.by_series(columns * pulls).T[..., None]
        step = (inverse(self.gram(columns, weights)) @ right)[..., 0]
        return np.asarray(
            residuals - levels[self.member] - (step.T[:, self.series] * columns).sum(0)
        )

    def only(self, kept: Flags) -> tuple["Stack", Flags]:
        """The regressions that are kept, numbered anew, and which values are theirs."""
        rows = kept[self.series]
        members, series = (
            np.cumsum(np.diff(each[rows], prepend=-1) > 0) - 1
            for each in (self.member, self.series)
        )
        return Stack(self.log_price[rows], self.columns[:, rows], members, series), rows


def inverse(gram: Vector) -> Vector:
    """The inverse of each, or its pseudo-inverse where columns say the same."""
    return np.asarray(np.linalg.pinv(gram, rcond=1e-12, hermitian=True))


def huber_weights(stack: Stack) -> tuple[Vector, Flags]:
    """Weights of the values at Huber's estimate; all one where they are fitted exactly.

    The scale is Huber's second proposal, not the median deviation: list prices stand still for
    months, the median deviation of a still series is zero, and a true cut would be an outlier.
    With the scale held the loss is convex. Each round is a weighted regression in closed form, or
    the Newton step of the values under the kink where that lowers the loss more.

    Returns:
        The weights, and of each regression whether the estimating equations are met within
        MAX_ROUNDS rounds.

    Source: Huber & Ronchetti (2009), Robust Statistics, 7.8.
    """
    weights = np.ones(len(stack.log_price))
    start = stack.moved(stack.log_price, stack.log_price, weights)
    columns = stack.centred(stack.columns, weights)
    rank = np.linalg.matrix_rank(stack.gram(columns, weights), tol=1e-9, hermitian=True)
    freedom = stack.counts - stack.by_series(np.diff(stack.member, prepend=-1)) - rank
    met = (np.maximum.reduceat(np.abs(start), stack.series_starts) < EXACT) | (freedom < 1)
    todo = np.flatnonzero(~met)
    part, rows = stack.only(~met)
    bound = KINK * huber_scale(part, start[rows], freedom[todo])
    places, residuals = np.flatnonzero(rows), start[rows]
    # A scale that is the rounding of prices that stand still is none.
    kept = np.isfinite(bound) & (bound > EXACT)
    for _ in range(MAX_ROUNDS):
        if not kept.all():
            part, rows = part.only(kept)
            todo, bound, places, residuals = todo[kept], bound[kept], places[rows], residuals[rows]
        if not todo.size:
            break
        reach = bound[part.series]
        pulls = np.clip(residuals, -reach, reach)
        # With these weights, least squares pull no more than Huber's loss does.
        inward = reach / np.maximum(np.abs(residuals), reach)
        kept = ~_balanced(part, pulls, bound)
        done = ~kept[part.series]
        weights[places[done]] = inward[done]
        met[todo[~kept]] = True
        inside = np.asarray(np.abs(residuals) <= reach, dtype=np.float64)
        # A member without a value under the kink has no Newton step of its own.
        inside = np.where(part.by_member(inside)[part.member] > 0, inside, inward)
        tried = [part.moved(residuals, pulls, each) for each in (inside, inward)]
        newton, regressed = (part.by_series(_loss(each, reach)) for each in tried)
        residuals = np.where((newton <= regressed)[part.series], *tried)
    return weights, met


def _balanced(stack: Stack, pulls: Vector, bound: Vector) -> Flags:
    """Whether the pulls on every slope and every level come to nothing, as far as doubles go."""
    columns = stack.centred(stack.columns, np.ones(len(pulls)))
    slopes = np.abs(stack.by_series(columns * pulls))
    levels = np.abs(stack.by_member(pulls)) / stack.by_member(np.ones(len(pulls)))
    owner = stack.series[stack.member_starts]
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    return np.asarray(
        np.all(slopes <= 1e-10 * bound * stack.by_series(np.abs(columns)), axis=0)
        & (np.maximum.reduceat(levels, first) <= 1e-10 * bound)
    )


def _loss(residuals: Vector, bound: Vector) -> Vector:
    far = np.abs(residuals)
    return np.where(far <= bound, far**2 / 2, bound * (far - bound / 2))


def huber_scale(stack: Stack, residuals: Vector, freedom: Labels) -> Vector:
    """Scale of each regression's residuals: Huber's second proposal from the median deviation on.

    In the steps of statsmodels' HuberScale, and stopped by its rule. Not a number where the median
    deviation is zero.

    Source: Huber & Ronchetti (2009), Robust Statistics, 5.2 and 7.8.
    """
    kink = SCALE_KINK
    density = kink / np.sqrt(2 * np.pi) * np.exp(-0.5 * kink**2)
    share = freedom / stack.counts
    share = share * (kink**2 + (1 - kink**2) * ndtr(kink) - 0.5 - density)
    centre = _medians(residuals, stack.series_starts)[stack.series]
    scale = _medians(np.abs(residuals - centre), stack.series_starts) / ndtri(0.75)
    moving = np.ones(len(scale), dtype=np.bool_)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(SCALE_ROUNDS - 1):
            far = np.abs(residuals / scale[stack.series])
            # Not a number where the scale is zero, and then for good.
            chi = np.where(far < kink, 1.0, 0.0) * far**2 / 2 + np.where(
                far < kink, 0.0, kink**2 / 2
            )
            found = np.sqrt(stack.by_series(chi) / (stack.counts * share) * scale**2)
            found = np.where(moving, found, scale)
            moving &= np.abs(found - scale) > SCALE_TOLERANCE
            scale = found
            if not moving.any():
                break
    return np.asarray(scale)


def _medians(values: Vector, starts: Labels) -> Vector:
    """The median of each run of values."""
    counts = np.diff(starts, append=len(values))
    ranked = values[np.lexsort((values, np.repeat(np.arange(len(starts)), counts)))]
    return np.asarray((ranked[starts + (counts - 1) // 2] + ranked[starts + counts // 2]) / 2)
