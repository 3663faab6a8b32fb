from datetime import UTC, datetime

import pytest

from tests.given.filings import (
    balance,
    build,
    filing,
    instant,
    land,
    terms,
)

DAY = "2026-03-31"


def totals(principal=None, carrying=None):
    cells = [("DebtInstrumentCarryingAmount", principal), ("LongTermDebt", carrying)]
    return filing("10-Q", "2026-05-08", *(instant(name, DAY, v) for name, v in cells if v))


def stack(db, *columns):
    return db.execute(
        f"select {', '.join(columns)} from marts.issuer_debt_stack order by facility_id"
    ).fetchall()


def two(first, second, **cells):
    return {
        "facilities": [terms("a"), terms("b", collateral_class="unsecured")],
        "balances": [balance("a", DAY, first, **cells), balance("b", DAY, second, **cells)],
    }


STATUS = ("stack_usd", "unexplained_usd", "unexplained_pct", "stack_status")


@pytest.mark.parametrize(
    ("second", "status"),
    [(400e6, "reconciled"), (391e6, "reconciled"), (389e6, "incomplete"), (411e6, "over")],
)
def test_the_stack_is_held_against_the_total_at_one_percent(db, second, status):
    land(db, totals(principal=1_000e6), **two(600e6, second))
    build(db, "issuer_debt_stack")
    total = 600e6 + second
    off = 1_000e6 - total
    assert stack(db, *STATUS) == [(total, off, pytest.approx(off / 1e7), status)] * 2


def test_trap_67_principal_is_never_held_against_carrying_value(db):
    land(db, totals(carrying=24_859e6), **two(20_000e6, 5_149e6))
    build(db, "issuer_debt_stack")
    assert (
        stack(db, "stack_basis", "unexplained_usd", "stack_status")
        == [(None, None, "no_total")] * 2
    )


def test_carrying_values_stand_in_where_no_principal_is_filed(db):
    land(
        db,
        totals(carrying=1_000e6),
        facilities=[terms("a")],
        balances=[balance("a", DAY, None, carrying_usd=1_000e6)],
    )
    build(db, "issuer_debt_stack")
    assert stack(db, "stack_basis", "stack_fraction", "stack_status") == [
        ("carrying", 1.0, "reconciled")
    ]


def test_a_tranche_inside_its_parent_counts_once_and_a_lease_never(db):
    facilities = [
        terms("parent"),
        terms("tranche", parent_facility_id="parent"),
        terms("lease", facility_kind="lease"),
    ]
    balances = [
        balance("parent", DAY, 1_000e6),
        balance("tranche", DAY, 400e6),
        balance("lease", DAY, 50e6),
    ]
    land(db, totals(principal=1_000e6), facilities=facilities, balances=balances)
    build(db, "issuer_debt_stack")
    assert stack(
        db, "facility_id", "is_counted", "stack_fraction", "stack_usd", "stack_status"
    ) == [
        ("lease", False, None, 1_000e6, "reconciled"),
        ("parent", True, 1.0, 1_000e6, "reconciled"),
        ("tranche", False, None, 1_000e6, "reconciled"),
    ]


def test_a_tranche_whose_parent_has_no_balance_counts(db):
    land(
        db,
        totals(principal=400e6),
        facilities=[terms("parent"), terms("tranche", parent_facility_id="parent")],
        balances=[balance("tranche", DAY, 400e6)],
    )
    build(db, "issuer_debt_stack")
    assert stack(db, "is_counted", "stack_status") == [(True, "reconciled")]


def test_the_newest_balance_and_the_newest_terms_are_shown(db):
    later = {"known_at": datetime(2026, 8, 13, tzinfo=UTC), "source_url": "https://example.org/2"}
    later["captured_at"] = later["known_at"]
    land(
        db,
        totals(principal=600e6),
        facilities=[terms("a"), terms("a", facility_name="A, amended", **later)],
        balances=[balance("a", DAY, 500e6), balance("a", DAY, 600e6, **later)],
    )
    build(db, "issuer_debt_stack")
    assert stack(
        db, "facility_name", "principal_usd", "stack_status", "known_at::date::varchar"
    ) == [("A, amended", 600e6, "reconciled", "2026-08-13")]


def test_debt_of_a_borrower_that_files_nothing_is_in_no_stack(db):
    land(
        db,
        totals(principal=600e6),
        facilities=[terms("a", issuer=None, cik=None)],
        balances=[balance("a", DAY, 5)],
    )
    build(db, "issuer_debt_stack")
    assert stack(db, "facility_id") == []


def test_press_after_a_filing_does_not_replace_the_filed_terms(db):
    later = {"known_at": datetime(2026, 8, 13, tzinfo=UTC), "source_url": "https://example.org/2"}
    press = terms("a", facility_name="A, by the press", deal_status="press", **later)
    land(
        db,
        totals(principal=600e6),
        facilities=[terms("a", deal_status="filed"), press],
        balances=[balance("a", DAY, 600e6)],
    )
    build(db, "issuer_debt_stack")
    assert stack(db, "facility_name") == [("a",)]
