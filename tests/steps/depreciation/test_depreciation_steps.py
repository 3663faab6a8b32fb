"""Inputs and clocks that several marts read, on rows small enough for a calculator."""

from datetime import UTC, date, datetime

import pytest

from pipeline.contracts.depreciation import COST_INPUTS, HARDWARE_PRICES
from tests.given.coverage import clock
from tests.given.lives import H100, cost, empty, land, new, put
from tests.given.support import build, refer, rows

LATER = {"known_at": datetime(2026, 1, 1, tzinfo=UTC), "source_url": "https://example.org/2"}
CLOCK = "from steps.clock_age order by age_years"


def test_of_an_input_the_last_known_counts_with_its_range(db):
    empty(db)
    land(db, COST_INPUTS, cost("gpu-share", 70.0, 60.0, 80.0), cost("gpu-share", 75.0, **LATER))
    build(db, "steps.cost_input")
    [row] = rows(db, "from steps.cost_input")
    assert (row["base_value"], row["low_value"], row["high_value"]) == (75.0, None, None)


def test_the_low_case_has_dear_facilities_and_little_realised_rent(db):
    empty(db)
    land(
        db,
        COST_INPUTS,
        cost("facility-cash-cost", 1.0, 0.5, 2.0),
        cost("realisation", 50.0, 40.0, 60.0),
        cost("overhead-share", 20.0),
    )
    build(db, "steps.income_case")
    made = {each["value_case"]: each for each in rows(db, "from steps.income_case")}
    assert {
        case: (row["cash_cost_usd_per_kw_hour"], row["realisation_fraction"])
        for case, row in made.items()
    } == {"base": (1.0, 0.5), "low": (2.0, 0.4), "high": (0.5, 0.6)}
    assert {row["overhead_fraction"] for row in made.values()} == {0.2}
    assert made["base"]["utilisation_fraction"] is None


def test_without_any_input_every_case_is_there_and_empty(db):
    empty(db)
    build(db, "steps.income_case")
    assert [each["discount_fraction"] for each in rows(db, "from steps.income_case")] == [None] * 3


def test_a_part_costs_what_a_new_one_last_did_else_its_launch_price(db):
    empty(db)
    refer(db)
    db.execute("update staging.accelerators set launch_price_usd = 9e3")
    june, july = date(2025, 6, 30), date(2025, 7, 31)
    land(db, HARDWARE_PRICES, new(30e3, july), new(25e3, june))
    build(db, "steps.part")
    made = {each["accelerator"]: each for each in rows(db, "from steps.part")}
    assert (made[H100]["cost_usd_per_gpu"], made[H100]["cost_basis"]) == (30e3, "asked_new, card")
    assert made["nvidia-t4-16gb"]["cost_usd_per_gpu"] == 9e3
    assert made[H100]["is_training_part"] is True


def test_of_a_form_nobody_cites_it_is_not_known_whether_it_trains(db):
    empty(db)
    refer(db)
    db.execute("update staging.accelerators set form_factor = 'SXM9'")
    build(db, "steps.part")
    assert {each["is_training_part"] for each in rows(db, "from steps.part")} == {None}


def test_a_clock_is_read_between_two_years_of_age(db):
    put(db, "marts.residual_value", *clock())
    build(db, "steps.clock_age")
    made = rows(db, CLOCK)
    assert [(each["age_years"], each["older_age_years"]) for each in made[:2]] == [(0, 1), (1, 2)]
    half = 0.5 * made[0]["value_usd_per_gpu"] + 0.5 * made[0]["older_value_usd_per_gpu"]
    assert half == pytest.approx((80 + 70) / 2)
    assert (made[-1]["age_years"], made[-1]["older_age_years"]) == (8, 8)


def test_a_year_that_is_withheld_ends_the_stretch_before_it(db):
    put(
        db,
        "marts.residual_value",
        *[
            row | ({"publication_status": "withheld"} if row["age_years"] == 2 else {})
            for row in clock()
        ],
    )
    build(db, "steps.clock_age")
    ends = [(each["age_years"], each["older_age_years"]) for each in rows(db, CLOCK)]
    assert ends[:3] == [(0, 1), (1, 1), (3, 4)]
