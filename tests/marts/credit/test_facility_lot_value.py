"""One lot by two clocks: 500 of cost, of which 375 bought 3.75 machines. By hand."""

from datetime import UTC, date, datetime

import pytest

from pipeline.build.model import models
from tests.given.coverage import (
    COVERAGE,
    DAY,
    INPUTS,
    balance,
    broken,
    clock,
    cost,
    landed,
    one,
    terms,
    world,
)
from tests.given.support import build, rows


def value(db, where="true", **given):
    landed(db, **given)
    build(db, *COVERAGE)
    return one(db, "facility_lot_value", where)


def drawn(on):
    """A loan drawn on a day, so that its machines are of a known age on the balance's."""
    first = balance(400.0, on)
    return {"facilities": [terms(closed_on=on)], "balances": [first, balance(390.0)]}


AT_THE_END = f"balance_on = '{DAY}'"


def test_new_machines_are_worth_the_rent_they_will_keep_less_their_costs(db):
    lot = value(db)
    assert (lot["age_years"], lot["depreciated_cost_usd"]) == (0.0, 500.0)
    assert lot["gpu_estimate"] == pytest.approx(375 / 100)
    # 3.75 machines of 8 x (15 - 5), and a quarter of 500 on the contract's clock.
    assert lot["market_value_usd"] == pytest.approx(3.75 * 80 + 125)
    assert lot["low_market_value_usd"] == pytest.approx(3.75 * 40 + 125)
    assert lot["high_market_value_usd"] == pytest.approx(3.75 * 120 + 125)
    assert lot["earned_usd"] == pytest.approx(3.75 * 8 * 15)
    assert lot["spent_usd"] == pytest.approx(3.75 * 8 * 5)
    assert (lot["annual_rent_kept_usd"], lot["annual_cash_cost_usd"]) == (3.75 * 15, 3.75 * 5)
    assert lot["market_missing_reason"] is None
    assert lot["resale_value_usd"] is None


def test_between_whole_years_values_are_interpolated(db):
    lot = value(db, AT_THE_END, **drawn(date(2024, 7, 1)))
    age = 638 / 365.25
    assert lot["age_years"] == pytest.approx(age)
    assert lot["depreciated_cost_usd"] == pytest.approx(500 * (1 - age / 6))
    # The made clock is a straight line, so interpolation is exact.
    assert lot["market_value_usd"] == pytest.approx(
        3.75 * 10 * (8 - age) + 125 * (1 - age / 6), rel=1e-12
    )


def test_between_two_balances_a_lot_is_drawn_evenly(db):
    # Drawn between 30 September and 31 March: 92 of 182 days on, on average 46 days old.
    loan = {
        "facilities": [terms(closed_on=date(2025, 9, 30))],
        "balances": [balance(80.0, date(2025, 9, 30)), balance(240.0)],
    }
    lot = value(db, "balance_on = '2025-12-31' and lot_number = 2", **loan)
    assert lot["lot_cost_usd"] == pytest.approx(200 * 92 / 182)
    assert lot["age_years"] == pytest.approx(46 / 365.25)


def test_the_days_on_which_a_lot_can_have_been_drawn_bound_its_value(db):
    # Closed on 2025-04-05, drawn by 2026-03-31: 360 days old at most, new at least.
    lot = value(db, facilities=[terms(closed_on=date(2025, 4, 5))])
    oldest = 360 / 365.25
    assert lot["low_depreciated_cost_usd"] == pytest.approx(500 * (1 - oldest / 6))
    assert lot["high_depreciated_cost_usd"] == 500.0
    # The made clock: low values are half, high values half as much again.
    assert lot["low_market_value_usd"] == pytest.approx(
        0.5 * 3.75 * 10 * (8 - oldest) + 125 * (1 - oldest / 6)
    )
    assert lot["high_market_value_usd"] == pytest.approx(1.5 * 3.75 * 80 + 125)


def test_past_the_agreed_life_only_the_market_still_sees_something(db):
    lot = value(db, AT_THE_END, **drawn(date(2019, 3, 31)))
    assert lot["age_years"] == pytest.approx(7.0, abs=0.01)
    assert (lot["depreciated_cost_usd"], lot["other_value_usd"]) == (0.0, 0.0)
    assert lot["market_value_usd"] == pytest.approx(3.75 * 10 * (8 - 2557 / 365.25))


@pytest.mark.parametrize("on", [date(2017, 12, 31), date(2015, 3, 31)], ids=["8.2", "11.0"])
def test_a_machine_older_than_the_clock_has_no_market_value_rather_than_none(db, on):
    lot = value(db, AT_THE_END, **drawn(on))
    assert lot["market_value_usd"] is None
    assert lot["earned_usd"] is None
    assert lot["market_missing_reason"] == "older than the income clock goes"


NO_RENT = "no published neocloud rent of nvidia-h100-sxm-80gb within three months"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"clocks": clock(on=date(2025, 12, 29))}, NO_RENT),
        ({"clocks": clock(on=date(2026, 4, 30))}, NO_RENT),
        ({"clocks": clock(publication_status="withheld")}, NO_RENT),
        ({"clocks": clock(tier="hyperscaler")}, NO_RENT),
        ({"clocks": clock(accelerator="nvidia-h200-sxm-141gb")}, NO_RENT),
        ({"clocks": clock(cost_usd_per_gpu=None)}, "no price of a new nvidia-h100-sxm-80gb"),
        ({"assumed": []}, "no accelerator known for the collateral"),
        ({"inputs": INPUTS[1:]}, "no share of accelerators in the cost"),
    ],
    ids=range(8),
)
def test_a_market_side_that_cannot_be_told_says_why(db, given, reason):
    lot = value(db, **given)
    assert lot["market_value_usd"] is None
    assert lot["annual_rent_kept_usd"] is None
    assert lot["market_missing_reason"] == reason
    assert lot["depreciated_cost_usd"] == 500.0


def test_the_newest_published_month_within_three_counts(db):
    old, newer = clock(30.0, on=date(2026, 1, 31)), clock(on=date(2026, 2, 28))
    withheld = clock(90.0, publication_status="withheld")
    lot = value(db, clocks=[*old, *newer, *withheld])
    assert lot["valued_on"] == date(2026, 2, 28)
    assert lot["rent_usd_per_gpu_hour"] == 3.0


@pytest.mark.parametrize("rent", [0.0, 4.0])
def test_machines_that_do_not_earn_their_cost_are_worth_nothing_and_no_less(db, rent):
    lot = value(db, clocks=clock(rent))
    assert lot["market_value_usd"] == 125.0
    assert (lot["earned_usd"], lot["spent_usd"]) == (0.0, 0.0)
    assert lot["market_missing_reason"] is None


def test_executed_resale_stands_beside_the_income(db):
    resale = clock(clock="resale", tier="any", value_usd_per_gpu=60.0)
    lot = value(db, clocks=[*clock(), *resale])
    assert lot["resale_value_usd"] == pytest.approx(3.75 * 60 + 125)
    assert lot["market_value_usd"] == pytest.approx(3.75 * 80 + 125)


def test_a_row_with_a_market_side_is_known_no_earlier_than_its_costs(db):
    late = datetime(2026, 7, 12, tzinfo=UTC)
    inputs = [*INPUTS[:3], *INPUTS[4:], cost("realisation", 50.0, known_at=late)]
    assert value(db, inputs=inputs)["known_at"] == late


def test_without_a_market_side_costs_do_not_matter(db):
    inputs = [*INPUTS[1:], cost("gpu-share", 75.0, known_at=datetime(2026, 7, 12, tzinfo=UTC))]
    lot = value(db, inputs=inputs, assumed=[])
    assert lot["known_at"] == datetime(2026, 4, 1, tzinfo=UTC)


def test_a_month_that_ends_after_the_day_is_known_when_it_is_over(db):
    middle = date(2026, 4, 24)
    given = {"facilities": [terms(closed_on=middle)], "balances": [balance(on=middle)]}
    lot = value(db, clocks=clock(on=date(2026, 4, 30)), **given)
    assert lot["known_at"] == datetime(2026, 5, 1, tzinfo=UTC)


def test_promises_hold_and_one_of_them_can_break(db):
    world(db)
    assert broken(db) == {}
    db.execute("update marts.facility_lot_value set market_value_usd = market_value_usd + 1")
    promise = "marts.facility_lot_value__market_value_is_machines_and_the_rest"
    assert promise in broken(db)


def test_the_grain_is_a_lot_and_a_day(db):
    given = {"balances": [balance(), balance(500.0, date(2026, 6, 30))]}
    landed(db, clocks=[*clock(), *clock(on=date(2026, 6, 30))], **given)
    build(db, *COVERAGE)
    [model] = [each for each in models() if each.table == "marts.facility_lot_value"]
    assert model.grain == ("facility_id", "lot_number", "balance_on")
    days = rows(db, "select lot_number as n, balance_on from marts.facility_lot_value order by all")
    assert [(each["n"], each["balance_on"].month) for each in days] == [(1, 3), (1, 6), (2, 6)]
