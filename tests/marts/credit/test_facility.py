from datetime import UTC, date, datetime

import pytest

from tests.given.credit import balance, built, terms
from tests.given.support import rows

ONE = "from marts.facility where facility_id = 'a-loan'"
LATER = date(2025, 6, 30)


def one(db, **tables):
    built(db, **tables)
    [row] = rows(db, ONE)
    return row


def test_trap_69_the_newest_maturity_stands_and_the_others_stay_visible(db):
    versions = [
        terms(maturity_on=date(2029, 5, 31), maturity_grain="month"),
        terms(maturity_on=date(2030, 8, 31), maturity_grain="month", on=LATER),
    ]
    row = one(db, terms=versions)
    assert row["maturity_on"] == date(2030, 8, 31)
    assert (row["maturity_low_on"], row["maturity_high_on"]) == (
        date(2029, 5, 31),
        date(2030, 8, 31),
    )
    assert (row["maturity_count"], row["maturities"]) == (2, "2029-05-31, 2030-08-31")
    assert row["version_count"] == 2
    assert row["first_known_at"] == datetime(2025, 2, 1, tzinfo=UTC)
    assert row["known_at"] == datetime(2025, 7, 1, tzinfo=UTC)


def test_trap_70_a_filing_outranks_a_later_press_report(db):
    press = terms(commitment_usd=990.0, deal_status="press", is_disputed=True, on=LATER)
    row = one(db, terms=[terms(), press])
    assert (row["commitment_usd"], row["deal_status"]) == (1000.0, "filed")
    assert row["is_disputed"]
    assert row["version_count"] == 2


@pytest.mark.parametrize(
    ("changes", "is_counted"),
    [
        ({}, True),
        ({"deal_status": "press"}, True),
        ({"deal_status": "rumored"}, False),
        ({"deal_status": "not_executed"}, False),
        ({"parent_facility_id": "b-package"}, False),
    ],
)
def test_trap_71_what_is_rumoured_retired_or_held_by_another_does_not_count(
    db, changes, is_counted
):
    assert one(db, terms=[terms(**changes)])["is_counted"] == is_counted


def test_a_deal_that_was_announced_and_never_executed_is_over(db):
    versions = [terms(deal_status="announced"), terms(deal_status="not_executed", on=LATER)]
    row = one(db, terms=versions)
    assert (row["deal_status"], row["is_counted"]) == ("not_executed", False)


def test_the_latest_balance_is_beside_the_commitment(db):
    older = balance(balance_on=date(2024, 12, 31), principal_usd=900.0, on=date(2025, 5, 1))
    row = one(db, terms=[terms()], balances=[older, balance(undrawn_usd=600.0)])
    assert (row["balance_on"], row["principal_usd"]) == (date(2025, 3, 31), 400.0)
    assert (row["drawn_pct"], row["undrawn_usd"]) == (40.0, 600.0)


def test_a_restated_balance_of_one_day_counts_as_last_known(db):
    restated = balance(principal_usd=410.0, on=date(2025, 8, 1))
    assert one(db, terms=[terms()], balances=[balance(), restated])["principal_usd"] == 410.0


def test_a_balance_without_principal_is_no_balance(db):
    only_carrying = balance(balance_on=LATER, principal_usd=None, carrying_usd=395.0)
    row = one(db, terms=[terms()], balances=[balance(), only_carrying])
    assert row["principal_usd"] == 400.0


def test_no_balance_is_unknown_and_not_zero(db):
    row = one(db, terms=[terms(commitment_usd=None)])
    assert (row["principal_usd"], row["drawn_pct"], row["balance_on"]) == (None, None, None)


def test_a_redacted_term_is_null_and_named(db):
    row = one(db, terms=[terms(redacted_terms="advance_rate_pct", advance_rate_pct=None)])
    assert (row["advance_rate_pct"], row["redacted_terms"]) == (None, "advance_rate_pct")


@pytest.mark.parametrize(
    ("changes", "counted_from_on"),
    [
        ({}, date(2025, 1, 15)),
        ({"closed_on": None, "announced_on": date(2025, 1, 3)}, date(2025, 1, 3)),
        # Nothing but a balance tells since when.
        ({"closed_on": None, "on": LATER}, date(2025, 3, 31)),
        # What is owed exists before the day a document gives.
        ({"closed_on": date(2025, 4, 1)}, date(2025, 3, 31)),
    ],
)
def test_a_facility_counts_from_its_closing_or_the_first_sign_of_it(db, changes, counted_from_on):
    row = one(db, terms=[terms(**changes)], balances=[balance()])
    assert row["counted_from_on"] == counted_from_on


def test_an_empty_balance_is_no_sign_of_a_debt(db):
    version = terms(closed_on=None, on=LATER)
    row = one(db, terms=[version], balances=[balance(principal_usd=0.0)])
    assert row["counted_from_on"] == date(2025, 7, 1)


def test_a_loan_half_repaid_is_drawn_whole(db):
    # CoreWeave's first loan is being repaid: 40 % of it is owed and all of it was drawn.
    owed = balance(balance_on=date(2024, 12, 31), principal_usd=1_000.0, on=date(2025, 2, 1))
    row = one(db, terms=[terms()], balances=[owed, balance()])
    assert (row["drawn_pct"], row["outstanding_pct"]) == (100.0, 40.0)


def test_a_revolver_repaid_can_be_drawn_again(db):
    owed = balance(balance_on=date(2024, 12, 31), principal_usd=900.0, on=date(2025, 2, 1))
    row = one(db, terms=[terms(facility_kind="revolver")], balances=[owed, balance()])
    assert (row["drawn_pct"], row["outstanding_pct"]) == (40.0, 40.0)


def test_how_much_of_a_loan_first_seen_in_repayment_was_drawn_is_unknown(db):
    row = one(db, terms=[terms(amortisation_from_on=date(2025, 1, 1))], balances=[balance()])
    assert (row["drawn_pct"], row["outstanding_pct"]) == (None, 40.0)
