"""The time-product dummy against dense least squares, and which periods may be compared."""

import numpy as np
import pytest

from pipeline.methods.multilateral import Panel, estimate

SEEDS = range(20)


def random_panel(seed: int, periods: int = 12, items: int = 15, providers: int = 6) -> Panel:
    """Prices that follow no model at all, a third of them seen, every provider once at least."""
    rng = np.random.default_rng(seed)
    log_price = rng.normal(size=(periods, items))
    log_price[rng.random((periods, items)) < 0.5] = np.nan
    log_price[:, 0] = rng.normal(size=periods)  # one item connects everything
    return Panel(log_price, np.arange(items) % providers)


def dense_solution(panel: Panel, periods: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The same regression with a column per period and item, by numpy's least squares."""
    rows = [(t, i) for t in range(len(periods)) for i in np.flatnonzero(panel.seen[periods[t]])]
    design = np.zeros((len(rows), len(periods) + panel.seen.shape[1]))
    for row, (t, i) in enumerate(rows):
        design[row, t] = design[row, len(periods) + i] = 1
    prices = np.array([panel.log_price[periods[t], i] for t, i in rows])
    sellers = [{panel.provider[i] for i in np.flatnonzero(panel.seen[t])} for t in periods]
    own = [
        sum(panel.provider[j] == panel.provider[i] for j in np.flatnonzero(panel.seen[periods[t]]))
        for t, i in rows
    ]
    weight = np.array([1 / (len(sellers[t]) * n) for (t, _), n in zip(rows, own, strict=True)])
    root = np.sqrt(weight)
    solved, *_ = np.linalg.lstsq(design * root[:, None], prices * root)
    return solved[: len(periods)], solved[len(periods) :]


@pytest.mark.parametrize("seed", SEEDS)
def test_effects_equal_those_of_dense_least_squares(seed):
    panel = random_panel(seed)
    periods = list(range(2, 12))
    made = estimate(panel, periods)
    effects, items = dense_solution(panel, periods)
    assert made.period_effects - made.period_effects[0] == pytest.approx(
        effects - effects[0], abs=1e-9
    )
    seen = panel.seen[periods].any(axis=0)
    assert made.item_effects[seen] + made.period_effects[0] == pytest.approx(
        items[seen] + effects[0], abs=1e-9
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_periods_mean_price_is_its_effect_and_its_items(seed):
    panel = random_panel(seed)
    made = estimate(panel, list(range(12)))
    items = np.nan_to_num(made.item_effects)
    mean = (panel.weight * panel.filled).sum(axis=1)
    assert made.period_effects + panel.weight @ items == pytest.approx(mean, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_that_return_give_the_same_effect_again(seed):
    panel = random_panel(seed)
    panel.log_price[-1] = panel.log_price[0]
    made = estimate(panel, list(range(12)))
    assert made.period_effects[-1] == pytest.approx(made.period_effects[0], abs=1e-12)


def test_the_standard_error_covers_what_it_should():
    # 12 providers move together but for 5 % noise of their own; the change of one period is 10 %.
    inside = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        level, moves = rng.normal(size=12), np.linspace(0, 0.1, 8)
        log_price = level + moves[:, None] + rng.normal(scale=0.05, size=(8, 12))
        log_price[rng.random((8, 12)) < 0.3] = np.nan
        made = estimate(Panel(log_price, np.arange(12)), list(range(8)))
        error = made.standard_error(-1, 0)
        change = made.period_effects[-1] - made.period_effects[0]
        inside += abs(change - 0.1) < 2.2 * error  # t(11) at 95 %
    assert 0.90 <= inside / 300 <= 0.99


def test_one_provider_has_no_standard_error():
    made = estimate(Panel(np.zeros((3, 4)), np.zeros(4, dtype=int)), [0, 1, 2])
    assert made.standard_error(-1, 0) is None


def test_periods_without_common_items_are_not_comparable():
    apart = np.full((4, 6), np.nan)
    apart[:2, :3] = 0.0
    apart[2:, 3:] = 0.0
    panel = Panel(apart, np.array([0, 1, 2, 0, 1, 2]))
    assert panel.connected([0, 1, 2, 3], 3) == [2, 3]


def test_two_providers_do_not_carry_a_comparison_and_three_do():
    seen_then, seen_now = [0, 1, 2, 3], [1, 2, 3]
    log_price = np.full((2, 5), np.nan)
    log_price[0, seen_then] = 0.0
    log_price[1, [*seen_now, 4]] = 0.1
    assert Panel(log_price, np.arange(5)).connected([0, 1], 3) == [0, 1]
    log_price[1, 3] = np.nan
    assert Panel(log_price, np.arange(5)).connected([0, 1], 3) == [1]


def test_three_providers_that_come_back_one_by_one_connect_two_years():
    # No period after the gap has three of the old providers; the three of them together do.
    log_price = np.full((4, 6), np.nan)
    log_price[0, [0, 1, 2]] = 0.0
    for period, back in ((1, 0), (2, 1), (3, 2)):
        log_price[period, [back, 3, 4, 5]] = 0.0
    panel = Panel(log_price, np.arange(6))
    assert panel.connected([0, 1, 2, 3], 3) == [0, 1, 2, 3]
    assert panel.connected([0, 1, 2], 3) == [1, 2]
