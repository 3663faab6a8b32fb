"""Huber's estimate against statsmodels and an independent minimiser, and a fit that is none."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import minimize
from statsmodels.robust.norms import HuberT
from statsmodels.robust.robust_linear_model import RLM
from statsmodels.robust.scale import HuberScale

from pipeline.methods import huber
from pipeline.methods.huber import KINK, Stack, huber_scale, huber_weights
from pipeline.methods.slopes import Regression, slopes


def prices(seed, providers=8, months=40, *, kink=False):
    """Lists that stand still and step, from months of their own on, with misprints."""
    draw = np.random.default_rng(seed)
    begins = draw.integers(0, months - 2, providers)
    provider = np.repeat(np.arange(providers), months - begins)
    # Counted from the year nought, as calendar months are.
    month = np.concatenate([np.arange(begin, months) for begin in begins]) + 24_288
    steps = np.where(draw.random(len(month)) < 0.15, draw.normal(-0.1, 0.2, len(month)), 0.0)
    log_price = np.concatenate(
        [np.cumsum(each) for each in np.split(steps, np.cumsum(months - begins)[:-1])]
    )
    log_price += np.where(draw.random(len(month)) < 0.03, draw.choice([-0.7, 0.7]), 0.0)
    log_price += draw.normal(0, 0.4, providers)[provider]
    time = month / 12
    middle = np.median(time)
    sides = [np.minimum(time - middle, 0), np.maximum(time - middle, 0)] if kink else [time]
    return Regression(log_price, np.stack(sides), provider, provider, month)


def aged(seed):
    """Prices of eight generations in twenty months, with an effect per provider and month."""
    draw = np.random.default_rng(seed)
    provider, month, born = (each.ravel() for each in np.mgrid[0:6, 0:20, 0:8])
    seen = draw.random(len(provider)) < 0.4
    provider, month, born = provider[seen], month[seen], born[seen]
    age = month / 12 + born
    log_price = 0.3 * provider - 0.2 * age + 0.03 * month + draw.standard_t(2, len(age)) * 0.2
    return Regression(log_price, age[None], provider, born, groups=(month,))


def answer_of_statsmodels(asked):
    """Slopes and root mean square of residuals; the scale held, and no step left to take."""
    regressors = asked.regressors.T - asked.regressors.mean(axis=1)
    member = asked.providers[:, None] == np.unique(asked.providers)
    design = np.column_stack([regressors, asked.dummies.T, member.astype(float)])
    found = RLM(asked.log_price, design, M=HuberT(KINK)).fit(
        scale_est=HuberScale(), update_scale=False, conv="coefs", tol=1e-14, maxiter=3000
    )
    width = regressors.shape[1]
    return [*found.params[:width], np.sqrt(np.mean(found.resid**2))]


# Calendar years beside an intercept are one column to a solver that cuts small directions off: such
# a fit of these stands still short of the slope.
YOUNG = [
    *(prices(seed, providers=4, months=9) for seed in (1, 4, 7, 13)),
    *(prices(seed, providers=5, months=14) for seed in (4, 7, 41, 50)),
]
ASKED = [
    *(prices(seed) for seed in range(6)),
    *(prices(seed, providers=20, months=25, kink=True) for seed in range(6)),
    *(aged(seed) for seed in range(2)),
    *YOUNG,
]


def test_every_slope_is_the_one_of_statsmodels():
    for asked, found in zip(ASKED, slopes(ASKED, seed=1), strict=True):
        ours = [*found.others, found.estimate, found.error]
        assert ours == pytest.approx(answer_of_statsmodels(asked), abs=1e-9)


def test_each_regression_is_answered_as_if_it_were_alone():
    alone = [each for asked in ASKED for each in slopes([asked], seed=1)]
    assert slopes(ASKED[::-1], seed=1)[::-1] == alone


def test_the_answer_does_not_know_how_providers_are_called():
    timed = [each for each in ASKED if each.months is not None]
    named = [
        Regression(each.log_price, each.regressors, -each.providers, -each.clusters, each.months)
        for each in timed
    ]
    for one, other in zip(slopes(timed, seed=1), slopes(named, seed=1), strict=True):
        assert (one.estimate, one.reach) == pytest.approx((other.estimate, other.reach), abs=1e-9)


def stacked(*series):
    """Series of log prices of one provider each, on the months from nought."""
    starts = np.cumsum([0, *map(len, series)])
    number = np.repeat(np.arange(len(series)), [end - begin for begin, end in pairwise(starts)])
    time = np.concatenate([np.arange(len(each)) / 12 for each in series])
    return Stack(np.concatenate(series), time[None], number, number)


def noisy(seed, months=40):
    draw = np.random.default_rng(seed)
    return -0.3 * np.arange(months) / 12 + draw.standard_t(2, months) * 0.05


def test_the_scale_is_the_one_of_statsmodels():
    series = [noisy(seed, 12 + seed) for seed in range(9)]
    series.append(np.where(np.arange(30) == 7, 1.0, 0.0))
    stack, counts = stacked(*series), np.array([len(each) for each in series])
    found = huber_scale(stack, stack.log_price, counts - 2)
    alone = HuberScale()
    with np.errstate(divide="ignore", invalid="ignore"):
        theirs = [alone(len(each) - 2, len(each), each) for each in series]
    assert found == pytest.approx(theirs, abs=1e-9, nan_ok=True)
    assert np.isnan(found[-1]), "the median deviation of a still series is none"


@pytest.mark.parametrize("seed", range(10))
def test_the_weighted_regression_is_the_minimum_of_hubers_loss(seed):
    log_price = noisy(seed)
    weights, met = huber_weights(stacked(log_price))
    assert met.all()
    design = np.column_stack([np.arange(40) / 12, np.ones(40)])
    root = np.sqrt(weights)
    found = np.linalg.lstsq(design * root[:, None], log_price * root)[0]
    plain = log_price - design @ np.linalg.lstsq(design, log_price)[0]
    scale = HuberScale()(38, 40, plain)

    def loss(parameters):
        far = np.abs(log_price - design @ parameters) / scale
        return np.where(far <= KINK, far**2 / 2, KINK * (far - KINK / 2)).sum()

    independent = minimize(loss, found + 0.01, method="BFGS", options={"gtol": 1e-9})
    assert loss(found) <= independent.fun + 1e-9
    assert found == pytest.approx(independent.x, abs=1e-5)


def test_a_fit_that_does_not_converge_is_no_rate(monkeypatch):
    monkeypatch.setattr(huber, "MAX_ROUNDS", 1)
    assert slopes([ASKED[3]], seed=1) == ["the robust fit does not converge"]


def test_a_scale_that_is_the_rounding_of_still_prices_is_none():
    # Three of four stand still to the last bits but one; the fourth moves.
    still = np.repeat([0.1, 0.2, 0.3], 8) + np.tile([0.0, 2e-17], 12)
    moving = np.array([0.5, -0.5, -0.5, 0.5])
    provider, month = np.repeat([0, 1, 2, 3], [8, 8, 8, 4]), np.arange(28) % 8
    log_price = np.concatenate([still, moving])
    asked = Regression(log_price, month[None] / 12, provider, provider, month)
    assert slopes([asked], seed=1) == ["the robust fit does not converge"]


def test_prices_that_do_not_move_weigh_alike():
    weights, met = huber_weights(stacked(np.full(12, 0.7), 0.1 * np.arange(9)))
    assert weights.tolist() == [1.0] * 21
    assert met.all()


def test_time_that_varies_within_no_provider_has_no_slope():
    provider = np.arange(12)
    asked = Regression(np.linspace(0, 1, 12), provider[None] / 12, provider, provider, provider)
    assert slopes([asked], seed=1) == ["age or time varies within no provider"]
