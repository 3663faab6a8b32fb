"""What a stress is made of: scenario paths, ageing lots and debt that runs down."""

from datetime import date

import pytest

from tests.given.coverage import DAY, LOAN, balance, landed, step, terms
from tests.given.coverage import world as built
from tests.given.support import build, rows


def path(db, *steps):
    landed(db, scenarios=steps)
    build(db, "steps.scenario_path")
    return rows(db, "from steps.scenario_path order by quarter_number")


def test_a_scenario_stands_still_after_its_last_quarter(db):
    made = path(db, step(rent_multiplier=1.0), step(quarter=1, rent_multiplier=0.5))
    assert [each["rent_multiplier"] for each in made] == [1.0] + [0.5] * 40


def test_nothing_is_known_after_a_quarter_that_is_left_out(db):
    made = path(db, step(), step(quarter=1), step(quarter=3))
    kinds = [each["scenario_kind"] for each in made]
    assert kinds == ["hypothetical"] * 2 + [None] * 39


def test_a_path_without_a_start_has_no_quarter(db):
    assert {each["scenario_kind"] for each in path(db, step(quarter=1))} == {None}


def test_a_customer_that_has_defaulted_stays_so(db):
    steps = step(), step(quarter=1, is_offtaker_default=True), step(quarter=2)
    made = [each["has_offtaker_defaulted"] for each in path(db, *steps)]
    assert made[:4] == [False, True, True, True]


@pytest.mark.parametrize(("newest", "starts"), [(300.0, [(LOAN, 300.0)]), (0.0, [])])
def test_a_stress_starts_at_the_newest_balance_and_not_where_it_is_repaid(db, newest, starts):
    built(db, balances=[balance(), balance(newest, on=date(2026, 6, 30))])
    made = rows(db, "from steps.facility_start")
    assert [(each["facility_id"], each["principal_usd"]) for each in made] == starts


def test_machines_are_read_at_their_age_of_the_quarter(db):
    built(db)
    lots = rows(db, "from steps.facility_lot_quarter order by quarter_number")
    # 375 of machines at 100 each, drawn on the day: 3.75 that earn 120 in eight years, new.
    assert [each["earned_usd"] for each in lots[:3]] == pytest.approx(
        [3.75 * 120, 3.75 * (0.75 * 120 + 0.25 * 105), 3.75 * (0.5 * 120 + 0.5 * 105)]
    )
    assert lots[32]["earned_usd"] == 0
    assert (lots[33]["earned_usd"], lots[33]["market_missing_reason"]) == (
        None,
        "older than the income clock goes",
    )
    assert lots[4]["depreciated_cost_usd"] == pytest.approx(500 * 5 / 6)


def test_the_schedule_is_kept_whatever_the_borrowing_base_covers(db):
    built(db, facilities=[terms(amortisation="borrowing_base", depreciation_life_years=2.0)])
    made = rows(db, "from steps.facility_quarter order by quarter_number")
    assert [each["principal_usd"] for each in made[:8]] == pytest.approx(
        [400 - 20 * quarter for quarter in range(8)]
    )
    assert [each["depreciated_cost_usd"] for each in made[:8]] == pytest.approx(
        [500 * (1 - quarter / 8) for quarter in range(8)]
    )
    assert made[0]["quarter_principal_due_usd"] == pytest.approx(20)
    assert made[0]["balance_on"] == DAY
