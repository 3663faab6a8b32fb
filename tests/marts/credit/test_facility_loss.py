"""Simulated rents on one loan of 400 against machines worth 300 and the rest of 125."""

from datetime import date

import pytest

from tests.given.coverage import COVERAGE, decline, landed, moved, told
from tests.given.support import build


def losses(db, changes, drift="measured", **given):
    landed(db, **given)
    moved(db, changes)
    build(db, *COVERAGE, "marts.facility_loss")
    return told(db, "facility_loss", f"drift_basis = '{drift}'")


def test_rents_that_stand_still_leave_one_path(db):
    made = losses(db, [0.0] * 60)
    assert len(made) == 20
    start, later = made[0], made[4]
    assert (start["median_rent_multiplier"], later["median_rent_multiplier"]) == (1.0, 1.0)
    # Worth 425 of 400 at the start; 262.5 and 104.2 of 320 after a year.
    assert [each["under_water_probability_pct"] for each in made[:5]] == [0.0] * 5
    # 9.375 a quarter against 1.4 times 28.
    assert start["dscr_below_probability_pct"] == 100.0
    assert start["loss_at_default_pct"] is None
    assert start["recovery_missing_reason"] == "no executed resale price of the accelerator"
    assert start["history_weeks_count"] == 60


@pytest.mark.parametrize(
    ("changes", "given", "reason"),
    [
        ([0.0] * 10, {}, "10 weeks of moves; 26 are needed"),
        ([0.0] * 60, {"assumed": []}, "no accelerator known for the collateral"),
    ],
)
def test_what_cannot_be_simulated_says_why(db, changes, given, reason):
    made = losses(db, changes, **given)
    assert {each["loss_missing_reason"] for each in made} == {reason}
    assert {each["under_water_probability_pct"] for each in made} == {None}


def test_without_a_rate_of_decline_there_is_no_through_cycle(db):
    made = losses(db, [0.0] * 60, "through_cycle", declines=[decline(on=date(2025, 1, 31))])
    assert {each["loss_missing_reason"] for each in made} == {"no rate of decline published"}
