"""Huber's estimate against an independent minimiser, and a fit that is not there."""

import numpy as np
import pytest
from scipy.optimize import minimize
from statsmodels.robust.scale import HuberScale

from pipeline.methods import slopes
from pipeline.methods.slopes import KINK, Regression, huber_scale, huber_weights, slope


def prices(seed, providers=8, months=40):
    draw = np.random.default_rng(seed)
    provider = np.repeat(np.arange(providers), months)
    time = np.tile(np.arange(months) / 12, providers)
    log_price = draw.normal(0, 0.4, providers)[provider] - 0.3 * time
    log_price = log_price + draw.standard_t(2, len(time)) * 0.05
    return log_price, np.column_stack([time, np.eye(providers)[provider]])


@pytest.mark.parametrize("seed", range(10))
def test_the_weighted_regression_is_the_minimum_of_hubers_loss(seed):
    log_price, design = prices(seed)
    weights = huber_weights(log_price, design)
    root = np.sqrt(weights)
    found = np.linalg.lstsq(design * root[:, None], log_price * root)[0]
    plain = log_price - design @ np.linalg.lstsq(design, log_price)[0]
    scale = HuberScale()(len(log_price) - design.shape[1], len(log_price), plain)

    def loss(parameters):
        far = np.abs(log_price - design @ parameters) / scale
        return np.where(far <= KINK, far**2 / 2, KINK * (far - KINK / 2)).sum()

    independent = minimize(loss, found + 0.01, method="BFGS", options={"gtol": 1e-9})
    assert loss(found) <= independent.fun + 1e-9
    assert found == pytest.approx(independent.x, abs=1e-5)


def test_a_fit_that_does_not_converge_is_no_rate(monkeypatch):
    monkeypatch.setattr(slopes, "MAX_ROUNDS", 1)
    log_price, design = prices(3)
    months = np.rint(design[:, 0] * 12).astype(np.int64)
    labels = design[:, 1:].argmax(axis=1)
    asked = Regression(log_price, design[:, :1].T, labels, labels, months)
    assert slope(asked, seed=1) == "the robust fit does not converge"


@pytest.mark.parametrize("seed", range(10))
def test_the_scale_is_that_of_statsmodels_to_the_last_digit(seed):
    log_price, design = prices(seed, months=7 + 4 * seed)
    # As lists do: most stand still, by rounding too.
    log_price[: 3 * seed] = np.round(log_price[: 3 * seed], 1)
    residuals = log_price - design @ np.linalg.lstsq(design, log_price)[0]
    freedom = len(log_price) - design.shape[1]
    assert huber_scale(residuals, freedom) == HuberScale()(freedom, len(log_price), residuals)


def test_a_median_deviation_of_nothing_is_no_scale():
    assert np.isnan(huber_scale(np.where(np.arange(30) == 7, 1.0, 0.0), 28))


def test_prices_that_do_not_move_weigh_alike():
    _, design = prices(0)
    assert huber_weights(design @ np.ones(design.shape[1]), design).tolist() == [1.0] * len(design)
