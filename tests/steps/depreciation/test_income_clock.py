"""What is left of a rent: earned and spent by hand, without a discount."""

import pytest

from pipeline.contracts.depreciation import COST_INPUTS
from tests.given.lives import H100, RATED_ON, cost, empty, land, put, rate
from tests.given.support import build, refer, rows


def test_a_machine_of_seven_years_earns_one_more_year_where_eight_is_the_oldest(db):
    empty(db)
    refer(db)
    db.execute("update staging.accelerators set available_on = date '2018-06-30', tdp_w = 1000")
    land(
        db,
        COST_INPUTS,
        cost("facility-cash-cost", 0.1),
        cost("overhead-share", 20.0),
        cost("realisation", 50.0),
        cost("incremental-borrowing-rate", 0.0),
    )
    rented = {
        "accelerator": H100,
        "tier": "neocloud",
        "market": "on_demand",
        "term_months": 0,
        "period_end_on": RATED_ON,
        "age_years": 8.0,
        "rent_usd_per_gpu_hour": 4.0,
    }
    put(db, "marts.rent_cohort", rented)
    put(db, "marts.depreciation_rate", rate("pooled_through_cycle", -50.0, -50.0, -50.0))
    build(db, "steps.income_clock")
    asked = f"from steps.income_clock where accelerator = '{H100}' and value_case = 'base'"
    made = {each["age_years"]: each for each in rows(db, asked)}
    # 4.00 x 50 % realised x 80 % after overhead, half a year down a slope that halves in a year.
    assert made[7.0]["earned_usd_per_gpu"] == pytest.approx(8766 * 4.0 * 0.5 * 0.8 * 0.5**0.5)
    assert made[7.0]["spent_usd_per_gpu"] == pytest.approx(8766 * 0.1)
    assert made[8.0]["earned_usd_per_gpu"] == 0
