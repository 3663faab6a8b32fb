from datetime import date

import pytest

from tests.given.lives import put
from tests.given.support import build, rows


def forecast(method, error, accelerator="a", within=None, month=1):
    return {
        "accelerator": accelerator,
        "method": method,
        "horizon_months": 12,
        "period_end_on": date(2025, month, 28),
        "error_pct": error,
        "is_within_band": within,
    }


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
    build(db, "marts.residual_backtest_summary")
    made = {each["method"]: each for each in rows(db, "from marts.residual_backtest_summary")}
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
    build(db, "marts.residual_backtest_summary")
    [won] = rows(
        db,
        "select is_better_than_no_change from marts.residual_backtest_summary "
        "where method = 'cohort'",
    )
    assert won["is_better_than_no_change"]
