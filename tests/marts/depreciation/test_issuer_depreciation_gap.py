"""A company that spends 120 a year on capex, half of it on machines, worked out by hand."""

from datetime import UTC, date, datetime

import pytest

from pipeline.contracts.depreciation import COST_INPUTS, USEFUL_LIVES
from pipeline.contracts.filings import FORMS
from tests.given.filings import committed
from tests.given.lives import cost, land, life, put
from tests.given.support import build, rows

KNOWN = datetime(2026, 2, 1, tzinfo=UTC)
SHARES = [cost("capex-share-servers", 40.0), cost("capex-share-network", 10.0)]
SIX = life(effective_on=date(2016, 1, 1), old_life_years=None)


def figure(metric, year, value, **cells):
    return {
        "cik": "0000000001",
        "issuer": "Acme",
        "layer": "neocloud",
        "perimeter": "whole",
        "accounting_basis": "us_gaap",
        "is_preferred_basis": True,
        "metric": metric,
        "is_balance": metric == "ppe_net",
        "period_start_on": None if metric == "ppe_net" else date(year, 1, 1),
        "period_end_on": date(year, 12, 31),
        "value_usd": value,
        "concepts": "Element",
        "is_fallback": False,
        "form": "10-K",
        "accession": f"0000000001-{year % 100 + 1}-000001",
        "known_at": KNOWN,
    } | cells


NO_YEAR = figure("capex", 2025, 1e9) | {
    "period_days": 92,
    "period_start_on": date(2025, 10, 1),
    "subtracted_accession": None,
}
YEARS = range(2019, 2026)
BOOKS = [
    *(figure("capex", year, 120e9) for year in YEARS),
    figure("depreciation", 2025, 200e9),
    figure("operating_income", 2025, 80e9),
    figure("ppe_net", 2025, 500e9),
]
FALL = {
    "accelerator": "all",
    "method": "pooled_through_cycle",
    "period_end_on": date(2025, 6, 30),
    "publication_status": "published",
    "rate_pct_per_year": -50.0,
    "interval_low_rate_pct_per_year": -60.0,
    "interval_high_rate_pct_per_year": -40.0,
    "known_at": KNOWN,
}
LIVES = FALL | {
    "method": "book",
    "rate_pct_per_year": -20.0,
    "interval_low_rate_pct_per_year": -25.0,
    "interval_high_rate_pct_per_year": -100 / 6,
}


def gap(db, *lives, books=BOOKS, inputs=SHARES, rate=FALL, in_force=LIVES):
    """The last fiscal year by case."""
    land(db, COST_INPUTS, *inputs)
    land(db, USEFUL_LIVES, *(lives or [SIX]))
    land(db, FORMS, *committed("forms"))
    put(db, "marts.issuer_figure", *books)
    put(db, "marts.issuer_quarter", NO_YEAR)
    put(db, "marts.depreciation_rate", rate, in_force)
    build(db, "marts.issuer_depreciation_gap")
    query = "from marts.issuer_depreciation_gap where period_end_on = date '2025-12-31'"
    return {each["life_case"]: each for each in rows(db, query)}


def test_a_fleet_in_balance_costs_the_same_on_any_shorter_life(db):
    # Bought evenly for longer than any life, and half a year's worth at both ends: at six years
    # 2019 to 2025 give 0.5 + 5 + 0.5 years of 60 / 6 each; at four 0.5 + 3 + 0.5 of 60 / 4.
    made = gap(db)
    assert made["filed"]["technology_depreciation_usd"] == pytest.approx(60e9)
    assert made["4_years"]["technology_depreciation_usd"] == pytest.approx(60e9)
    assert made["4_years"]["extra_depreciation_usd"] == pytest.approx(0, abs=1)


def test_a_growing_fleet_costs_more_on_a_shorter_life(db):
    books = [each for each in BOOKS if each["metric"] != "capex" or each["period_end_on"].year > 23]
    books = [each for each in books if each["period_end_on"].year >= 2024]
    made = gap(db, books=books)
    # 60 of machines in 2024 and in 2025: 1.5 machine-years of 60 over the life.
    assert made["filed"]["technology_depreciation_usd"] == pytest.approx(15e9)
    four = made["4_years"]
    assert four["technology_depreciation_usd"] == pytest.approx(22.5e9)
    assert four["extra_depreciation_usd"] == pytest.approx(7.5e9)
    assert four["restated_operating_income_usd"] == pytest.approx(72.5e9)
    # Left of 60 after 1.5 and 0.5 years: 4.5/6 + 5.5/6 at six, 2.5/4 + 3.5/4 at four.
    assert four["restated_ppe_net_usd"] == pytest.approx(500e9 - 60e9 * (10 / 6 - 6 / 4))
    assert not four["is_capex_complete"]
    income = made["rent_decline"]
    kept = 0.5**0.5
    assert income["technology_depreciation_usd"] == pytest.approx(
        60e9 * ((kept - kept**3) + (1 - kept))
    )
    assert income["rate_pct_per_year"] == -50


def test_machines_never_cost_more_than_was_filed(db):
    books = [each for each in BOOKS if each["metric"] != "depreciation"]
    made = gap(db, books=[*books, figure("depreciation", 2025, 30e9)])
    # 720 of capex over six years would cost 120 a year; 30 filed leaves room for a quarter.
    assert made["filed"]["technology_fraction"] == pytest.approx(0.25)
    assert made["filed"]["technology_depreciation_usd"] == pytest.approx(30e9)


def test_trailing_twelve_months_of_a_quarterly_report_are_no_fiscal_year(db):
    trailing = figure("capex", 2025, 500e9, form="10-Q", period_start_on=date(2024, 4, 1))
    made = gap(db, books=[*BOOKS, trailing | {"period_end_on": date(2025, 3, 31)}])
    assert made["filed"]["capex_year_count"] == 7
    assert made["filed"]["technology_depreciation_usd"] == pytest.approx(60e9)


CHANGE = life(
    effective_on=date(2025, 1, 1),
    effect_from_on=date(2025, 1, 1),
    effect_to_on=date(2025, 12, 31),
    depreciation_effect_usd=-10e9,
)


def modelled():
    """Machines of 60 a year, four years until 2025, six from then on, year of purchase first."""
    old = [0.5 / 4, 1 / 4, 1 / 4, 1 / 4, 0.5 / 4]
    left = [1 - age / 4 for age in (0.5, 1.5, 2.5, 3.5)]
    new = [0.5 / 6] + [
        each / (6 - age) for each, age in zip(left, (0.5, 1.5, 2.5, 3.5), strict=True)
    ]
    return 60e9 * (sum(new) - sum(old))


def test_the_effect_of_a_change_is_modelled_over_what_is_left_and_set_beside_the_disclosed(db):
    made = gap(db, CHANGE)["filed"]
    assert made["life_years"] == 6
    assert made["disclosed_effect_usd"] == -10e9
    assert made["modelled_effect_usd"] == pytest.approx(modelled())
    assert made["difference_usd"] == pytest.approx(modelled() + 10e9)
    assert made["implied_technology_fraction"] == pytest.approx(0.5 * -10e9 / modelled())
    assert made["difference_reason"].startswith("share and time in service")


def test_a_disclosed_effect_within_rounding_is_called_that(db):
    near = CHANGE | {"depreciation_effect_usd": modelled() + 4e7}
    made = gap(db, near)["filed"]
    assert made["difference_reason"] == "within the rounding of what was disclosed"


def test_the_booked_effect_stands_before_the_forecast(db):
    forecast = CHANGE | {"effect_kind": "expected", "depreciation_effect_usd": None}
    made = gap(db, CHANGE, forecast | {"operating_income_effect_usd": 9e9})["filed"]
    assert (made["effect_kind"], made["disclosed_effect_usd"]) == ("realised", -10e9)


def test_a_forecast_of_income_is_the_opposite_of_depreciation(db):
    forecast = CHANGE | {"effect_kind": "expected", "depreciation_effect_usd": None}
    made = gap(db, forecast | {"operating_income_effect_usd": 9e9})["filed"]
    assert (made["effect_kind"], made["disclosed_effect_usd"]) == ("expected", -9e9)


def test_a_life_of_a_part_of_the_machines_is_not_that_of_all(db):
    part = CHANGE | {"asset_class": "subset of servers", "new_life_years": 3.0}
    made = gap(db, SIX, part | {"old_life_years": 6.0})["filed"]
    assert made["life_years"] == 6
    assert "a part of the machines" in made["difference_reason"]


def test_before_the_first_change_the_life_it_replaced_holds(db):
    later = CHANGE | {"effective_on": date(2026, 1, 1), "depreciation_effect_usd": None}
    assert gap(db, later)["filed"]["life_years"] == 4


def test_what_is_missing_is_named_and_nothing_is_restated(db):
    books = [each for each in BOOKS if each["metric"] != "operating_income"]
    made = gap(db, books=books)["4_years"]
    assert made["missing_inputs"] == "operating income"
    assert made["restated_operating_income_usd"] is None
    assert made["restated_ppe_net_usd"] is not None


def test_without_a_cited_share_there_is_none_whatever_was_filed(db):
    books = [each for each in BOOKS if each["metric"] != "depreciation"]
    made = gap(db, books=[*books, figure("depreciation", 2025, 30e9)], inputs=SHARES[:1])["filed"]
    assert made["technology_fraction"] is None
    assert "technology share" in made["missing_inputs"]


def test_a_cost_that_falls_with_rents_is_gone_at_the_longest_life(db):
    shortest = LIVES | {"interval_high_rate_pct_per_year": -100 / 2}
    income = gap(db, in_force=shortest)["rent_decline"]
    # Half a year of each purchase at both ends, and what two years leave goes in the second.
    kept = 0.5**0.5
    assert income["technology_depreciation_usd"] == pytest.approx(
        60e9 * ((1 - kept) + (kept - kept**3) + kept**3)
    )


def test_figures_calibrated_on_what_was_disclosed_stand_beside(db):
    made = gap(db, CHANGE)["filed"]
    factor = made["implied_technology_fraction"] / 0.5
    assert made["calibrated_technology_fraction"] == pytest.approx(0.5 * factor)
    assert made["calibrated_effect_usd"] == pytest.approx(-10e9)
    assert made["disclosure_count"] == 1


def test_a_row_is_known_no_earlier_than_the_costs_it_rests_on(db):
    late = datetime(2026, 9, 1, tzinfo=UTC)
    inputs = [each | {"known_at": late} for each in SHARES]
    assert {each["known_at"] for each in gap(db, inputs=inputs).values()} == {late}
