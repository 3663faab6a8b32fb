"""Debt then and now, in money of today; unlike counts stay apart."""

from datetime import date

import pytest

from pipeline.contracts.thesis import CONSUMER_PRICES, DEBT_TALLIES
from tests.given.support import build, rows
from tests.given.thesis import put, stand_in

QUARTERS = "issuer metric period_end_on value_usd known_at source_url is_preferred_basis"
BALANCES = f"{QUARTERS} is_balance is_event_dated"


def month(day, level):
    return {"price_index_series": "X", "period_end_on": day, "price_index_level": level}


def tally(start, end, amount, **cells):
    row = {"series_name": "then", "scope": "telecom", "tally_measure": "gross_issuance"}
    row |= {"period_start_on": start, "period_end_on": end, "amount": amount, "unit": "USD"}
    return row | {"amount_qualifier": "equal"} | cells


def issuance(db, tallies=(), prices=(), quarters=(), balances=()):
    put(db, DEBT_TALLIES, tallies)
    put(db, CONSUMER_PRICES, prices)
    stand_in(db, "marts.issuer_quarter", QUARTERS, quarters)
    stand_in(db, "marts.issuer_figure", BALANCES, balances)
    build(db, "marts.tech_debt_issuance")
    return rows(db, "from marts.tech_debt_issuance order by period_end_on")


PRICES = [month(date(1999, 1, 31), 100.0), month(date(2000, 12, 31), 120.0),
          month(date(2026, 4, 30), 220.0)]  # fmt: skip


def test_old_dollars_are_made_new_ones_by_the_mean_of_the_period(db):
    [row] = issuance(db, [tally(date(1999, 1, 1), date(2000, 12, 31), 50.0)], PRICES)
    assert row["today_usd"] == pytest.approx(50.0 * 220 / 110)
    assert row["today_usd_per_year"] == pytest.approx(50.0, rel=0.01)
    assert row["today_on"] == date(2026, 4, 30)


def test_a_stock_has_no_yearly_amount_and_other_money_none_of_today(db):
    stock = tally(None, date(2000, 12, 31), 60.0, tally_measure="outstanding")
    euros = tally(date(2000, 1, 1), date(2000, 12, 31), 9.0, unit="EUR")
    found = {row["unit"]: row for row in issuance(db, [stock, euros], PRICES)}
    assert found["USD"]["today_usd"] == pytest.approx(110.0)
    assert found["USD"]["today_usd_per_year"] is None
    assert found["EUR"]["today_usd"] is None


def test_a_year_counts_issuers_with_four_quarters_of_it(db):
    ends = [date(2025, 3, 31), date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31)]
    quarters = [
        {"issuer": name, "metric": metric, "period_end_on": end, "value_usd": usd,
         "is_preferred_basis": True}
        for name, until in (("A", 4), ("B", 3))
        for metric, usd in (("debt_proceeds", 5.0), ("revenue", 50.0))
        for end in ends[:until]
    ]  # fmt: skip
    [row] = issuance(db, quarters=quarters)
    assert (row["amount"], row["issuer_count"], row["amount_to_revenue_pct"]) == (20.0, 1, 10.0)
