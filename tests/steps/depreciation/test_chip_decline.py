"""The decline of an accelerator: its rate, and a band from what past forecasts missed by."""

from datetime import date

import numpy as np
import pytest

from tests.given.lives import H100, RATED_ON, put, shrunk
from tests.given.support import build, rows


def forecast(forecast_change, actual_change, **cells):
    return {
        "price_segment": "neocloud_marketplace",
        "accelerator": H100,
        "method": "shrunk",
        "horizon_months": 12,
        "target_on": date(2026, 5, 31),
        "forecast_change_pct": forecast_change,
        "actual_change_pct": actual_change,
    } | cells


def decline(db, *forecasts):
    put(db, "marts.depreciation_rate", shrunk(-20.0, -30.0, -10.0, own_weight_fraction=0.6))
    put(db, "marts.residual_backtest", *forecasts)
    build(db, "steps.chip_decline")
    [made] = rows(db, "from steps.chip_decline")
    return made


def test_from_twenty_outcomes_on_the_band_is_what_was_missed(db):
    missed = np.linspace(0.0, 0.4, 21)
    made = decline(db, *(forecast(0.0, 100 * (np.exp(each) - 1)) for each in missed))
    ninth = np.quantile(missed, 0.9)
    assert made["band_basis"] == "errors of past forecasts"
    assert made["interval_low_rate_pct_per_year"] == pytest.approx(100 * (0.8 * np.exp(-ninth) - 1))
    assert made["interval_high_rate_pct_per_year"] == pytest.approx(100 * (0.8 * np.exp(ninth) - 1))
    assert (made["rate_pct_per_year"], made["own_weight_fraction"]) == (-20.0, 0.6)


@pytest.mark.parametrize(
    "cells",
    [{"price_segment": "hyperscaler"}, {"horizon_months": 6}, {"method": "cohort"},
     {"target_on": date(2026, 7, 31)}],
    ids=["lists", "half a year", "another method", "not yet known"],
)  # fmt: skip
def test_other_outcomes_and_those_to_come_do_not_count(db, cells):
    made = decline(db, *(forecast(0.0, each, **cells) for each in range(30)))
    assert made["band_basis"] == "estimate"
    assert made["interval_low_rate_pct_per_year"] == -30.0
    assert made["period_end_on"] == RATED_ON
