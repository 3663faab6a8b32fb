from datetime import date

import numpy as np
import pytest

from tests.given.lives import put
from tests.given.support import build, refer, rows

ALL = "from marts.residual_backtest_summary"


def forecast(method, error, accelerator="a", within=None, month=0, **cells):
    return {
        "price_segment": "neocloud_marketplace",
        "is_scored": True,
        "accelerator": accelerator,
        "method": method,
        "horizon_months": 12,
        "period_end_on": date(2020 + month // 12, month % 12 + 1, 28),
        "error_pct": error,
        "is_within_band": within,
    } | cells


def test_bias_error_and_coverage_beside_the_baselines_of_the_same_forecasts(db):
    put(
        db,
        "marts.residual_backtest",
        forecast("cohort", 10.0, within=True),
        forecast("cohort", -20.0, "b", within=False),
        forecast("no_change", 4.0),
        forecast("no_change", -6.0, "b"),
        # The baseline has one more forecast, which the method did not make.
        forecast("no_change", 90.0, "c"),
    )
    refer(db)
    build(db, "marts.residual_backtest_summary")
    made = {each["method"]: each for each in rows(db, ALL)}
    cohort = made["cohort"]
    assert cohort["forecast_count"] == 2
    assert cohort["accelerator_count"] == 2
    assert cohort["bias_pct"] == pytest.approx(-5)
    assert cohort["mean_absolute_error_pct"] == pytest.approx(15)
    assert cohort["within_band_pct"] == pytest.approx(50)
    assert cohort["no_change_absolute_error_pct"] == pytest.approx(5)
    assert cohort["is_better_than_no_change"] is False
    assert made["no_change"]["mean_absolute_error_pct"] == pytest.approx(100 / 3)
    assert made["no_change"]["within_band_pct"] is None


def test_a_method_that_wins_is_said_to(db):
    put(
        db, "marts.residual_backtest", forecast("cohort", 1.0, within=True),
        forecast("no_change", -9.0),
    )  # fmt: skip
    refer(db)
    build(db, "marts.residual_backtest_summary")
    [won] = rows(
        db,
        f"{ALL} where method = 'cohort'",
    )
    assert won["is_better_than_no_change"]


def test_outcomes_nobody_could_have_changed_are_not_scored(db):
    put(
        db, "marts.residual_backtest", forecast("no_change", 8.0),
        forecast("no_change", 0.0, "b", is_scored=False),
    )  # fmt: skip
    refer(db)
    build(db, "marts.residual_backtest_summary")
    [made] = rows(db, ALL)
    assert made["mean_absolute_error_pct"] == pytest.approx(8)


def test_neighbouring_origins_are_hardly_more_evidence_than_one(db):
    # 60 origins of 12 months each: five forecasts without a common month.
    draw = np.random.default_rng(7)
    mine, still = 20 + draw.normal(0, 2, 60), 5 + draw.normal(0, 2, 60)
    put(
        db,
        "marts.residual_backtest",
        *(forecast("cohort", float(each), month=at) for at, each in enumerate(mine)),
        *(forecast("no_change", float(each), month=at) for at, each in enumerate(still)),
    )
    refer(db)
    build(db, "marts.residual_backtest_summary")
    made = {each["method"]: each for each in rows(db, ALL)}["cohort"]
    assert (made["forecast_count"], made["independent_count"]) == (60, 5)
    assert made["verdict_of_test"] == "worse than no change"
    # By hand: Newey and West's variance of a mean, weights falling to nothing at a year.
    apart = np.abs(mine) - np.abs(still)
    far = apart - apart.mean()
    lag = np.abs(np.subtract.outer(np.arange(60), np.arange(60)))
    variance = (np.clip(1 - lag / 12, 0, None) * np.outer(far, far)).sum() / 60**2
    assert made["diebold_mariano_statistic"] == pytest.approx(apart.mean() / variance**0.5)


def test_three_independent_forecasts_settle_nothing(db):
    put(
        db,
        "marts.residual_backtest",
        *(forecast("cohort", 50.0 + at, month=at) for at in range(30)),
        *(forecast("no_change", 1.0, month=at) for at in range(30)),
    )
    refer(db)
    build(db, "marts.residual_backtest_summary")
    made = {each["method"]: each for each in rows(db, ALL)}["cohort"]
    assert made["verdict_of_test"] == "too few independent forecasts"
