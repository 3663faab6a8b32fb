"""What a schedule said would be left, beside what was filed later; by hand."""

from datetime import date

import pytest

from tests.given.coverage import DAY, LOAN, balance, landed, terms
from tests.given.support import build, rows

JUNE, SEPTEMBER = date(2026, 6, 30), date(2026, 9, 30)


def repaid(db, *balances, **cells):
    landed(db, facilities=[terms(**cells)], balances=balances)
    build(db, "marts.facility_repayment")
    return rows(db, "from marts.facility_repayment order by balance_on, next_balance_on")


def test_modelled_principal_stands_beside_every_balance_filed_within_a_year(db):
    # A twentieth a quarter: 380 and 360 modelled, 370 and 350 filed; then the pace of 30 a quarter.
    made = repaid(db, balance(), balance(370.0, on=JUNE), balance(350.0, on=SEPTEMBER))
    assert [(each["balance_on"], each["next_balance_on"]) for each in made] == [
        (DAY, JUNE),
        (DAY, SEPTEMBER),
        (JUNE, SEPTEMBER),
    ]
    pace = 30 / (91 / 91.3125)
    assert [each["repayment_error_usd"] for each in made] == pytest.approx([10, 10, 20 - pace])
    assert [each["repayment_error_pct"] for each in made] == pytest.approx(
        [2.5, 2.5, 100 * (20 - pace) / 370]
    )
    assert [each["schedule_basis"] for each in made] == ["level", "level", "as_balances_fell"]
    assert made[1]["modelled_repaid_usd"] == pytest.approx(40)
    assert made[1]["repaid_usd"] == 50


@pytest.mark.parametrize(
    ("balances", "cells", "reason"),
    [
        ([balance(), balance(450.0, on=JUNE)], {}, "more was drawn in between"),
        ([balance(), balance(300.0, on=JUNE)], {"facility_kind": "revolver"}, "at will"),
        ([balance(), balance(300.0, on=date(2026, 7, 10))], {}, "not whole quarters apart"),
        ([balance(), balance(300.0, on=JUNE)], {"maturity_on": None}, "no maturity filed"),
    ],
    ids=["drawn", "revolver", "odd days", "no maturity"],
)
def test_where_a_schedule_cannot_be_judged_there_is_a_reason_and_no_error(
    db, balances, cells, reason
):
    [made] = repaid(db, *balances, **cells)
    assert made["repayment_error_usd"] is None
    assert reason in made["repayment_missing_reason"]


def test_a_draw_between_hides_a_repayment_over_the_whole_stretch(db):
    made = repaid(db, balance(), balance(500.0, on=JUNE), balance(390.0, on=SEPTEMBER))
    reasons = [each["repayment_missing_reason"] for each in made]
    assert reasons == ["more was drawn in between", "more was drawn in between", None]


@pytest.mark.parametrize(
    "balances",
    [
        [balance(), balance(300.0, on=date(2027, 4, 30))],
        [balance(0.0), balance(0.0, on=JUNE)],
        [balance()],
    ],
    ids=["more than a year apart", "repaid", "one balance"],
)
def test_without_two_balances_of_a_debt_within_a_year_there_is_no_row(db, balances):
    assert repaid(db, *balances) == []


def test_a_loan_that_matured_in_between_was_to_be_repaid_in_full(db):
    [made] = repaid(db, balance(), balance(0.0, on=JUNE), maturity_on=date(2026, 5, 31))
    assert (made["modelled_principal_usd"], made["repayment_error_usd"]) == (0, 0)
    assert made["facility_id"] == LOAN
