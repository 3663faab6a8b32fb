"""Interest and repayment of a facility, worked out by hand: 400 owed on 2026-03-31, SOFR 4 %."""

from datetime import UTC, date, datetime

import pytest

from tests.given.coverage import DAY, balance, landed, sofr, stand_in, terms
from tests.given.support import build, rows

STEPS = ("steps.facility_rate", "steps.facility_schedule", "steps.assumed_term")


def world(db, **given):
    landed(db, **given)
    build(db, *STEPS)


def rate(db, **cells):
    world(db, facilities=[terms(**cells)])
    [row] = rows(db, "from steps.facility_rate")
    return row


def left(db, **cells):
    world(db, facilities=[terms(**cells)])
    return [each["principal_left_usd"] for each in rows(db, "from steps.facility_schedule")]


@pytest.mark.parametrize(
    ("cells", "percent", "unhedged"),
    [({}, 8.0, 1.0), ({"spread_bps": None, "fixed_rate_pct": 9.0}, 9.0, 0.0)],
)
def test_floating_debt_pays_sofr_and_spread_and_fixed_debt_its_coupon(db, cells, percent, unhedged):
    made = rate(db, **cells)
    assert (made["interest_rate_pct"], made["unhedged_fraction"]) == (percent, unhedged)


@pytest.mark.parametrize(("floor", "percent"), [(5.0, 9.0), (3.0, 8.0)])
def test_the_floor_stands_in_for_a_lower_benchmark(db, floor, percent):
    assert rate(db, benchmark_floor_pct=floor)["interest_rate_pct"] == percent


def test_a_move_of_sofr_does_not_reach_what_is_hedged(db):
    assert rate(db, hedged_min_pct=75.0)["unhedged_fraction"] == 0.25


def test_tranches_say_which_part_is_fixed(db):
    inside = {"parent_facility_id": "a-loan"}
    world(
        db,
        facilities=[
            terms(fixed_rate_pct=10.0),
            terms("fixed", benchmark="fixed", commitment_usd=250.0, **inside),
            terms("floating", commitment_usd=750.0, **inside),
        ],
    )
    [row] = rows(db, "from steps.facility_rate where facility_id = 'a-loan'")
    assert (row["fixed_fraction"], row["interest_rate_pct"]) == (0.25, 0.25 * 10 + 0.75 * 8)


def test_a_rate_that_is_unknown_says_why(db):
    facilities = [terms(), terms("no-rate", spread_bps=None)]
    balances = [balance(), balance(facility_id="no-rate")]
    world(db, facilities=facilities, balances=balances, rates=[sofr(on=date(2026, 3, 20))])
    made = rows(db, "from steps.facility_rate order by facility_id")
    assert [(each["interest_rate_pct"], each["rate_missing_reason"]) for each in made] == [
        (None, "no SOFR for the day"),
        (None, "no interest rate filed"),
    ]


def test_a_facility_without_a_balance_has_a_rate_without_a_day(db):
    world(db, balances=[])
    [row] = rows(db, "from steps.facility_rate")
    assert (row["balance_on"], row["fixed_fraction"], row["interest_rate_pct"]) == (None, 0.0, None)


def test_a_level_loan_is_repaid_in_equal_parts_until_maturity(db):
    # Sixty months to 2031-03-31: a twentieth a quarter.
    made = left(db)
    assert made[:3] + made[19:22] == pytest.approx([400, 380, 360, 20, 0, 0])


def test_nothing_is_repaid_before_the_first_repayment(db):
    # Twelve months of grace leave forty-eight: 25 a quarter after the fourth.
    grace = left(db, amortisation_from_on=date(2027, 3, 31))
    assert grace[:7] == pytest.approx([400, 400, 400, 400, 400, 375, 350])


@pytest.mark.parametrize(
    ("maturity_on", "after_two_quarters"), [(date(2026, 9, 30), 0), (date(2026, 10, 1), 400)]
)
def test_a_bullet_is_repaid_on_its_day_and_not_before(db, maturity_on, after_two_quarters):
    made = left(db, amortisation="bullet", maturity_on=maturity_on)
    assert made[:4] == [400, 400, after_two_quarters, 0]


def test_balances_that_fell_say_how_the_loan_is_repaid(db):
    # 100 in the 365 days before: 400 goes on at that pace, and what is left falls due at maturity.
    fell = [balance(500.0, on=date(2025, 3, 31)), balance()]
    world(db, facilities=[terms(maturity_on=date(2027, 3, 31))], balances=fell)
    made = rows(
        db,
        f"from steps.facility_schedule where balance_on = '{DAY}' order by quarter_number limit 5",
    )
    pace = 100 / (365 / 91.3125)
    owed = [each["principal_left_usd"] for each in made]
    assert owed == pytest.approx([400 - pace * each for each in range(4)] + [0])
    assert {each["schedule_basis"] for each in made} == {"as_balances_fell"}
    assert made[0]["fell_from_on"] == date(2025, 3, 31)


@pytest.mark.parametrize(
    ("before", "cells", "basis"),
    [
        (500.0, {}, "as_balances_fell"),
        (300.0, {}, "level"),
        (400.0, {}, "level"),
        (500.0, {"amortisation": "bullet"}, "bullet"),
        (500.0, {"facility_kind": "revolver"}, "bullet"),
        (500.0, {"maturity_on": None}, None),
    ],
    ids=str,
)
def test_only_a_fall_of_a_loan_that_amortises_is_a_schedule(db, before, cells, basis):
    world(
        db,
        facilities=[terms(**cells)],
        balances=[balance(before, on=date(2025, 12, 31)), balance()],
    )
    [made] = rows(db, f"from steps.facility_schedule where balance_on = '{DAY}' limit 1")
    assert made["schedule_basis"] == basis


def test_past_its_maturity_a_facility_owes_what_was_filed_and_no_longer(db):
    assert left(db, maturity_on=date(2026, 1, 31), closed_on=date(2025, 1, 1))[:2] == [400, 0]


def test_without_a_maturity_what_is_left_is_unknown(db):
    assert left(db, maturity_on=None)[:2] == [None, None]


def test_quarters_end_with_months_where_the_balance_day_does(db):
    world(db)
    ends = [each["period_end_on"] for each in rows(db, "from steps.facility_schedule limit 3")]
    assert ends == [DAY, date(2026, 6, 30), date(2026, 9, 30)]


def test_what_stands_in_for_a_term_is_what_was_last_known(db):
    later = {"known_at": datetime(2026, 1, 1, tzinfo=UTC)}
    world(db, assumed=[stand_in("funded_usd", 1.0), stand_in("funded_usd", 2.0, **later)])
    assert [each["base_value"] for each in rows(db, "from steps.assumed_term")] == [2.0]
