"""The market, the lenders and the model side by side, and never averaged."""

from datetime import date

import pytest

from pipeline import warehouse as wh
from pipeline.contracts.credit import FUND_HOLDINGS, MARKET_QUOTES
from tests.given.coverage import COVERAGE, landed, terms
from tests.given.credit import holding
from tests.given.lives import land
from tests.given.support import build, rows, typed


def quote(**cells):
    return {
        "instrument": "notes",
        "borrower": "A Corp",
        "quoted_on": date(2026, 5, 31),
        "quote_grain": "in_month",
        "quote_kind": "price_pct_of_par",
        "quote_value": 93.0,
        "is_issue": False,
        "quote_tier": "press",
    } | cells


def quoted(db, *quotes, holdings=()):
    landed(db, facilities=[terms()])
    wh.append(db, FUND_HOLDINGS, typed(FUND_HOLDINGS, holdings))
    land(db, MARKET_QUOTES, *quotes)
    build(db, *COVERAGE, "marts.lender_mark", "marts.market_quote")
    return rows(db, "from marts.market_quote order by quoted_on")


def test_a_quote_stands_beside_the_marks_and_the_valuation_before_it(db):
    held = [
        holding(period_end_on=date(2026, 3, 31), fair_value_usd=99.0),
        holding("Fund Two", period_end_on=date(2026, 3, 31), fair_value_usd=97.0),
        holding("Fund Three", period_end_on=date(2026, 6, 30), fair_value_usd=50.0),
    ]
    [made] = quoted(db, quote(), holdings=held)
    assert made["quote_value"] == 93.0
    assert made["lender_period_end_on"] == date(2026, 3, 31)
    assert (made["low_lender_fv_to_par_pct"], made["high_lender_fv_to_par_pct"]) == (97.0, 99.0)
    assert made["lender_adviser_count"] == 2
    # 400 owed on machines and the rest worth 425.
    assert made["high_model_ltv_market_pct"] == pytest.approx(100 * 400 / 425)


@pytest.mark.parametrize(
    ("cells", "lender", "model"),
    [
        ({"borrower": "B Corp"}, True, True),
        ({"quoted_on": date(2025, 12, 31)}, True, True),
        ({}, True, False),
    ],
    ids=["another borrower", "before both", "no marks"],
)
def test_what_does_not_stand_beside_says_why(db, cells, lender, model):
    [made] = quoted(db, quote(**cells))
    assert (made["lender_missing_reason"] is not None) == lender
    assert (made["model_missing_reason"] is not None) == model
    assert (made["median_lender_fv_to_par_pct"] is None) == lender
