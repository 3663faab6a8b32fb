"""Simulated rents: what is drawn is what was measured. Every number here is made up."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.methods.rent_paths import MARKET, backtest, history, paths

START = date(2023, 1, 1)


def moves(*series, start=START, weeks=1):
    """One row a week for each accelerator a, b, …, of the given log changes."""
    rows = []
    for name, changes in zip("abc", series, strict=False):
        for number, change in enumerate(changes, 1):
            on = start + timedelta(weeks=number * weeks)
            rows.append(
                (name, on, float(weeks), change, datetime(on.year, on.month, on.day, tzinfo=UTC))
            )
    names = ["accelerator", "period_end_on", "move_weeks", "log_change", "known_at"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_weeks_are_pooled_over_accelerators_with_one_vote_each():
    past = history(moves([0.02, 0.00], [0.04, 0.02]))
    assert past.pooled.tolist() == pytest.approx([0.03, 0.01])
    assert past.residuals.tolist() == pytest.approx([0, 0, 0, 0])


def test_a_move_over_weeks_nobody_saw_counts_in_each_of_them():
    past = history(moves([0.06], weeks=3))
    assert past.pooled.tolist() == pytest.approx([0.02, 0.02, 0.02])
    assert past.weeks == [START + timedelta(weeks=number) for number in (1, 2, 3)]


def test_what_sets_an_accelerator_apart_is_shrunk_by_how_often_it_was_seen():
    dice = np.random.default_rng(0)
    often, seldom = dice.normal(0.01, 0.02, 200), dice.normal(-0.01, 0.02, 8)
    past = history(moves(often.tolist(), seldom.tolist()))
    raw = seldom.mean() - np.mean([often[:8].mean(), seldom.mean()])
    assert raw < past.offsets["b"] < 0


def test_paths_drift_as_measured_or_as_the_value_does():
    past = history(moves([0.01, -0.005] * 40))
    measured = paths(past, ["a"], 4, "measured")["a"]
    assert measured.shape == (2000, 5)
    assert (measured[:, 0] == 1).all()
    # 0.25 % a week: 13 weeks a quarter.
    assert np.log(measured[:, 4]).mean() == pytest.approx(52 * 0.0025, abs=0.002)
    cycle = paths(past, ["a"], 4, "through_cycle", (-22.0, -22.0, -22.0))["a"]
    assert np.log(cycle[:, 4]).mean() == pytest.approx(np.log(0.78), abs=0.002)


def test_the_same_moves_give_the_same_paths_and_blocks_keep_runs():
    past = history(moves(([0.05] * 20 + [-0.05] * 20) * 2))
    first, again = (paths(past, [], 8, "measured")[MARKET] for _ in range(2))
    assert (first == again).all()
    # Runs of twenty weeks: a quarter moves by far more than thirteen weeks drawn one by one.
    assert np.log(first[:, 1]).std() > 1.5 * 0.05 * np.sqrt(13)


def test_half_a_year_of_weeks_is_needed():
    with pytest.raises(ValueError, match="25 weeks of moves"):
        paths(history(moves([0.01] * 25)), [], 4, "measured")


def recorded(changes):
    seen = moves(changes).with_columns(row_kind=pl.lit("move"), tier=pl.lit("neocloud"))
    rates = [f"{end}rate_pct_per_year" for end in ("", "interval_low_", "interval_high_")]
    return seen.with_columns(*(pl.lit(None, pl.Float64).alias(name) for name in rates))


def test_what_goes_on_as_before_lies_inside_and_a_break_does_not():
    dice = np.random.default_rng(1)
    calm = dice.normal(0, 0.01, 104).tolist()
    made = backtest(recorded(calm + dice.normal(0, 0.01, 60).tolist()))
    assert made["is_inside"].mean() > 0.5
    assert set(made["horizon_weeks"]) == {13, 26, 52}
    crash = backtest(recorded(calm[:60] + [-0.05] * 60)).filter(
        (pl.col("period_end_on") > date(2024, 1, 31))
        & (pl.col("period_end_on") < date(2024, 3, 31))
    )
    assert not crash["is_inside"].any()


def test_a_band_is_drawn_from_what_was_public_and_judged_where_weeks_were_seen():
    made = backtest(recorded([0.0] * 70))
    # Sunday 2024-05-05 is the last of 70 weeks: no band reaches past it.
    last = START + timedelta(weeks=70)
    for each in made.iter_rows(named=True):
        assert each["period_end_on"] + timedelta(weeks=0.9 * each["horizon_weeks"]) <= last
        assert each["history_weeks_count"] == (each["period_end_on"] - START).days // 7
    assert backtest(recorded([0.0] * 70).clear()).height == 0
