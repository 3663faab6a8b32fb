from datetime import date

import pytest

from pipeline.build import model
from tests.given.credit import balance, built, debt_market, terms
from tests.given.support import rows

MARCH, JUNE = date(2025, 3, 31), date(2025, 6, 30)


def cell(db, on=MARCH, borrower="all", collateral="all"):
    return debt_market(db, on, borrower, collateral)


def known_until(day):
    """A fact that is public so late, and no part of the market: months end with the newest fact."""
    return terms("z-rumour", borrower="Z", deal_status="rumored", on=day)


def test_trap_66_commitment_and_drawn_are_apart_and_kinds_of_evidence_too(db):
    facilities = [
        terms(),
        terms("b-announced", deal_status="announced", borrower="B", commitment_usd=200.0),
        terms("c-press", deal_status="press", borrower="C", commitment_usd=30.0),
    ]
    built(db, terms=[*facilities, known_until(JUNE)], balances=[balance()])
    row = cell(db)
    assert (row["filed_drawn_usd"], row["filed_committed_usd"]) == (400.0, 1000.0)
    assert (row["announced_committed_usd"], row["press_estimate_usd"]) == (200.0, 30.0)
    assert (row["announced_drawn_usd"], row["press_drawn_usd"]) == (None, None)
    counts = ["facility", "filed_facility", "announced_facility", "press_facility", "borrower"]
    assert [row[f"{each}_count"] for each in counts] == [3, 1, 1, 1, 3]
    assert row["facilities_without_balance_count"] == 2


def test_an_unknown_balance_is_no_zero(db):
    built(db, terms=[terms(), known_until(JUNE)], balances=[balance(balance_on=JUNE)])
    march, june = cell(db), cell(db, JUNE)
    assert (march["filed_drawn_usd"], march["facilities_without_balance_count"]) == (None, 1)
    assert (june["filed_drawn_usd"], june["facilities_without_balance_count"]) == (400.0, 0)


def test_a_balance_is_carried_and_its_age_is_told(db):
    built(db, terms=[terms(), known_until(date(2025, 12, 31))], balances=[balance()])
    row = cell(db, date(2025, 12, 31))
    assert (row["filed_drawn_usd"], row["oldest_balance_on"]) == (400.0, MARCH)


def test_a_row_is_of_one_day_and_balances_of_others_stand_apart(db):
    # 700 of June, 50 of March, 20 of a day in July: most of the debt is June's.
    facilities = [terms(name) for name in ("a", "b", "c", "d")] + [known_until(date(2025, 9, 30))]
    owed = [
        balance("a", principal_usd=400.0, balance_on=JUNE),
        balance("b", principal_usd=300.0, balance_on=JUNE),
        balance("c", principal_usd=50.0),
        balance("d", principal_usd=20.0, balance_on=date(2025, 7, 10)),
    ]
    built(db, terms=facilities, balances=owed)
    row = cell(db, date(2025, 8, 31), borrower="A Corp")
    assert (row["filed_drawn_usd"], row["balance_on"]) == (700.0, JUNE)
    assert (row["other_day_drawn_usd"], row["facilities_of_other_day_count"]) == (70.0, 2)
    assert row["oldest_balance_on"] == MARCH


def test_each_borrower_counts_in_all_at_its_own_day(db):
    facilities = [terms(), terms("b-loan", borrower="B"), known_until(date(2025, 9, 30))]
    built(db, terms=facilities, balances=[balance(), balance("b-loan", balance_on=JUNE)])
    row = cell(db, JUNE)
    assert (row["filed_drawn_usd"], row["other_day_drawn_usd"]) == (800.0, None)
    assert (row["balance_on"], row["oldest_balance_on"]) == (JUNE, MARCH)


def test_trap_71_a_package_and_what_is_in_it_count_once(db):
    facilities = [
        terms("b-package", commitment_usd=3000.0),
        terms("b-tranche", parent_facility_id="b-package"),
        terms("c-rumour", deal_status="rumored"),
        terms("d-dropped", deal_status="not_executed"),
    ]
    built(db, terms=[*facilities, known_until(JUNE)])
    assert (cell(db)["facility_count"], cell(db)["filed_committed_usd"]) == (1, 3000.0)


def test_classes_and_borrowers_add_up_to_all(db):
    facilities = [
        terms(),
        terms("b-campus", borrower="B", collateral_class="operator_campus", commitment_usd=70.0),
        terms("a-notes", collateral_class="unsecured", commitment_usd=5.0),
    ]
    built(db, terms=[*facilities, known_until(JUNE)])
    assert cell(db, collateral="gpu")["filed_committed_usd"] == 1000.0
    assert cell(db, collateral="all_secured")["filed_committed_usd"] == 1070.0
    assert cell(db, collateral="all")["filed_committed_usd"] == 1075.0
    assert cell(db, borrower="A Corp")["filed_committed_usd"] == 1005.0
    assert cell(db, borrower="B", collateral="gpu") is None


def test_a_facility_counts_from_its_closing_until_it_matures(db):
    short = terms(closed_on=date(2025, 2, 10), maturity_on=date(2025, 6, 30), on=date(2025, 4, 3))
    built(db, terms=[short, known_until(date(2025, 9, 30))])
    months = [str(r["period_end_on"]) for r in rows(db, "from marts.gpu_debt_market")]
    assert sorted(set(months)) == ["2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31"]


def test_a_deal_only_announced_counts_from_that_day(db):
    deal = terms(deal_status="press", closed_on=None, announced_on=date(2025, 3, 3))
    built(db, terms=[deal, known_until(JUNE)])
    assert cell(db, date(2025, 2, 28)) is None
    assert cell(db)["press_facility_count"] == 1


def test_a_repaid_loan_leaves_and_an_undrawn_one_stays(db):
    repaid = [balance(), balance(balance_on=JUNE, principal_usd=0.0)]
    undrawn = [balance("b-loan", principal_usd=0.0), balance("b-loan", balance_on=JUNE,
               principal_usd=0.0)]  # fmt: skip
    line = [
        balance("c-line"),
        balance("c-line", balance_on=JUNE, principal_usd=0.0),
    ]
    facilities = [terms(), terms("b-loan"), terms("c-line", facility_kind="revolver")]
    built(db, terms=[*facilities, known_until(JUNE)], balances=repaid + undrawn + line)
    assert cell(db)["facility_count"] == 3
    assert cell(db, JUNE)["facility_count"] == 2
    assert cell(db, JUNE)["filed_drawn_usd"] == 0.0


def test_an_upsizing_counts_from_the_month_it_was_known(db):
    larger = terms(commitment_usd=1500.0, on=date(2025, 5, 20))
    built(db, terms=[terms(), larger, known_until(JUNE)])
    amounts = [cell(db, on)["filed_committed_usd"] for on in (MARCH, date(2025, 5, 31))]
    assert amounts == [1000.0, 1500.0]
    # Before the first version was public the facility had closed all the same.
    assert cell(db, date(2025, 1, 31))["filed_committed_usd"] == 1000.0


def test_trap_70_a_press_figure_never_stands_in_for_the_filed_one(db):
    press = terms(deal_status="press", commitment_usd=990.0)
    built(db, terms=[press, terms(on=date(2025, 5, 20)), known_until(JUNE)])
    # In March only the press had told; today it is known what was filed of that day.
    assert (cell(db)["filed_committed_usd"], cell(db)["press_estimate_usd"]) == (1000.0, None)


@pytest.mark.parametrize(
    ("on", "last_month"),
    [(date(2025, 3, 20), date(2025, 2, 28)), (date(2025, 3, 30), MARCH)],
)
def test_months_end_with_the_newest_fact(db, on, last_month):
    built(db, terms=[terms(on=on)])
    [last] = rows(db, "select max(period_end_on) as last_on from marts.gpu_debt_market")
    assert last["last_on"] == last_month


@pytest.mark.parametrize("factor", [1, 1000])
def test_the_anchor_of_june_2025_tells_a_lost_scale(db, factor):
    [check] = [each for each in model.checks() if each.promise == "coreweave_of_june_2025"]
    facility = terms("crwv-x", borrower="CoreWeave, Inc.", commitment_usd=None)
    stated = balance("crwv-x", balance_on=JUNE, principal_usd=11_171_485_000.0 / factor)
    built(db, terms=[facility, known_until(JUNE)], balances=[stated])
    assert bool(rows(db, check.query)) == (factor == 1000)
