from datetime import date

import pytest

from tests.given.credit import built, holding, terms
from tests.given.support import rows

JUNE = date(2025, 6, 30)


def marks(db, *holdings):
    built(db, terms=[terms()], holdings=holdings)
    return rows(db, "from marts.lender_mark order by period_end_on, fund, holding_id")


def test_value_stands_over_par_and_over_cost(db):
    [row] = marks(db, holding())
    assert row["fv_to_par_pct"] == 99.0
    assert row["fv_to_cost_pct"] == pytest.approx(100 * 99 / 98)
    assert (row["par_basis"], row["mark_note"]) == ("funded", None)


def test_trap_75_netted_fees_are_no_markdown(db):
    # Fees on a commitment of 100 netted against 4 drawn: 64 % of par, 100 % of cost.
    line = holding(par_usd=4.0, cost_usd=2.56, fair_value_usd=2.56, unfunded_usd=96.0,
                   par_basis="mostly_unfunded")  # fmt: skip
    [row] = marks(db, line)
    assert row["fv_to_par_pct"] == pytest.approx(64.0)
    assert row["fv_to_cost_pct"] == 100.0
    assert row["mark_note"] == "fees netted on an undrawn commitment; not a markdown"


def test_nothing_drawn_has_no_mark(db):
    line = holding(par_usd=0.0, cost_usd=None, fair_value_usd=0.0, unfunded_usd=96.0,
                   par_basis="unfunded")  # fmt: skip
    [row] = marks(db, line)
    assert (row["fv_to_par_pct"], row["fv_to_cost_pct"]) == (None, None)


def test_trap_77_a_filing_read_by_two_sources_counts_once(db):
    registry = holding(source="sec_bdc", holding_id="soi-7", fair_value_usd=98.9)
    [row] = marks(db, holding(), registry)
    assert (row["source"], row["fair_value_usd"]) == ("sec_bdc", 98.9)


def test_trap_77_an_amendment_replaces_the_report(db):
    amended = holding(accession="0000000001-25-000009", fair_value_usd=97.0, on=date(2025, 8, 1))
    second_lot = holding(holding_id="2")
    [row] = marks(db, holding(), second_lot, amended)
    assert (row["accession"], row["fair_value_usd"]) == ("0000000001-25-000009", 97.0)


def test_series_of_one_registrant_do_not_replace_each_other(db):
    series = [
        holding(name, fund_cik="0000000009", vehicle="mutual_fund", accession=f"{n:010}-25-000001")
        for n, name in enumerate(["Bond Series", "Income Series"])
    ]
    assert len(marks(db, *series)) == 2


def test_the_change_is_in_points_of_par_since_the_funds_last_report(db):
    later = {"period_end_on": JUNE, "on": date(2025, 8, 14), "accession": "0000000001-25-000002"}
    rows_ = marks(db, holding(), holding(fair_value_usd=96.5, **later))
    assert [row["fv_to_par_change_pct"] for row in rows_] == [None, -2.5]
    assert rows_[1]["previous_period_end_on"] == date(2025, 3, 31)


def test_lots_are_compared_with_lots_and_not_with_each_other(db):
    later = {"period_end_on": JUNE, "on": date(2025, 8, 14), "accession": "0000000001-25-000002"}
    lots = [holding(), holding(holding_id="2", par_usd=300.0, fair_value_usd=309.0)]
    # 408 of 400 before, 404 of 400 then.
    after = holding(par_usd=400.0, fair_value_usd=404.0, **later)
    found = marks(db, *lots, after)
    assert [row["fv_to_par_change_pct"] for row in found] == [None, None, -1.0]


def test_a_fund_that_sold_and_another_that_bought_have_no_change(db):
    later = {"period_end_on": JUNE, "on": date(2025, 8, 14), "accession": "0000000001-25-000002"}
    found = marks(db, holding(), holding("Fund Two", **later))
    assert [row["fv_to_par_change_pct"] for row in found] == [None, None]


def test_trap_78_what_no_rule_matches_stays_visible(db):
    stray = holding(borrower=None, facility_id=None, match_score=None, match_reason="unmatched")
    [row] = marks(db, stray)
    assert (row["facility_id"], row["match_reason"]) == (None, "unmatched")
