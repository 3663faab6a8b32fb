"""The bootstrap interval of a median, without drawing lots.

Resampling n values with replacement and taking the median picks one of the n ranks; which one, and
how often, depends on n alone. So the percentile interval that infinitely many draws would give is
two ranks per n, computed once and exactly: no seed, no noise, the same on every machine, and usable
from plain SQL (`staging.interval_ranks`), which the vintage views need.
"""

from math import exp, lgamma, log

import polars as pl

MAX_VOTES = 1_000


def median_interval_ranks(count: int, level: float = 0.95) -> tuple[int, int]:
    """Ranks, from 1, of the values that bound the bootstrap interval of a median.

    For an even count the lower bound uses the lower and the upper bound the upper of the two middle
    values, which makes the interval, if anything, wider.

    Args:
        count: Number of independent values, at least 2.
        level: Coverage, as a fraction between 0 and 1.

    Raises:
        ValueError: fewer than two values; one value has no sampling error to estimate.

    Source: Efron (1979), Bootstrap methods: another look at the jackknife, section 3, where the
    distribution of the bootstrap median is given in closed form.
    """
    if count < 2:
        raise ValueError("an interval needs at least two values")
    tail = (1 - level) / 2
    return (
        _quantile_rank(count, (count + 1) // 2, tail),
        _quantile_rank(count, count // 2 + 1, 1 - tail),
    )


def _quantile_rank(count: int, order: int, probability: float) -> int:
    """Smallest rank k that the order-th smallest of a resample stays at or under so often."""
    low, high = 1, count
    while low < high:
        middle = (low + high) // 2
        if _at_least(order, count, middle / count) >= probability:
            high = middle
        else:
            low = middle + 1
    return low


def _at_least(order: int, count: int, share: float) -> float:
    """P(Binomial(count, share) >= order)."""
    if share >= 1:
        return 1.0
    logs = (
        lgamma(count + 1)
        - lgamma(k + 1)
        - lgamma(count - k + 1)
        + k * log(share)
        + (count - k) * log(1 - share)
        for k in range(order, count + 1)
    )
    return sum(exp(each) for each in logs)


def table(most: int = MAX_VOTES) -> pl.DataFrame:
    """`warehouse/reference/interval_ranks.csv`: one row per number of votes from 2 to `most`."""
    rows = [(count, *median_interval_ranks(count)) for count in range(2, most + 1)]
    frame = pl.DataFrame(rows, schema=["vote_total_count", "rank_low", "rank_high"], orient="row")
    return frame.with_columns(
        source_url=pl.lit("https://doi.org/10.1214/aos/1176344552"),
        source_date=pl.lit("1979-01-01"),
        known_at=pl.lit("1979-01-01T00:00:00Z"),
        read_on=pl.lit("2026-11-23"),
        confidence=pl.lit("high"),
    )
