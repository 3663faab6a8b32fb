"""What a facility paid for, from what it drew: costs and days worked out by hand."""

from datetime import UTC, date, datetime

import pytest

from tests.given.coverage import DAY, LOAN, balance, chip, landed, one, stand_in, terms, told
from tests.given.support import build

MARTS = ("marts.facility", "marts.facility_collateral")


def lots(db, **given):
    landed(db, **given)
    build(db, *MARTS)
    return told(db, "facility_collateral")


def test_a_lot_costs_its_draw_over_the_advance_rate_and_counts_from_the_middle(db):
    [lot] = lots(
        db,
        facilities=[terms(closed_on=date(2025, 7, 28))],
        balances=[balance(1_700.0)],
    )
    assert (lot["funded_usd"], lot["lot_cost_usd"]) == (1_700.0, 2_125.0)
    # 246 days from closing to balance.
    assert lot["funded_on"] == date(2025, 11, 28)
    assert (lot["funded_from_on"], lot["funded_to_on"]) == (date(2025, 7, 28), DAY)
    assert "cost: draw over advance rate" in lot["inputs_assumed"]


def test_only_a_rising_balance_is_a_new_lot(db):
    drawn = [(100.0, 3), (60.0, 4), (160.0, 5), (160.0, 6)]
    made = lots(db, balances=[balance(usd, date(2026, month, 30)) for usd, month in drawn])
    assert [(lot["lot_number"], lot["funded_usd"]) for lot in made] == [(1, 100.0), (2, 100.0)]
    assert made[1]["funded_on"] == date(2026, 5, 15)


def test_the_end_of_draws_bounds_the_day_of_a_lot(db):
    closed = {"closed_on": date(2025, 7, 28)}
    [lot] = lots(db, facilities=[terms(draws_end_on=date(2025, 9, 30), **closed)])
    assert (lot["funded_from_on"], lot["funded_to_on"]) == (date(2025, 7, 28), date(2025, 9, 30))
    assert lot["funded_on"] == date(2025, 8, 29)


@pytest.mark.parametrize("ended", [date(2025, 1, 1), date(2027, 1, 1)])
def test_an_end_of_draws_outside_the_stretch_bounds_nothing(db, ended):
    [lot] = lots(db, facilities=[terms(closed_on=date(2025, 7, 28), draws_end_on=ended)])
    assert lot["funded_to_on"] == DAY


def test_what_was_repaid_before_the_first_balance_was_collateral_too_and_is_named(db):
    [lot] = lots(db, assumed=[chip(), stand_in("funded_usd", 2e6)])
    assert lot["lot_cost_usd"] == pytest.approx(2e6 / 0.8)
    assert "funded_usd 2.0 million (high: made up)" in lot["inputs_assumed"]


def test_a_redacted_rate_is_filled_only_by_a_named_assumption_its_newest_version(db):
    older = stand_in("advance_rate_pct", 50.0, known_at=datetime(2021, 1, 1, tzinfo=UTC))
    newer = stand_in("advance_rate_pct", 64.0, known_at=datetime(2026, 5, 1, tzinfo=UTC))
    [lot] = lots(
        db,
        facilities=[terms(advance_rate_pct=None, redacted_terms="advance_rate_pct")],
        assumed=[older, newer, chip(), stand_in("depreciation_life_years", 5.0)],
    )
    assert lot["advance_rate_pct"] == 64.0
    assert lot["lot_cost_usd"] == pytest.approx(400 / 0.64)
    assert "advance_rate_pct 64.0 (high: made up)" in lot["inputs_assumed"]
    # Filed terms stand, whatever somebody assumed, and are not called assumed.
    assert lot["depreciation_life_years"] == 6.0
    assert "depreciation_life_years" not in lot["inputs_assumed"]
    assert lot["known_at"] == datetime(2026, 5, 1, tzinfo=UTC)


def test_without_an_assumption_the_redacted_term_stays_empty(db):
    redacted = terms(advance_rate_pct=None, redacted_terms="advance_rate_pct")
    assert lots(db, facilities=[redacted]) == []


def test_debt_owed_before_the_closing_day_is_no_machine_of_negative_age(db):
    [lot] = lots(
        db,
        facilities=[terms(closed_on=date(2026, 9, 30))],
        balances=[balance(), balance(500.0, date(2026, 6, 30))],
    )[:1]
    assert lot["funded_on"] == DAY


@pytest.mark.parametrize(
    "cells",
    [
        {"closed_on": None},
        {"advance_rate_pct": None},
        {"depreciation_life_years": None},
        {"deal_status": "rumored"},
        {"parent_facility_id": "b-loan"},
        {"collateral_class": "operator_campus"},
    ],
    ids=str,
)
def test_no_lot_is_made_up(db, cells):
    assert lots(db, facilities=[terms(**cells)]) == []


def test_a_facility_that_never_drew_has_no_lot(db):
    assert lots(db, balances=[balance(0.0)]) == []
    assert lots(db, balances=[balance(None)]) == []


def test_of_two_documents_on_a_day_the_last_known_counts_and_dates_the_lot(db):
    late = balance(480.0, known_on=date(2026, 8, 1))
    [lot] = lots(db, balances=[balance(), late])
    assert (lot["facility_id"], lot["funded_usd"]) == (LOAN, 480.0)
    assert lot["known_at"] == datetime(2026, 8, 2, tzinfo=UTC)


@pytest.mark.parametrize(("holds", "rate"), [(date(2026, 1, 1), 50.0), (None, 80.0)])
def test_a_lot_is_paid_for_by_the_terms_of_its_day_and_known_with_them(db, holds, rate):
    # Read in July: it binds since January, or only since it is read.
    amended = terms(advance_rate_pct=50.0, terms_from_on=holds)
    amended |= {"known_at": datetime(2026, 7, 1, tzinfo=UTC)}
    landed(db, facilities=[terms(closed_on=date(2025, 6, 1)), amended])
    build(db, *MARTS)
    made = one(db, "facility_collateral")
    assert made["advance_rate_pct"] == rate
    assert made["known_at"] == datetime(2026, 7 if holds else 4, 1, tzinfo=UTC)
