"""Lending as it was known: an amendment shows from the moment it was filed, and so does a mark."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.given.credit import MARTS, balance, built, holding, small_market, terms
from tests.given.support import rewindable, rows

FILED = datetime(2025, 7, 1, tzinfo=UTC)  # the end of 30 June


def rewind(db, moment):
    db.execute(f"set variable as_of = timestamptz '{moment.isoformat()}'")


@pytest.fixture
def amended(db):
    versions = [
        terms(maturity_on=date(2029, 5, 31)),
        terms(maturity_on=date(2030, 8, 31), on=date(2025, 6, 30)),
        terms("b-new", closed_on=date(2025, 6, 20), on=date(2025, 6, 30)),
    ]
    built(db, terms=versions, balances=[balance(on=date(2025, 5, 8))], holdings=[holding()])
    rewindable(db, *MARTS)
    return db


def test_an_amendment_shows_from_the_moment_it_was_filed(amended):
    query = "select maturity_on, maturity_count from vintage.facility where facility_id = 'a-loan'"
    rewind(amended, FILED - timedelta(microseconds=1))
    assert amended.execute(query).fetchall() == [(date(2029, 5, 31), 1)]
    rewind(amended, FILED)
    assert amended.execute(query).fetchall() == [(date(2030, 8, 31), 2)]


def test_a_facility_nobody_knew_of_is_absent(amended):
    query = "select count(*) from vintage.facility where facility_id = 'b-new'"
    rewind(amended, FILED - timedelta(microseconds=1))
    assert amended.execute(query).fetchall() == [(0,)]
    rewind(amended, FILED)
    assert amended.execute(query).fetchall() == [(1,)]


def test_a_balance_is_unknown_until_it_is_filed(amended):
    query = (
        "select filed_drawn_usd from vintage.gpu_debt_market_total "
        "where period_end_on = '2025-03-31'"
    )
    rewind(amended, datetime(2025, 5, 9, tzinfo=UTC))
    assert amended.execute(query).fetchall() == [(400.0,)]
    rewind(amended, datetime(2025, 5, 8, 23, tzinfo=UTC))
    assert amended.execute(query).fetchall() == []  # the newest fact is of January


def test_no_month_or_report_lies_after_the_moment(amended):
    for moment in (datetime(2025, 2, 15, tzinfo=UTC), datetime(2025, 5, 20, tzinfo=UTC), FILED):
        rewind(amended, moment)
        for mart in ("gpu_debt_market", "lender_mark", "lender_exposure"):
            [last] = rows(amended, f"select max(period_end_on) as on_day from vintage.{mart}")
            assert last["on_day"] is None or last["on_day"] <= moment.date()


def test_without_the_variable_the_vintage_is_the_mart(db):
    built(db, **small_market())
    rewindable(db, *MARTS)
    # Nobody stands behind anybody.
    empty = {"marts.backstop"}
    for table in MARTS:
        now = rows(db, f"from {table} order by all")
        assert bool(now) == (table not in empty), table
        assert rows(db, f"from vintage.{table.partition('.')[2]} order by all") == now


def test_before_the_first_fact_there_is_nothing(db):
    built(db, **small_market())
    rewindable(db, *MARTS)
    rewind(db, datetime(2025, 1, 1, tzinfo=UTC))
    for table in MARTS:
        assert rows(db, f"from vintage.{table.partition('.')[2]}") == []
