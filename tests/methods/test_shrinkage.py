"""Own estimates drawn towards the pooled one, by an independent path and at the ends."""

import numpy as np
import pytest

from pipeline.methods.shrinkage import shrunk

NONE = float("nan")


@pytest.mark.parametrize("seed", range(5))
def test_the_distance_of_the_truths_is_the_one_that_explains_the_estimates(seed):
    draw = np.random.default_rng(seed)
    errors = draw.uniform(0.02, 0.2, 12)
    own = -0.2 + draw.normal(0, 0.15, 12) + draw.normal(0, 1, 12) * errors
    made = shrunk(own, errors, -0.2, 0.02)
    # Independent: bisection over a grid of distances.
    grid = np.linspace(0, 1, 200_001)
    excess = ((own + 0.2)[:, None] ** 2 / (errors[:, None] ** 2 + grid**2)).sum(axis=0) - 12
    between = grid[np.argmax(excess <= 0)]
    assert made.between == pytest.approx(between, abs=1e-4)
    weights = made.between**2 / (made.between**2 + errors**2)
    assert made.estimates == pytest.approx(weights * own + (1 - weights) * -0.2)


def test_the_more_uncertain_an_own_estimate_the_nearer_to_the_pooled_one():
    own, errors = np.array([0.1, 0.1, 0.0, -0.1]), np.array([0.01, 0.3, 0.1, 0.1])
    made = shrunk(own, errors, -0.25, 0.02)
    assert made.weights[0] > made.weights[2] > made.weights[1]
    assert np.all((made.estimates >= -0.25) & (made.estimates <= 0.1))


def test_without_an_own_estimate_the_pooled_one_stands_at_weight_nought():
    made = shrunk(np.array([0.0, 0.1, -0.1, NONE]), np.array([0.05] * 3 + [NONE]), -0.25, 0.02)
    assert (made.weights[3], made.estimates[3]) == (0.0, -0.25)
    assert made.errors[3] == pytest.approx(np.hypot(made.between, 0.02))


def test_two_estimates_say_nothing_of_how_far_truths_lie_apart():
    made = shrunk(np.array([0.5, -0.9]), np.array([0.01, 0.01]), -0.25, 0.02)
    assert made.estimates.tolist() == [-0.25, -0.25]


def test_an_exact_own_estimate_keeps_all_its_weight():
    made = shrunk(np.array([0.0, 0.1, -0.1]), np.array([0.0, 0.05, 0.05]), -0.25, 0.02)
    assert made.weights[0] == pytest.approx(1, abs=1e-6)
