"""Which days of a facility have a row, what is owed on them and by which terms; by hand."""

from datetime import UTC, date, datetime

import pytest

from tests.given.coverage import DAY, LOAN, balance, landed, terms
from tests.given.support import build, rows

SEPTEMBER, DECEMBER = date(2025, 9, 30), date(2025, 12, 31)


def days(db, facility_id=LOAN, **given):
    landed(db, **given)
    build(db, "steps.facility_day")
    return rows(
        db, f"from steps.facility_day where facility_id = '{facility_id}' order by balance_on"
    )


def test_between_two_filed_balances_the_debt_moves_evenly_and_is_known_with_the_later(db):
    made = days(db, balances=[balance(300.0, on=SEPTEMBER), balance(500.0, confidence="low")])
    assert [(each["balance_on"], each["balance_basis"], each["confidence"]) for each in made] == [
        (SEPTEMBER, "filed", "high"),
        (DECEMBER, "between_filed", "low"),
        (DAY, "filed", "low"),
    ]
    assert made[1]["principal_usd"] == pytest.approx(300 + 200 * 92 / 182)
    assert made[1]["known_at"] == datetime(2026, 4, 1, tzinfo=UTC)
    assert (made[1]["balance_from_on"], made[1]["balance_to_on"]) == (SEPTEMBER, DAY)


def test_before_the_first_balance_the_quarters_its_borrower_filed_say_that_nothing_is_known(db):
    made = days(
        db,
        facilities=[terms(closed_on=date(2025, 11, 1)), terms("older")],
        balances=[balance(), balance(facility_id="older", on=SEPTEMBER)],
    )
    assert [
        (each["balance_on"], each["balance_basis"], each["principal_usd"]) for each in made
    ] == [
        (DECEMBER, "not_filed", None),
        (DAY, "filed", 400.0),
    ]


def test_after_the_last_balance_and_for_another_borrower_there_is_no_day(db):
    made = days(
        db,
        facilities=[terms(closed_on=date(2025, 1, 1)), terms("b-loan", borrower="B Corp")],
        balances=[
            balance(on=SEPTEMBER),
            balance(facility_id="b-loan", on=date(2025, 3, 31)),
            balance(facility_id="b-loan"),
        ],
    )
    assert [each["balance_on"] for each in made] == [SEPTEMBER]


def test_a_day_goes_by_the_terms_in_force_then_and_before_all_of_them_by_the_first(db):
    first = terms(closed_on=date(2025, 10, 15), known_at=datetime(2025, 12, 2, tzinfo=UTC))
    amended = terms(
        terms_from_on=date(2026, 2, 1),
        closed_on=date(2025, 10, 15),
        known_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    made = days(
        db,
        facilities=[first, amended],
        balances=[balance(on=SEPTEMBER), balance(on=DECEMBER), balance()],
    )
    assert [each["in_force_from_on"] for each in made] == [
        date(2025, 10, 15),
        date(2025, 10, 15),
        date(2026, 2, 1),
    ]


def test_a_facility_that_is_repaid_is_owed_nothing_on_its_day(db):
    made = days(db, balances=[balance(), balance(0.0, on=date(2026, 6, 30))])
    assert [each["principal_usd"] for each in made] == [400.0, 0.0]
