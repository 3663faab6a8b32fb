"""Each one's own estimate, drawn towards what all have in common by how uncertain it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

__all__ = ["Shrunk", "shrunk"]

MIN_OWN = 3
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Shrunk:
    """Estimates after shrinkage, in the order they came in.

    Attributes:
        estimates: weight x own + (1 - weight) x pooled.
        weights: Of each one's own, from 0 (as uncertain as can be, or none) to 1.
        errors: Standard deviation of each one's truth given all estimates; the pooled one's error
            counts for the part that is taken from it.
        between: Standard deviation of the truths around the pooled estimate.
    """

    estimates: Vector
    weights: Vector
    errors: Vector
    between: float


def shrunk(own: Vector, errors: Vector, pooled: float, pooled_error: float) -> Shrunk:
    """Empirical Bayes with the pooled estimate as the mean of the truths.

    How far truths lie apart solves sum((own - pooled)^2 / (error^2 + between^2)) = n: as far as
    the estimates themselves say beyond their errors. Under three estimates nothing says, and all
    stand at the pooled one.

    Args:
        own: Estimates, nan where there is none.
        errors: Their standard errors, nan where there is none.
        pooled: What they are drawn towards.
        pooled_error: Its standard error.

    Source: Paule & Mandel (1982), Journal of Research of the NBS 87(5), 377; Morris (1983), Journal
    of the American Statistical Association 78(381), 47.
    """
    known = np.isfinite(own) & np.isfinite(errors)
    # An exact estimate would divide by nothing.
    apart, noise = (own[known] - pooled) ** 2, np.maximum(errors[known] ** 2, 1e-12)
    between = _between(apart, noise) if known.sum() >= MIN_OWN else 0.0
    weights = np.zeros(len(own))
    weights[known] = between / (between + noise)
    estimates = pooled + weights * np.where(known, own - pooled, 0.0)
    variance = (1 - weights) * between + (1 - weights) ** 2 * pooled_error**2
    return Shrunk(estimates, weights, np.sqrt(variance), float(np.sqrt(between)))


def _between(apart: Vector, noise: Vector) -> float:
    """Variance of the truths, by Paule and Mandel; none where the errors explain it all."""

    def excess(variance: float) -> float:
        return float((apart / (noise + variance)).sum()) - len(apart)

    return 0.0 if excess(0.0) <= 0 else float(brentq(excess, 0.0, float(apart.sum()) + 1.0))
