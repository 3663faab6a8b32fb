"""The time-product dummy: what periods did to prices, with every item held at its own level."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Panel", "Window", "estimate"]

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Panel:
    """Log prices of the items of one market.

    Attributes:
        log_price: Periods by items; nan where an item was not seen.
        provider: Each item's provider, numbered from 0 without a gap.
    """

    log_price: Matrix
    provider: NDArray[np.int64]

    @cached_property
    def seen(self) -> Flags:
        return ~np.isnan(self.log_price)

    @cached_property
    def filled(self) -> Matrix:
        """`log_price` with zeros where there is none, for products with weights of zero."""
        return np.where(self.seen, self.log_price, 0.0)

    @cached_property
    def member(self) -> Matrix:
        """Items by providers: one where the item is the provider's."""
        return np.eye(self.provider.max(initial=-1) + 1)[self.provider]

    @cached_property
    def weight(self) -> Matrix:
        """Periods by items: see `votes`."""
        return self.votes(self.seen)

    @cached_property
    def links(self) -> NDArray[np.int64]:
        """Periods by periods: the providers with an item seen in both."""
        return self._links(self.seen)

    def votes(self, seen: Flags) -> Matrix:
        """Weights of a row's items: its providers count equally, and items within one; sum 1."""
        own = seen @ self.member
        providers = (own > 0).sum(axis=1, keepdims=True)
        share = np.divide(1.0, own * providers, out=np.zeros_like(own), where=own > 0)
        return np.asarray(seen * share[:, self.provider])

    def connected(self, periods: list[int], providers: int) -> list[int]:
        """Of these periods, those that are comparable with the last one, itself included.

        Groups of periods join where at least so many providers have an item seen in both groups,
        again and again until no two do: at the weakest link of the way from one period to another
        stand that many providers. A single one would carry the whole comparison.
        """
        if (self.links[periods[-1], periods] >= providers).all():
            return periods
        linked = self.links[np.ix_(periods, periods)] >= providers
        while True:
            group = _groups(linked)
            if not group.any():
                return periods
            merged = np.zeros((group.max() + 1, self.seen.shape[1]), dtype=bool)
            np.logical_or.at(merged, group, self.seen[periods])
            joined = self._links(merged) >= providers
            if np.array_equal(joined, np.diag(np.diag(joined))):
                return [each for each, own in zip(periods, group, strict=True) if own == group[-1]]
            linked = joined[np.ix_(group, group)]

    def _links(self, seen: Flags) -> NDArray[np.int64]:
        links = np.zeros((len(seen), len(seen)), dtype=np.int64)
        for each in range(self.member.shape[1]):
            own = seen[:, self.provider == each].astype(np.float32)
            links += (own @ own.T) > 0
        return links


def _groups(linked: Flags) -> NDArray[np.int64]:
    """Number of each node's connected component, from 0."""
    group = np.full(len(linked), -1)
    while (group < 0).any():
        reached = np.zeros(len(linked), dtype=bool)
        reached[np.argmax(group < 0)] = True
        while True:
            further = reached | linked[reached].any(axis=0)
            if np.array_equal(further, reached):
                break
            reached = further
        group[reached] = group.max() + 1
    return group


@dataclass(frozen=True)
class Window:
    """What the regression ln p = period + item says of one window.

    Attributes:
        period_effects: One per period of the window; they sum to zero.
        item_effects: One per item of the panel, nan where it was not seen in the window.
        inverse: Generalised inverse of the periods' normal equations.
        scores: Periods by providers: a provider's weighted residuals of a period.
    """

    period_effects: Matrix
    item_effects: Matrix
    inverse: Matrix
    scores: Matrix

    def standard_error(self, later: int, earlier: int) -> float | None:
        """Of the difference of two period effects, clustered by provider; None of a single one.

        Source: Cameron & Miller (2015), Journal of Human Resources 50(2), 317: the cluster-robust
        variance with the factor G / (G - 1).
        """
        providers = self.scores.shape[1]
        if providers < 2:
            return None
        parts = (self.inverse[later] - self.inverse[earlier]) @ self.scores
        return float(np.sqrt(providers / (providers - 1) * (parts @ parts)))


def estimate(panel: Panel, periods: list[int]) -> Window:
    """Period and item effects of one window, by weighted least squares.

    Items are swept out, so that only as many equations as the window has periods are solved. With
    a provider's vote as weight, the residuals of each period sum to zero: the panel's mean log
    price is the period's effect plus the mean of the effects of the items in it.

    Args:
        panel: The prices.
        periods: Rows of the panel, connected (`Panel.connected`): where they are not, the
            solution of least norm that comes out compares nothing.

    Source: Aizcorbe, Corrado & Doms (2003), When do matched-model and hedonic techniques yield
    similar measures?; de Haan & Krsinich (2014), Journal of Business & Economic Statistics 32(4),
    621.
    """
    weight, filled = panel.weight[periods], panel.filled[periods]
    total = weight.sum(axis=0)
    inside = total > 0
    weight, filled, member = weight[:, inside], filled[:, inside], panel.member[inside]
    share = weight / total[inside]
    mean = (share * filled).sum(axis=0)
    # Effects are known up to a constant; 1/n in every cell fixes their sum at zero.
    constant = 1.0 / len(periods)
    normal = np.diag(weight.sum(axis=1)) - share @ weight.T
    inverse = np.linalg.inv(normal + constant) - constant
    effects = inverse @ ((weight * filled).sum(axis=1) - weight @ mean)
    items = np.full(panel.seen.shape[1], np.nan)
    items[inside] = mean - effects @ share
    residual = weight * (filled - effects[:, None] - items[inside])
    scores = residual @ member[:, member.any(axis=0)]
    return Window(effects, items, inverse, scores)
