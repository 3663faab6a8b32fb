from datetime import date

import pytest

from tests.given.credit import built, holding, terms
from tests.given.support import rows


def dispersion(db, *holdings, **version):
    built(db, terms=[terms(**version)], holdings=holdings)
    [row] = rows(db, "from marts.lender_mark_dispersion")
    return row


def test_trap_76_affiliated_funds_are_one_opinion(db):
    # One adviser: 100 at 98 and 300 at 102, 101 by par. The other two: 99 and 104.
    house = [
        holding("House I", adviser="House", fair_value_usd=98.0),
        holding("House II", adviser="House", par_usd=300.0, fair_value_usd=306.0),
    ]
    others = [holding("B"), holding("C", fair_value_usd=104.0)]
    row = dispersion(db, *house, *others)
    assert (row["adviser_count"], row["fund_count"], row["holding_count"]) == (3, 4, 4)
    assert row["low_fv_to_par_pct"] == 99.0
    assert row["median_fv_to_par_pct"] == 101.0
    assert row["high_fv_to_par_pct"] == 104.0
    assert row["fv_to_par_spread_pct"] == 5.0
    assert (row["low_adviser"], row["high_adviser"]) == ("B", "C")
    assert row["marked_par_usd"] == 600.0


def test_trap_75_undrawn_commitments_are_counted_and_not_averaged(db):
    undrawn = holding("B", par_usd=4.0, fair_value_usd=2.56, unfunded_usd=96.0,
                      par_basis="mostly_unfunded")  # fmt: skip
    nothing = holding("C", par_usd=0.0, fair_value_usd=0.0, unfunded_usd=9.0, par_basis="unfunded")
    row = dispersion(db, holding(), undrawn, nothing)
    assert (row["adviser_count"], row["mostly_unfunded_count"], row["unfunded_count"]) == (1, 1, 1)
    assert (row["low_fv_to_par_pct"], row["high_fv_to_par_pct"]) == (99.0, 99.0)
    assert (row["fund_count"], row["marked_holding_count"]) == (3, 1)


def test_only_undrawn_commitments_are_no_mark_at_all(db):
    undrawn = holding(par_usd=4.0, fair_value_usd=2.56, par_basis="mostly_unfunded")
    row = dispersion(db, undrawn)
    assert (row["adviser_count"], row["median_fv_to_par_pct"]) == (0, None)


def test_trap_69_maturities_that_differ_are_listed_and_flagged(db):
    holders = [holding(), holding("B", maturity_on=date(2029, 5, 22)), holding("C")]
    row = dispersion(db, *holders)
    assert (row["maturity_count"], row["maturities"]) == (2, "2029-05-22, 2030-03-31")
    assert row["is_maturity_conflict"]


@pytest.mark.parametrize(
    ("matures_on", "is_conflict"),
    [(None, False), (date(2030, 3, 31), False), (date(2030, 6, 30), False),
     (date(2029, 12, 31), True)],
)  # fmt: skip
def test_a_draw_may_end_before_the_facility_but_not_after(db, matures_on, is_conflict):
    row = dispersion(db, holding(), maturity_on=matures_on)
    assert row["is_maturity_conflict"] == is_conflict


def test_loans_on_non_accrual_are_counted(db):
    row = dispersion(db, holding(is_non_accrual=True), holding("B"))
    assert row["non_accrual_count"] == 1
