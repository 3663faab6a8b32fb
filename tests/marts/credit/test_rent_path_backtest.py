"""Bands of the past beside what rents came to, through the mart."""

from datetime import date

from tests.given.coverage import decline, landed, moved, told
from tests.given.support import build


def test_rents_that_move_as_before_lie_inside_and_a_fall_lies_below(db):
    pooled = {"accelerator": "all", "method": "pooled_through_cycle"}
    landed(db, declines=[decline(-20.0, on=date(2025, 6, 30), **pooled)])
    moved(db, [0.01, -0.01] * 26 + [-0.03] * 20)
    build(db, "marts.rent_path_backtest")
    made = told(db, "rent_path_backtest", "drift_basis = 'measured'")
    by = {(each["period_end_on"], each["horizon_weeks"]): each for each in made}
    calm, fell = by[date(2025, 8, 31), 13], by[date(2025, 12, 31), 13]
    assert calm["is_inside"]
    assert not fell["is_inside"]
    assert fell["actual_rent_multiplier"] < fell["low_rent_multiplier"]
    assert {each["tier"] for each in made} == {"neocloud"}


def test_without_moves_there_is_no_band(db):
    landed(db)
    moved(db, [0.0], publication_status="withheld")
    build(db, "marts.rent_path_backtest")
    assert told(db, "rent_path_backtest") == []
