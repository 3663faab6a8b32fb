"""The three clocks on inputs small enough for a calculator."""

from datetime import date
from math import log

import pytest

from pipeline.contracts.depreciation import COST_INPUTS, HARDWARE_PRICES
from tests.given.lives import H100, RATED_ON, cost, empty, land, new, put, rate, sold
from tests.given.support import build, refer, rows

END = RATED_ON
INPUTS = [
    cost("facility-cash-cost", 1.0, 0.5, 2.0),
    cost("overhead-share", 20.0),
    cost("realisation", 50.0, 40.0, 60.0),
    cost("utilisation", 75.0),
    cost("incremental-borrowing-rate", 0.0),
]


def rent(price, **cells):
    return {
        "accelerator": H100,
        "tier": "neocloud",
        "market": "on_demand",
        "term_months": 0,
        "period_end_on": END,
        "age_years": 8.0,
        "rent_usd_per_gpu_hour": price,
    } | cells


FALL = rate("pooled_through_cycle", -50.0, -60.0, -40.0)
BOOK = rate("book", -20.0, -25.0, -100 / 6)


def values(db, *, rents=None, rates=(FALL, BOOK), inputs=INPUTS, prices=()):
    """Every row by clock and age."""
    empty(db)
    refer(db)
    db.execute("update staging.accelerators set available_on = date '2023-06-30'")
    land(db, COST_INPUTS, *inputs)
    land(db, HARDWARE_PRICES, new(30_000.0, date(2023, 6, 30)), *prices)
    put(db, "marts.rent_cohort", *(rents or [rent(4.0)]))
    put(db, "marts.depreciation_rate", *rates)
    build(db, "marts.residual_value")
    made = rows(db, f"from marts.residual_value where accelerator = '{H100}'")
    return {(each["clock"], each["age_years"]): each for each in made}


# 4.00 x 50 % realised x 80 % after overhead = 1.60 an hour kept, 0.7 kW x 1.00 = 0.70 spent.
# Halving every year, 1.60 meets 0.70 after log2(1.6 / 0.7) = 1.19 years.
YEARS = log(1.6 / 0.7) / log(2)
SECOND = YEARS - 1
WORTH = 8766 * (1.6 * 0.5**0.5 - 0.7 + SECOND * (1.6 * 0.5 ** (1 + SECOND / 2) - 0.7))


def test_income_is_net_rent_until_it_meets_cash_cost(db):
    made = values(db)["income_market", 2.0]
    assert made["publication_status"] == "published"
    assert made["economic_years_left"] == pytest.approx(YEARS)
    assert made["value_usd_per_gpu"] == pytest.approx(WORTH)
    assert made["value_pct_of_cost"] == pytest.approx(100 * WORTH / 30_000)
    assert made["earned_usd_per_gpu"] - made["spent_usd_per_gpu"] == pytest.approx(WORTH)
    assert made["rent_kept_usd_per_gpu_year"] == pytest.approx(8766 * 1.6)
    assert made["cash_cost_usd_per_gpu_year"] == pytest.approx(8766 * 0.7)
    low, high = made["low_value_usd_per_gpu"], made["high_value_usd_per_gpu"]
    assert 0 <= low < WORTH < high


def test_the_income_clock_discounts(db):
    inputs = [*INPUTS[:4], cost("incremental-borrowing-rate", 10.0)]
    made = values(db, inputs=inputs)["income_market", 2.0]
    first = (1.6 * 0.5**0.5 - 0.7) / 1.1**0.5
    second = SECOND * (1.6 * 0.5 ** (1 + SECOND / 2) - 0.7) / 1.1 ** (1 + SECOND / 2)
    assert made["value_usd_per_gpu"] == pytest.approx(8766 * (first + second))


def test_a_rent_under_cash_cost_is_worth_nothing(db):
    made = values(db, rents=[rent(1.0)])["income_market", 0.0]
    assert made["value_usd_per_gpu"] == 0
    assert made["economic_years_left"] == 0


def test_a_rising_market_is_not_forced_down_but_bounded_by_the_longest_use(db):
    rise = rate("pooled_through_cycle", 10.0, 5.0, 15.0)
    made = values(db, rates=(rise, BOOK))
    # Eight years is the oldest part rented, so seven are left of one that is a year old.
    assert made["income_market", 1.0]["economic_years_left"] == 7
    assert made["income_market", 8.0]["value_usd_per_gpu"] == 0
    earned = sum(1.6 * 1.1 ** (year + 0.5) - 0.7 for year in range(7))
    assert made["income_market", 1.0]["value_usd_per_gpu"] == pytest.approx(8766 * earned)


def test_a_contract_keeps_its_rent_for_its_term(db):
    made = values(db, rents=[rent(4.0, market="reserved", term_months=12)])
    contract = made["income_contract", 0.0]
    # 4.00 x 75 % used x 80 % = 2.40 for a year, and only then the fall.
    assert contract["economic_years_left"] == pytest.approx(1 + log(2.4 / 0.7) / log(2))
    assert ("income_market", 0.0) not in made


def test_a_term_that_costs_more_than_none_is_withheld(db):
    term = {"market": "reserved", "term_months": 12}
    made = values(db, rents=[rent(4.0), rent(4.1, **term)])["income_contract", 0.0]
    assert (made["publication_status"], made["value_usd_per_gpu"]) == ("withheld", None)
    assert made["withheld_reason"] == "the 12-month term rents above on demand"


def test_a_term_that_costs_less_than_none_is_published(db):
    term = {"market": "reserved", "term_months": 12}
    made = values(db, rents=[rent(4.0), rent(3.9, **term)])["income_contract", 0.0]
    assert made["publication_status"] == "published"


def test_a_missing_input_withholds_and_is_named(db):
    made = values(db, inputs=INPUTS[1:])["income_market", 0.0]
    assert made["publication_status"] == "withheld"
    assert made["withheld_reason"] == "missing: cash cost"
    assert made["value_usd_per_gpu"] is None


def test_without_a_rate_of_decline_nothing_is_typed_in(db):
    made = values(db, rates=(BOOK,))["income_market", 0.0]
    assert made["withheld_reason"] == "missing: rate of decline"


def test_book_is_a_straight_line_over_the_lives_filed(db):
    made = values(db)
    two = made["book", 2.0]
    assert two["value_pct_of_cost"] == pytest.approx(60)
    assert two["low_value_pct_of_cost"] == pytest.approx(50)
    assert two["high_value_pct_of_cost"] == pytest.approx(100 * 4 / 6)
    assert made["book", 5.0]["value_usd_per_gpu"] == 0
    assert two["cost_basis"] == "asked_new, card"


def test_resale_is_the_newest_executed_median_and_never_an_ask(db):
    prices = [
        sold(12_000.0, date(2026, 3, 31)),
        sold(14_000.0, date(2026, 5, 31), sale_count=4),
        sold(29_000.0, date(2026, 6, 15), price_kind="asked_resale"),
    ]
    made = values(db, prices=prices)
    assert made["resale", 2.0]["value_usd_per_gpu"] == 14_000
    assert made["resale", 2.0]["sale_count"] == 4
    assert made["resale", 2.0]["low_value_usd_per_gpu"] is None
    # The part is three years old: nobody can sell one that is five.
    assert made["resale", 5.0]["withheld_reason"] == "no machine is that old yet"


def test_two_sales_are_withheld(db):
    made = values(db, prices=[sold(12_000.0, date(2026, 3, 31), sale_count=2)])
    assert made["resale", 1.0]["withheld_reason"] == "fewer than 3 sales"
    assert made["resale", 1.0]["value_usd_per_gpu"] is None


def test_a_sale_of_over_a_year_ago_is_no_price_of_today(db):
    made = values(db, prices=[sold(12_000.0, date(2025, 6, 1))])
    assert ("resale", 1.0) not in made


def test_the_breakeven_rent_makes_holding_worth_the_executed_price(db):
    made = values(db, prices=[sold(WORTH, date(2026, 5, 31))])["income_market", 2.0]
    assert made["breakeven_rent_usd_per_gpu_hour"] == pytest.approx(4.0)
    dear = WORTH + 8766 * 1.6 * (0.5**0.5 + SECOND * 0.5 ** (1 + SECOND / 2))
    db.execute(f"update staging.hardware_prices set price_usd_per_gpu = {dear} where lot = 'single'"
               " and price_kind = 'executed_resale'")  # fmt: skip
    build(db, "marts.residual_value")
    db.execute("delete from meta.versions where table_name = 'marts.residual_value'")
    build(db, "marts.residual_value")
    [again] = rows(
        db,
        "from marts.residual_value where clock = 'income_market' and age_years = 2 "
        f"and accelerator = '{H100}'",
    )
    assert again["breakeven_rent_usd_per_gpu_hour"] == pytest.approx(8.0)
