"""Which filings and periods belong to which business of an issuer."""

from datetime import date

from tests.given.filings import build, issuer, land
from tests.given.support import rows


def stretches(db, *issuers):
    land(db, issuers=issuers)
    build(db, "issuer_perimeter")
    return [
        (each["perimeter"], each["accounting_basis"], each["filed_from_on"], each["period_to_on"])
        for each in rows(db, "from steps.issuer_perimeter order by period_from_on")
    ]


def test_the_last_stretch_has_no_end(db):
    assert stretches(db, issuer()) == [("whole", "us_gaap", date(2009, 1, 1), None)]


def test_trap_52_a_stretch_ends_the_day_before_the_next_begins(db):
    old = issuer(perimeter="with search")
    new = issuer(filed_from_on=date(2024, 10, 18), period_from_on=date(2023, 12, 31))
    assert stretches(db, old, new) == [
        ("with search", "us_gaap", date(2009, 1, 1), date(2023, 12, 30)),
        ("whole", "us_gaap", date(2024, 10, 18), None),
    ]


def test_a_change_of_basis_alone_begins_no_new_company(db):
    later = {"filed_from_on": date(2025, 2, 1), "period_from_on": date(2024, 12, 31)}
    # What was filed on the old basis still counts for the new stretch of the same business.
    assert stretches(db, issuer(accounting_basis="ifrs"), issuer(**later)) == [
        ("whole", "ifrs", date(2009, 1, 1), date(2024, 12, 30)),
        ("whole", "us_gaap", date(2009, 1, 1), None),
    ]


def test_issuers_do_not_end_each_other(db):
    other = issuer("0000000002", period_from_on=date(2024, 1, 1))
    assert [end for *_, end in stretches(db, issuer(), other)] == [None, None]
