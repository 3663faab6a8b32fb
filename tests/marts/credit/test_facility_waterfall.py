"""Whether the cash is there: one loan of 400 against 3.75 machines, by hand.

At 80 % realised they bring 3.75 x 24 / 4 = 22.5 a quarter and cost 3.75 x 5 / 4 = 4.6875 to run.
"""

from datetime import date

import pytest

from tests.given.coverage import (
    COVERAGE,
    balance,
    decline,
    landed,
    one,
    step,
    terms,
    told,
)
from tests.given.support import build

RUNNING, REVENUE = 3.75 * 5 / 4, 3.75 * 24 / 4
MARTS = (*COVERAGE, "marts.facility_waterfall", "marts.facility_breach")
SERVICE = 20 + 8


def world(db, **given):
    landed(db, **given)
    build(db, *MARTS)


def lane(db, basis="market", realised=80, scenario="base", mart="facility_waterfall"):
    return told(
        db,
        mart,
        f"revenue_basis = '{basis}' and realisation_pct = {realised} and scenario = '{scenario}'",
    )


def test_cash_at_the_market_and_the_first_promise_it_breaks(db):
    world(db)
    start, first = lane(db)[:2]
    assert (start["principal_usd"], start["ltv_market_pct"]) == (
        400.0,
        pytest.approx(100 * 400 / (3.75 * (24 - 5) * 8 + 125)),
    )
    assert first["rent_received_usd"] == pytest.approx(REVENUE)
    assert first["running_cost_usd"] == pytest.approx(RUNNING)
    assert first["interest_paid_usd"] == pytest.approx(8)
    assert first["principal_paid_usd"] == pytest.approx(REVENUE - RUNNING - 8)
    assert first["unpaid_usd"] == pytest.approx(SERVICE - (REVENUE - RUNNING))
    assert first["dscr_ratio"] == pytest.approx((REVENUE - RUNNING) / SERVICE)
    [breach] = lane(db, mart="facility_breach")
    assert (breach["breach"], breach["first_breach_on"]) == ("payment", date(2026, 6, 30))


def test_the_least_the_contract_brings_in_keeps_the_agreement_until_the_customer_goes(db):
    paying = [step("gone", number, is_offtaker_default=number == 4) for number in range(5)]
    world(db, scenarios=[step(), *paying])
    first = lane(db, "contract_floor")[1]
    assert first["rent_received_usd"] == pytest.approx(1.4 * SERVICE + RUNNING)
    assert first["distributed_usd"] == pytest.approx(0.4 * SERVICE)
    [kept], [gone] = (
        lane(db, "contract_floor", scenario=name, mart="facility_breach")
        for name in ("base", "gone")
    )
    # 20 a quarter until nothing is left: no balloon.
    assert (kept["breach"], kept["balloon_usd"]) == (None, pytest.approx(0))
    assert (gone["breach"], gone["first_breach_on"]) == ("payment", date(2027, 3, 31))


def test_the_base_breaks_where_rents_fall_and_holds_where_they_do_not(db):
    # Nothing but interest falls due, and four years write the cost off: the base shrinks by a
    # sixteenth of 425 a quarter, 22.58, from 361.25.
    world(
        db,
        facilities=[terms(amortisation="bullet", depreciation_life_years=4.0, dscr_min_ratio=None)],
        balances=[balance(340.0)],
        scenarios=[step(), step("fall"), step("fall", 1, rent_multiplier=0.6)],
    )
    [calm], [fallen] = (
        lane(db, scenario=name, mart="facility_breach") for name in ("base", "fall")
    )
    # 338.67 after the first quarter, 1.33 less than the 340 owed. Cash after interest of 6.8 is 8.3
    # at full rent, and 0.7 where it has fallen by 40 %.
    rows = {name: lane(db, scenario=name) for name in ("base", "fall")}
    base = [0.85 * 425 * (1 - quarter / 16) for quarter in range(3)]
    assert rows["base"][1]["cure_due_usd"] == pytest.approx(340 - base[1])
    machines = 425 * 0.75 / 100
    net = machines * (24 - 5) / 4 - 6.8
    assert rows["base"][1]["cure_paid_usd"] == pytest.approx(min(net, 340 - base[1]))
    poor = machines * (0.6 * 24 - 5) / 4 - 6.8
    assert rows["fall"][1]["cure_paid_usd"] == pytest.approx(min(poor, 340 - base[1]))
    assert poor < 340 - base[1] < net
    assert (fallen["breach"], fallen["first_breach_on"]) == (
        "borrowing_base",
        date(2026, 6, 30),
    )
    assert calm["base_broken_on"] > fallen["base_broken_on"]


def test_realisation_is_a_dimension_and_rents_follow_the_value(db):
    world(db, declines=[decline(-20.0)])
    assert {each["realisation_pct"] for each in told(db, "facility_breach")} == {
        40.0, 50.0, 60.0, 70.0, 80.0,
    }  # fmt: skip
    assert lane(db)[4]["rent_received_usd"] == pytest.approx(REVENUE * 0.8)
    assert lane(db, realised=40)[1]["rent_received_usd"] == pytest.approx(REVENUE / 2 * 0.8**0.25)


@pytest.mark.parametrize(
    ("given", "basis", "reason"),
    [
        ({"rates": []}, "market", "no SOFR for the day"),
        ({"assumed": []}, "market", "no accelerator known for the collateral"),
        ({"facilities": [terms(maturity_on=None)]}, "market", "no maturity filed"),
        ({"facilities": [terms(dscr_min_ratio=None)]}, "contract_floor", "no coverage covenant"),
        ({"scenarios": [step(), step(quarter=2)]}, "market", "leaves out a quarter"),
    ],
    ids=["SOFR", "chip", "maturity", "covenant", "gap"],
)
def test_what_is_not_known_has_a_reason_and_no_flow(db, given, basis, reason):
    world(db, **given)
    rows = lane(db, basis)
    assert any(reason in (each["cash_missing_reason"] or "") for each in rows)
    assert rows[-1]["distributed_usd"] is None
    assert (
        one(db, "facility_breach", f"revenue_basis = '{basis}' and realisation_pct = 80")["breach"]
        is None
    )


def test_a_facility_that_is_repaid_or_never_drew_has_no_waterfall(db):
    world(db, balances=[balance(), balance(0.0, on=date(2026, 6, 30))])
    assert told(db, "facility_waterfall") == told(db, "facility_breach") == []
