"""Forecasts scored against a rent that halved in a year, by three providers."""

from datetime import UTC, date, datetime

import pytest

from pipeline.contracts.depreciation import HARDWARE_PRICES
from pipeline.contracts.reference import PROVIDERS
from tests.given.lives import H100, empty, land, put, sold
from tests.given.support import build, refer, rows

NEOCLOUD = "neocloud_marketplace"
ORIGIN, TARGET = date(2025, 6, 30), date(2026, 6, 30)


def price(provider, on, usd, **cells):
    return {
        "provider": provider,
        "accelerator": H100,
        "market": "on_demand",
        "term_months": 0,
        "basis": "all_in",
        "region": "global",
        "observed_on": on,
        "confirmed_on": None,
        "price_usd_per_gpu_hour": usd,
        "sighting_status": "confirmed",
        "tier": "neocloud",
    } | cells


def rate(method, percent, low, high, accelerator=H100, error=0.0, **cells):
    return {
        "accelerator": accelerator,
        "method": method,
        "period_end_on": ORIGIN,
        "publication_status": "published",
        "rate_pct_per_year": percent,
        "interval_low_rate_pct_per_year": low,
        "interval_high_rate_pct_per_year": high,
        "residual_error": error,
    } | cells


HALVED = [
    price(name, on, usd)
    for name, usd in (("a", 4.0), ("b", 5.0), ("c", 6.0))
    for on, usd in ((ORIGIN, usd), (TARGET, usd / 2))
]
COHORT = rate("cohort", -40.0, -60.0, -10.0)


def scored(db, prices=HALVED, rates=(COHORT,), over=TARGET, sales=(), segment=NEOCLOUD):
    refer(db)
    db.execute("update staging.accelerators set available_on = date '2022-06-30'")
    ended = rate(
        "cross_section", None, None, None, "all", publication_status="withheld", period_end_on=over
    )
    put(db, "marts.provider_price_daily", *prices)
    put(db, "marts.depreciation_rate", *rates, ended)
    empty(db)
    land(db, HARDWARE_PRICES, *sales)
    names = sorted({each["provider"] for each in prices})
    land(db, PROVIDERS, *({"provider": name, "name": name, "tier": "neocloud"} for name in names))
    build(db, "marts.residual_backtest", "marts.residual_backtest_summary")
    made = rows(db, f"from marts.residual_backtest where price_segment = '{segment}'")
    return {(each["method"], each["horizon_months"]): each for each in made}


def test_the_forecast_is_scored_against_what_came(db):
    made = scored(db)["cohort", 12]
    assert made["target_on"] == TARGET
    assert made["forecast_change_pct"] == pytest.approx(-40)
    assert made["actual_change_pct"] == pytest.approx(-50)
    assert made["error_pct"] == pytest.approx(10)
    assert made["is_within_band"]
    assert made["provider_count"] == 3
    assert made["known_at"] == datetime(2026, 7, 1, tzinfo=UTC)


def test_an_outcome_is_known_once_a_second_sighting_confirms_its_step(db):
    # Seen halved on the last day of the month, and again weeks later.
    weeks_later = date(2026, 7, 19)
    made = scored(db, prices=[*HALVED[:-1], HALVED[-1] | {"confirmed_on": weeks_later}])
    assert made["no_change", 12]["target_on"] == TARGET
    assert made["no_change", 12]["known_at"] == datetime(2026, 7, 20, tzinfo=UTC)


def test_an_outcome_outside_the_band_is_said(db):
    made = scored(db, rates=[rate("cohort", -10.0, -20.0, 1.25)])["cohort", 12]
    # In logs the band reaches ln(1.0125 / 0.8) / 2 = 0.118 around ln 0.9; the outcome is ln 0.5.
    assert made["low_forecast_change_pct"] == pytest.approx(100 * (0.9 / (1.0125 / 0.8) ** 0.5 - 1))
    assert not made["is_within_band"]


def test_what_the_fit_leaves_over_widens_the_band(db):
    assert scored(db, rates=[rate("cohort", -10.0, -20.0, 1.25, error=0.5)])["cohort", 12][
        "is_within_band"
    ]


def test_baselines_stand_beside_on_the_same_origin(db):
    made = scored(db)
    assert made["no_change", 12]["forecast_change_pct"] == 0
    assert made["fall_26_pct_per_year", 12]["forecast_change_pct"] == pytest.approx(-26)
    # A straight line is a rule for book value: nobody who uses it says that of a rent.
    assert ("straight_line_6_years", 12) not in made
    assert made["no_change", 12]["is_within_band"] is None


def test_a_provider_who_was_not_there_before_is_no_fall(db):
    made = scored(db, prices=[*HALVED, price("d", TARGET, 0.1)])
    assert made["cohort", 12]["actual_change_pct"] == pytest.approx(-50)


def test_rates_of_all_parts_are_scored_on_each_that_has_its_own(db):
    pooled = rate("pooled_through_cycle", -20.0, -25.0, -15.0, "all")
    made = scored(db, rates=[COHORT, pooled])
    assert made["pooled_through_cycle", 12]["forecast_change_pct"] == pytest.approx(-20)


def test_without_a_year_of_prices_nothing_is_scored(db):
    assert scored(db, rates=[COHORT | {"publication_status": "withheld"}]) == {}


def test_nothing_is_scored_before_its_outcome(db):
    assert scored(db, over=date(2026, 5, 31)) == {}


def test_only_the_horizon_that_came_is_scored(db):
    assert {horizon for _, horizon in scored(db)} == {12}


def test_a_straight_line_is_held_against_resale_values(db):
    sales = [sold(20_000.0, date(2025, 6, 10)), sold(15_000.0, date(2026, 6, 20))]
    made = scored(db, sales=sales, segment="resale")
    # Three years old of six: three sixths left become two.
    line = made["straight_line_6_years", 12]
    assert line["forecast_change_pct"] == pytest.approx(-100 / 3, abs=0.1)
    assert line["actual_change_pct"] == pytest.approx(-25)
    assert made["no_change", 12]["error_pct"] == pytest.approx(25)


def test_hyperscalers_are_scored_apart(db):
    listed = [price("aws", on, usd, tier="hyperscaler") for on, usd in ((ORIGIN, 9), (TARGET, 6))]
    assert scored(db, prices=[*HALVED, *listed])["no_change", 12]["provider_count"] == 3
    made = scored(db, prices=[*HALVED, *listed], segment="hyperscaler")["no_change", 12]
    assert made["actual_change_pct"] == pytest.approx(-100 / 3)


def test_an_outcome_of_a_list_that_nobody_touched_is_not_scored(db):
    still = [price("a", on, 4.0) for on in (ORIGIN, TARGET)]
    made = scored(db, prices=still)["no_change", 12]
    assert (made["repriced_provider_count"], made["is_scored"]) == (0, False)


def test_who_changed_another_price_of_its_own_could_have_changed_this_one(db):
    still = [price("a", on, 4.0) for on in (ORIGIN, TARGET)]
    other = "nvidia-t4-16gb"
    touched = [price("a", on, usd, accelerator=other) for on, usd in ((ORIGIN, 1), (TARGET, 2))]
    assert scored(db, prices=[*still, *touched])["no_change", 12]["is_scored"]
