"""One balance a facility and day, whoever asks."""

from datetime import date

from tests.given.credit import balance
from tests.given.credit import land as landed
from tests.given.lives import empty
from tests.given.support import build, rows

LATER = date(2025, 8, 1)


def told(db, *balances):
    empty(db)
    landed(db, balances=balances)
    build(db, "steps.facility_balance")
    return [
        (str(each["balance_on"]), each["principal_usd"], each["source_url"])
        for each in rows(db, "from steps.facility_balance order by balance_on")
    ]


A, B = {"source_url": "https://a.org"}, {"source_url": "https://b.org"}
DAY = "2025-03-31"


def test_the_last_known_of_equally_sure_documents_counts(db):
    restated = balance(principal_usd=410.0, on=LATER, **A)
    assert told(db, balance(**B), restated) == [(DAY, 410.0, "https://a.org")]


def test_a_sure_document_goes_before_a_later_doubtful_one(db):
    doubtful = balance(principal_usd=450.0, on=LATER, confidence="medium", **A)
    assert told(db, balance(**B), doubtful) == [(DAY, 400.0, "https://b.org")]


def test_a_document_that_states_principal_goes_before_one_that_does_not(db):
    carrying = balance(principal_usd=None, carrying_usd=395.0, on=LATER, **A)
    assert told(db, balance(confidence="low", **B), carrying) == [(DAY, 400.0, "https://b.org")]


def test_of_two_equal_ones_the_first_address_counts(db):
    assert told(db, balance(principal_usd=1.0, **B), balance(**A)) == [
        (DAY, 400.0, "https://a.org")
    ]


def test_each_day_has_its_own(db):
    june = balance(balance_on=date(2025, 6, 30), principal_usd=300.0)
    assert [each[:2] for each in told(db, june, balance())] == [
        (DAY, 400.0),
        ("2025-06-30", 300.0),
    ]
