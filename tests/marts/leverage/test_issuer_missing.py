"""Which figure of a cloud is not held, and which report would bring it. Every number is made up."""

from datetime import date

from tests.given.filings import (
    BALANCES,
    FLOWS,
    accession,
    build,
    filing,
    flow,
    instant,
    issuer,
    land,
)


def quarter(start, end, filed_on, *names, form="10-Q"):
    flows = [flow(FLOWS[name], start, end, 100.0) for name in names]
    return filing(form, filed_on, *flows, instant(BALANCES["total_debt"], end, 900.0))


def missing(db, metric):
    return db.execute(
        "select period_end_on, form, expected_on, expected_basis, accession, missing_status "
        "from marts.issuer_missing where metric = ? order by period_end_on",
        [metric],
    ).fetchall()


def test_a_report_that_is_known_is_named_and_the_next_one_is_expected(db):
    first = quarter("2026-01-01", "2026-03-31", "2026-05-10", "operating_income")
    second = quarter("2026-04-01", "2026-06-30", "2026-08-19", "revenue")
    land(db, first, second)
    build(db, "issuer_missing")
    june = (date(2026, 6, 30), "10-Q", date(2026, 8, 19), "filed", accession("2026-08-19"))
    september = (date(2026, 9, 30), "10-Q", date(2026, 11, 14), "own_habit", None)
    assert missing(db, "operating_income") == [
        (*june, "filed_not_read"),
        (*september, "to_come"),
    ]
    assert missing(db, "total_debt") == [(*september, "to_come")]


def test_a_year_waits_for_an_annual_report_and_another_clouds_habit_stands_in(db):
    other = "0000000002"
    old = filing("10-K", "2025-02-28", instant(BALANCES["cash"], "2024-12-31", 5.0), cik=other)
    new = quarter("2025-10-01", "2025-12-31", "2026-09-01", "revenue", form="8-K")
    land(db, old, new, issuers=[issuer(), issuer(other)])
    build(db, "issuer_missing")
    rows = db.execute(
        "select period_end_on, form, expected_on, expected_basis, missing_status "
        "from marts.issuer_missing where issuer = 'Acme' and metric = 'cash' "
        "and period_end_on = '2025-12-31'"
    ).fetchall()
    assert rows == [(date(2025, 12, 31), "10-K", date(2026, 2, 28), "common_habit", "not_held")]


def test_a_total_without_its_instruments_names_the_report_whose_note_has_them(db):
    land(db, quarter("2026-01-01", "2026-03-31", "2026-05-10", "operating_income"))
    build(db, "issuer_missing")
    [row] = missing(db, "debt_by_instrument")
    assert row[:3] == (date(2026, 3, 31), "10-Q", date(2026, 5, 10))
    assert row[4:] == (accession("2026-05-10"), "filed_not_read")
