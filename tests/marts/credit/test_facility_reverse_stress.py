"""The rent at which a threshold is met: by hand, by bisection, and put back into the lots."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from pipeline.build.model import create, models
from pipeline.warehouse import scratch
from tests.given.coverage import (
    DAY,
    balance,
    broken,
    clock,
    one,
    sofr,
    stand_in,
    step,
    terms,
    told,
    world,
)
from tests.given.lives import put


def answer(db, threshold="market_ltv_100"):
    return one(db, "facility_reverse_stress", f"threshold = '{threshold}'")


def test_the_thresholds_of_one_lot_by_hand(db):
    world(db)
    made = answer(db)
    # 400 of debt less 125 of the rest is 275 of machines: they earn 450 and spend 150.
    assert made["rent_multiplier"] == pytest.approx((275 + 150) / 450)
    assert made["rent_change_pct"] == pytest.approx(100 * (425 / 450 - 1))
    assert made["rent_usd_per_gpu_hour"] == 3.0
    assert made["threshold_rent_usd_per_gpu_hour"] == pytest.approx(3 * 425 / 450)
    assert made["is_already_met"] is False
    assert made["price_vintage_on"] == DAY
    assert made["known_at"] is not None
    assert "draw over advance rate" in made["inputs_assumed"]
    limit = answer(db, "market_ltv_at_contract_limit")
    assert limit["rent_multiplier"] == pytest.approx((400 / 0.85 - 125 + 150) / 450)
    assert limit["is_already_met"]
    # 1.4 x 112 of service and 18.75 of cost over 56.25 of rent kept.
    assert answer(db, "dscr_covenant")["rent_multiplier"] == pytest.approx(
        (1.4 * 112 + 18.75) / 56.25
    )
    assert answer(db, "cash_cost")["rent_multiplier"] == pytest.approx(5 / 15)
    assert broken(db) == {}


def test_the_share_realised_at_which_a_conclusion_flips(db):
    # Half of posted rent is taken to be realised: at 47.2 % the machines are worth the debt.
    world(db)
    made = answer(db)
    assert made["realisation_pct"] == 50.0
    assert made["threshold_realisation_pct"] == pytest.approx(50 * 425 / 450)
    # Coverage would need 156 %, which there is not.
    covenant = answer(db, "dscr_covenant")
    assert covenant["threshold_realisation_pct"] is None
    assert covenant["realisation_missing_reason"] == "not met at full realisation"


def test_a_schedule_that_stays_trips_on_the_day_the_base_is_too_small(db):
    world(db, facilities=[terms(amortisation="bullet")])
    assert {each["trips_on"] for each in told(db, "facility_reverse_stress")} == {date(2026, 9, 30)}


def test_a_schedule_faster_than_the_clock_never_trips(db):
    world(db)
    assert answer(db)["trips_on"] is None
    assert answer(db)["trips_missing_reason"] == "kept to the end of the schedule"


def test_where_the_rest_is_enough_no_rent_is_needed(db):
    world(db, balances=[balance(), balance(100.0, date(2026, 4, 30))])
    assert answer(db)["rent_multiplier"] == 0.0
    assert answer(db)["rent_change_pct"] == -100.0
    assert (answer(db)["rent_may_fall_pct"], answer(db)["rent_must_rise_pct"]) == (100.0, None)


def test_where_the_rest_is_enough_worthless_machines_do_not_matter(db):
    world(db, clocks=clock(4.0), balances=[balance(), balance(100.0, date(2026, 4, 30))])
    assert answer(db)["rent_multiplier"] == 0.0


@pytest.mark.parametrize("rent", [0.0, 4.0])
def test_machines_switched_off_have_no_rent_in_reach(db, rent):
    world(db, clocks=clock(rent))
    made = answer(db)
    assert made["rent_multiplier"] is made["is_already_met"] is None
    assert made["stress_missing_reason"] == "no rent in reach"
    cash = answer(db, "cash_cost")
    # From no rent no multiple leads to the cost; from 4 it takes a quarter more.
    assert cash["rent_multiplier"] == (None if rent == 0 else 1.25)
    assert broken(db) == {}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"facilities": [terms(dscr_min_ratio=None)]}, "no coverage covenant filed"),
        (
            {"facilities": [terms(dscr_min_ratio=None, contract_coverage_min_ratio=1.4)]},
            "the covenant counts contracted cash, which rents do not move",
        ),
        ({"rates": []}, "no SOFR for the day"),
        ({"facilities": [terms(maturity_on=None)]}, "no maturity filed"),
        ({"assumed": []}, "no accelerator known for the collateral"),
    ],
    ids=range(5),
)
def test_a_covenant_without_an_answer_says_why(db, given, reason):
    world(db, **given)
    made = answer(db, "dscr_covenant")
    assert made["rent_multiplier"] is None
    assert made["stress_missing_reason"] == reason
    assert broken(db) == {}


def test_without_rents_there_is_no_answer_and_a_reason(db):
    world(db, assumed=[])
    for each in told(db, "facility_reverse_stress"):
        assert each["rent_multiplier"] is None
        assert each["stress_missing_reason"] == "no accelerator known for the collateral"


def test_one_lot_without_a_value_leaves_no_answer(db):
    world(
        db,
        facilities=[terms(closed_on=date(2017, 3, 31))],
        balances=[balance(on=date(2017, 3, 31)), balance(500.0)],
    )
    assert answer(db)["rent_multiplier"] is None
    assert answer(db)["stress_missing_reason"] == "older than the income clock goes"


def test_lots_of_different_age_agree_with_bisection_through_the_marts(db):
    # Older machines have less left, and the newer the larger value.
    days = [date(2021, 3, 31), date(2024, 3, 31), DAY]
    world(
        db,
        facilities=[terms(closed_on=days[0])],
        balances=[balance(400.0, days[0]), balance(700.0, days[1]), balance(800.0)],
        scenarios=[step()],
        rates=[sofr()],
        assumed=[
            {"facility_id": "a-loan", "term": "accelerator", "unit": "sku",
             "accelerator": "nvidia-h100-sxm-80gb"},
            stand_in("funded_usd", 400.0),
        ],
    )  # fmt: skip
    lots = told(db, "facility_lot_value", f"balance_on = '{DAY}'")
    assert len(lots) == 3
    assert answer(db)["rent_multiplier"] == pytest.approx(searched(lots, 800.0), abs=1e-6)


def worth(lots, multiplier):
    return sum(
        lot["other_value_usd"] + max(lot["earned_usd"] * multiplier - lot["spent_usd"], 0)
        for lot in lots
    )


def searched(lots, debt):
    """The smallest multiplier at which the lots are worth the debt, by bisection."""
    if worth(lots, 0.0) >= debt:
        return 0.0
    if not any(lot["earned_usd"] for lot in lots):
        return None
    high = 1.0
    while worth(lots, high) < debt:
        high *= 2
    return brentq(lambda tried: worth(lots, tried) - debt, 0.0, high, xtol=1e-13, rtol=1e-14)


COVERAGE = (
    "facility_id", "balance_on", "balance_basis", "principal_usd", "collateral_cost_usd",
    "ltv_max_pct", "market_missing_reason", "dscr_min_ratio", "contract_coverage_min_ratio",
    "annual_debt_service_usd",
    "dscr_missing_reason", "rent_usd_per_gpu_hour", "inputs_assumed", "price_vintage_on",
    "last_observed_on",
    "known_at",
)  # fmt: skip
money = st.floats(0.0, 1e9, allow_subnormal=False).map(lambda usd: round(usd, 2))
lot = st.fixed_dictionaries({"earned_usd": money, "spent_usd": money, "other_value_usd": money})


@pytest.fixture(scope="module")
def solver():
    """Coverage and lots as tables of their own, so that any lots can be asked."""
    with scratch() as db:
        for schema in ("staging", "steps", "marts", "meta", "known", "vintage"):
            db.execute(f"create schema if not exists {schema}")
        yield db


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lots=st.lists(lot, min_size=1, max_size=6),
    part=st.floats(0.01, 3.0),
    limit=st.floats(50.0, 100.0),
)
def test_any_lots_agree_with_bisection(solver, lots, part, limit):
    """Also lots that need more than today's rent to be worth anything, and such as earn nothing."""
    debt = max(part * worth(lots, 1.0), 1.0)
    cells = dict.fromkeys(COVERAGE) | {
        "facility_id": "a-loan",
        "balance_on": DAY,
        "principal_usd": debt,
        "collateral_cost_usd": 1.0,
        "ltv_max_pct": limit,
        "balance_basis": "filed",
    }
    put(solver, "marts.facility_coverage", cells)
    numbered = [
        each
        | {"facility_id": "a-loan", "lot_number": number, "balance_on": DAY}
        | {"annual_rent_kept_usd": 1.0, "annual_cash_cost_usd": 1.0}
        for number, each in enumerate(lots)
    ]
    put(solver, "marts.facility_lot_value", *numbered)
    put(solver, "steps.cost_input", {"input": "realisation", "base_value": 50.0})
    stress = {"facility_id": "a-loan", "scenario": "base", "period_end_on": DAY}
    put(
        solver,
        "marts.facility_stress",
        stress | {"is_base_broken": False, "stress_missing_reason": None},
    )
    made_by = {each.table: each for each in models()}
    create(solver, made_by["steps.facility_start"])
    answers = solver.sql(made_by["marts.facility_reverse_stress"].query).pl().to_dicts()
    made = {each["threshold"]: each["rent_multiplier"] for each in answers}
    for threshold, wanted in (
        ("market_ltv_100", debt),
        ("market_ltv_at_contract_limit", 100 * debt / limit),
    ):
        found, expected = made[threshold], searched(lots, wanted)
        if expected is None:
            assert found is None
            continue
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)
        if found > 0:
            # Put back, to the digits a difference of the two large sums leaves.
            scale = wanted + sum(each["spent_usd"] for each in lots)
            assert worth(lots, found) == pytest.approx(wanted, abs=1e-9 * scale)


def test_a_wrong_multiplier_breaks_its_promise(db):
    world(db)
    db.execute("update marts.facility_reverse_stress set rent_multiplier = rent_multiplier + 1e-5")
    assert "marts.facility_reverse_stress__the_multiplier_gives_the_threshold" in broken(db)
    db.execute("update marts.facility_reverse_stress set rent_multiplier = null")
    assert "marts.facility_reverse_stress__no_answer_says_why" in broken(db)
