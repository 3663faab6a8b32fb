"""Probabilities and losses on simulated rents, where they can be told by hand."""

import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.methods.facility_loss import simulate

FLOATS = (
    "principal_usd", "quarter_principal_due_usd", "other_value_usd", "dscr_min_ratio",
    "interest_rate_pct", "rate_pct_per_year", "interval_low_rate_pct_per_year",
    "interval_high_rate_pct_per_year", "earned_usd", "spent_usd", "annual_rent_kept_usd",
    "annual_cash_cost_usd", "resale_value_usd", "market_value_usd", "move_weeks", "log_change",
)  # fmt: skip
SCHEMA = {
    "row_kind": pl.String, "facility_id": pl.String, "quarter_number": pl.Int64,
    "lot_number": pl.Int64, "accelerator": pl.String, "period_end_on": pl.Date,
    "balance_on": pl.Date, "maturity_on": pl.Date, **dict.fromkeys(FLOATS, pl.Float64),
    "loss_missing_reason": pl.String, "inputs_assumed": pl.String, "price_vintage_on": pl.Date,
    "known_at": pl.Datetime("us", "UTC"),
}  # fmt: skip
KNOWN = datetime(2026, 4, 1, tzinfo=UTC)


def loan(name="a-loan", quarters=5, **cells):
    """Owes 100, 25 less a quarter, at 8 %; rent of 60 a year, 20 of cost, worth 120 new."""
    made = []
    for number in range(quarters):
        made.append(
            {
                "row_kind": "quarter", "facility_id": name, "quarter_number": number,
                "period_end_on": date(2026, 3, 31) + timedelta(days=91 * number),
                "balance_on": date(2026, 3, 31), "maturity_on": date(2029, 3, 31),
                "principal_usd": 100.0 - 20 * number, "quarter_principal_due_usd": 20.0,
                "other_value_usd": 0.0, "dscr_min_ratio": 1.2, "interest_rate_pct": 8.0,
                "rate_pct_per_year": -20.0, "interval_low_rate_pct_per_year": -20.0,
                "interval_high_rate_pct_per_year": -20.0, "resale_value_usd": 60.0,
                "inputs_assumed": "made up", "known_at": KNOWN,
            } | cells
        )  # fmt: skip
        made.append(
            {
                "row_kind": "lot", "facility_id": name, "quarter_number": number, "lot_number": 1,
                "accelerator": cells.get("accelerator", "a"), "earned_usd": 160.0,
                "spent_usd": 40.0, "annual_rent_kept_usd": 60.0, "annual_cash_cost_usd": 20.0,
                "loss_missing_reason": cells.get("lot_reason"),
            }
        )  # fmt: skip
        for row in made:
            row.pop("lot_reason", None)
    return made


def moves(change=0.0, weeks=60):
    return [
        {
            "row_kind": "move", "accelerator": "a", "move_weeks": 1.0, "log_change": change,
            "period_end_on": date(2024, 1, 7) + timedelta(weeks=number), "known_at": KNOWN,
        }
        for number in range(weeks)
    ]  # fmt: skip


def simulated(rows, drift="measured"):
    made = simulate(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    return made.filter(pl.col("drift_basis") == drift).to_dicts()


def test_where_rents_stand_still_every_path_is_the_same():
    made = simulated([*loan(), *moves()])
    assert [each["under_water_probability_pct"] for each in made] == [0.0] * 5
    # 10 of income a quarter against 2 + 20 of service at first.
    assert made[0]["dscr_below_probability_pct"] == 100.0
    # Machines sell for 60: of 100 owed 40 is lost, of 80 a quarter, of 60 nothing.
    assert [each["loss_at_default_pct"] for each in made[:3]] == pytest.approx([40, 25, 0])


def test_the_through_cycle_drift_is_the_decline_the_value_rests_on():
    made = simulated([*loan(), *moves(0.01)], "through_cycle")
    assert made[4]["median_rent_multiplier"] == pytest.approx(0.8)
    # Worth 160 x 0.8 - 40 = 88 after a year, half of it when sold; 20 is owed.
    assert made[4]["loss_at_default_pct"] == 0
    measured = simulated([*loan(), *moves(0.01)])
    assert measured[4]["median_rent_multiplier"] == pytest.approx(np.exp(0.52))


def test_a_share_of_paths_lies_between_and_its_band_around_it():
    dice = np.random.default_rng(3)
    wild = moves()
    for row in wild:
        row["log_change"] = float(dice.normal(0, 0.08))
    for each in simulated([*loan(principal_usd=115.0), *wild])[1:]:
        share = each["under_water_probability_pct"]
        assert 0 < share < 100
        assert (
            each["low_under_water_probability_pct"]
            <= share
            <= each["high_under_water_probability_pct"]
        )
        assert each["low_rent_multiplier"] < each["median_rent_multiplier"]


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"resale_value_usd": None}, "recovery_missing_reason", "no executed resale price"),
        ({"dscr_min_ratio": None}, "dscr_missing_reason", "no coverage covenant filed"),
        ({"interest_rate_pct": None, "loss_missing_reason": "no SOFR for the day"},
         "dscr_missing_reason", "no SOFR for the day"),
        ({"maturity_on": None}, "loss_missing_reason", "no maturity filed"),
        ({"principal_usd": 0.0}, "loss_missing_reason", "repaid"),
        ({"lot_reason": "no rent"}, "loss_missing_reason", "no rent"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_told_has_its_reason(cells, column, reason):
    made = simulated([*loan(**cells), *moves()])
    assert reason in made[0][column]


def test_without_half_a_year_of_moves_nothing_is_simulated():
    made = simulated([*loan(), *moves(weeks=20)])
    assert made[0]["loss_missing_reason"] == "20 weeks of moves; 26 are needed"
    assert simulated(loan())[0]["loss_missing_reason"] == "no weekly move of rents published"
    assert made[0]["under_water_probability_pct"] is None


def test_two_thousand_paths_of_twelve_facilities_over_ten_years_take_seconds():
    rows = [each for number in range(12) for each in loan(f"loan-{number}", 41, principal_usd=90.0)]
    begun = time.process_time()
    made = simulated([*rows, *moves(0.001)])
    assert time.process_time() - begun < 10
    assert {each["path_count"] for each in made} == {2000}
