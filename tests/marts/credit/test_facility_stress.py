"""Scenarios on one loan of 400 over sixty months, quarter by quarter, by hand."""

from datetime import UTC, date, datetime

import pytest

from tests.given.coverage import (
    DAY,
    balance,
    broken,
    chip,
    clock,
    decline,
    one,
    sofr,
    step,
    terms,
    told,
    world,
)

# Level repayment over 60 months from 2026-03-31, 20 a quarter.
DUE = 20.0


def quarter(db, number, scenario="base"):
    where = f"scenario = '{scenario}' and quarter_number = {number}"
    return one(db, "facility_stress", where)


def test_debt_and_both_clocks_run_on(db):
    world(db)
    start, later = quarter(db, 0), quarter(db, 4)
    assert (start["principal_usd"], later["principal_usd"]) == (400.0, 320.0)
    assert start["ltv_contract_pct"] == pytest.approx(80.0)
    assert start["ltv_market_pct"] == pytest.approx(100 * 400 / 425)
    # A year on: five sixths of 500 on the contract's clock, seven of eight years of machines.
    assert later["depreciated_cost_usd"] == pytest.approx(500 * 5 / 6)
    assert later["borrowing_base_usd"] == pytest.approx(0.85 * 500 * 5 / 6)
    assert later["market_value_usd"] == pytest.approx(3.75 * 70 + 125 * 5 / 6)
    assert later["ltv_market_pct"] == pytest.approx(100 * 320 / (3.75 * 70 + 125 * 5 / 6))
    # Between whole years the clock is interpolated.
    assert quarter(db, 3)["market_value_usd"] == pytest.approx(3.75 * 72.5 + 125 * 5.25 / 6)
    assert later["quarter_interest_usd"] == pytest.approx(320 * 0.08 / 4)
    assert later["quarter_principal_due_usd"] == pytest.approx(DUE)
    assert later["quarter_market_income_usd"] == pytest.approx(37.5 / 4)
    assert later["dscr_market_ratio"] == pytest.approx(37.5 / 4 / (6.4 + 20))
    assert broken(db) == {}


def test_forty_quarters_end_on_quarter_ends_and_the_last_owes_no_more_than_its_share(db):
    world(db, facilities=[terms(maturity_on=date(2046, 3, 31))], balances=[balance()])
    made = told(db, "facility_stress")
    assert [each["quarter_number"] for each in made] == list(range(41))
    assert [str(each["period_end_on"])[5:] for each in made[:5]] == [
        "03-31", "06-30", "09-30", "12-31", "03-31",
    ]  # fmt: skip
    assert made[-1]["quarter_principal_due_usd"] == pytest.approx(400 * 3 / 240)


def test_from_june_the_quarters_end_in_december_on_the_31st(db):
    june = date(2026, 6, 30)
    world(
        db,
        facilities=[terms(closed_on=june)],
        balances=[balance(on=june)],
        clocks=clock(on=june),
        rates=[sofr(on=june)],
    )
    assert quarter(db, 2)["period_end_on"] == date(2026, 12, 31)


def test_after_maturity_the_facility_is_repaid_and_says_so(db):
    world(db)
    made = quarter(db, 20)
    assert (made["principal_usd"], made["stress_missing_reason"]) == (0.0, "repaid")
    assert made["ltv_contract_pct"] is made["ltv_market_pct"] is made["dscr_market_ratio"] is None
    assert made["is_base_broken"] is made["is_under_water"] is None


def test_a_bullet_falls_due_at_once(db):
    world(db, facilities=[terms(amortisation="bullet")])
    assert quarter(db, 19)["principal_usd"] == 400.0
    assert quarter(db, 18)["quarter_principal_due_usd"] == 0.0
    assert quarter(db, 19)["quarter_principal_due_usd"] == 400.0


def test_rents_move_the_market_side_alone(db):
    world(db, scenarios=[step(), step("fall"), step("fall", 1, rent_multiplier=0.6)])
    calm, fallen = quarter(db, 4), quarter(db, 4, "fall")
    # 3.75 machines with seven years to go: 15 x 0.6 = 9 of rent, 5 of cost.
    assert fallen["market_value_usd"] == pytest.approx(3.75 * 7 * (9 - 5) + 125 * 5 / 6)
    assert fallen["quarter_market_income_usd"] == pytest.approx(3.75 * (9 - 5) / 4)
    for name in ("principal_usd", "ltv_contract_pct", "quarter_interest_usd", "borrowing_base_usd"):
        assert fallen[name] == calm[name]
    assert fallen["is_under_water"]
    # The last quarter given stands from then on.
    assert quarter(db, 19, "fall")["rent_multiplier"] == 0.6


def test_machines_under_their_cost_are_switched_off_not_negative(db):
    world(db, scenarios=[step(rent_multiplier=0.2)])
    made = quarter(db, 0)
    assert made["market_value_usd"] == pytest.approx(125.0)
    assert made["quarter_market_income_usd"] == pytest.approx(3.75 * (3 - 5) / 4)
    assert made["dscr_market_ratio"] < 0


def test_use_moves_rent_but_not_its_cost(db):
    world(db, scenarios=[step(utilisation_multiplier=0.8)])
    made = quarter(db, 0)
    assert made["market_value_usd"] == pytest.approx(3.75 * 8 * (12 - 5) + 125)
    assert made["quarter_market_income_usd"] == pytest.approx(3.75 * (12 - 5) / 4)


def test_left_out_use_and_shift_are_as_they_are(db):
    world(db, scenarios=[step(utilisation_multiplier=None, sofr_shift_bps=None)])
    assert quarter(db, 0)["market_value_usd"] == pytest.approx(425.0)


@pytest.mark.parametrize("rent", [15.0, 0.0])
def test_in_the_commodity_path_rent_only_covers_cash_cost(db, rent):
    world(
        db,
        clocks=clock(rent),
        scenarios=[step("c", scenario_kind="commodity", rent_multiplier=None)],
    )
    made = quarter(db, 0, "c")
    assert made["rent_multiplier"] is None
    assert made["market_value_usd"] == pytest.approx(125.0)
    assert made["quarter_market_income_usd"] == pytest.approx(0.0)
    assert made["dscr_market_ratio"] == pytest.approx(0.0)


def test_a_scenario_without_rent_or_reason_is_not_worth_nothing(db):
    world(db, scenarios=[step(rent_multiplier=None)])
    made = quarter(db, 0)
    assert made["market_value_usd"] is made["ltv_market_pct"] is made["is_under_water"] is None
    assert made["stress_missing_reason"] == "the scenario states no rent"
    assert made["ltv_contract_pct"] == pytest.approx(80.0)


@pytest.mark.parametrize(
    ("given", "whole"), [([0, 1, 2], 41), ([0, 1, 3], 2), ([0, 2, 3, 7], 1), ([1, 2], 0)]
)
def test_from_a_gap_on_there_is_no_result(db, given, whole):
    world(db, scenarios=[step(quarter=each) for each in given])
    made = told(db, "facility_stress")
    assert len(made) == 41
    assert [each["ltv_market_pct"] is not None for each in made[:20]] == [
        number < whole for number in range(20)
    ]
    for each in made[whole:]:
        assert (
            each["ltv_contract_pct"]
            is each["market_value_usd"]
            is each["quarter_interest_usd"]
            is None
        )
        assert each["stress_missing_reason"].startswith("the scenario leaves out a quarter")


FIXED = {"spread_bps": None, "fixed_rate_pct": 5.9, "benchmark": "fixed"}


@pytest.mark.parametrize(
    ("cells", "moved"),
    [
        ({}, 4.0),
        ({"hedged_min_pct": 75.0}, 1.0),
        ({"hedged_min_pct": 100.0}, 0.0),
        (FIXED, 0.0),
        ({"fixed_rate_pct": 5.9}, 4.0),
    ],
    ids=str,
)
def test_only_unhedged_floating_interest_moves_with_sofr(db, cells, moved):
    shifted = [step("up"), step("up", 1, sofr_shift_bps=400.0)]
    world(db, facilities=[terms(**cells)], scenarios=[step(), *shifted])
    assert quarter(db, 0, "up")["quarter_interest_usd"] == quarter(db, 0)["quarter_interest_usd"]
    calm, up = quarter(db, 4), quarter(db, 4, "up")
    # 400 basis points more on 320 for a quarter is 3.2.
    assert up["quarter_interest_usd"] - calm["quarter_interest_usd"] == pytest.approx(
        3.2 * moved / 4
    )
    for name in ("market_value_usd", "ltv_contract_pct", "principal_usd"):
        assert up[name] == calm[name]
    named = "no hedge filed, so all floating interest moves" in up["inputs_assumed"]
    assert named == (cells in ({}, {"fixed_rate_pct": 5.9}))
    assert broken(db) == {}


def test_half_of_a_facility_in_a_fixed_tranche_stays(db):
    part = {"parent_facility_id": "a-loan", "commitment_usd": 50.0}
    facilities = [
        terms(fixed_rate_pct=6.0),
        terms("a-fixed", **part, benchmark="fixed", spread_bps=None),
        terms("a-float", **part),
    ]
    world(db, facilities=facilities, scenarios=[step(), step("up", sofr_shift_bps=400.0)])
    assert quarter(db, 0, "up")["quarter_interest_usd"] - quarter(db, 0)[
        "quarter_interest_usd"
    ] == pytest.approx(400 * 0.5 * 0.04 / 4)


def test_sofr_does_not_fall_through_its_floor(db):
    world(
        db,
        facilities=[terms(benchmark_floor_pct=1.0)],
        scenarios=[step(sofr_shift_bps=-1000.0)],
    )
    assert quarter(db, 0)["quarter_interest_usd"] == pytest.approx(400 * 0.05 / 4)


def test_take_or_pay_holds_until_the_customer_defaults_and_then_for_good(db):
    world(
        db,
        scenarios=[
            step("d"),
            step("d", 1, rent_multiplier=0.5),
            step("d", 2, rent_multiplier=0.5, is_offtaker_default=True),
            step("d", 3, rent_multiplier=0.5),
        ],
    )
    made = [quarter(db, number, "d") for number in range(5)]
    assert [each["is_at_market"] for each in made] == [False, False, True, True, True]
    assert [each["dscr_ratio"] is None for each in made] == [True, True, False, False, False]
    assert [each["is_dscr_broken"] for each in made] == [None, None, True, True, True]
    # At the market: 3.75 machines of 7.5 - 5 a year against 7.2 of interest and 20 of principal.
    assert made[2]["dscr_ratio"] == pytest.approx(3.75 * 2.5 / 4 / (360 * 0.08 / 4 + DUE))


def test_the_covenant_is_not_broken_before_it_is_tested(db):
    given = {"facilities": [terms(dscr_tested_from_on=date(2026, 9, 30))]}
    world(db, scenarios=[step(is_offtaker_default=True)], **given)
    assert [quarter(db, number)["is_dscr_broken"] for number in range(3)] == [None, None, True]


def test_a_contract_shorter_than_the_debt_ends_at_the_market(db):
    # The dates filed and reported of DDTL 5.5, which has no balance yet: contracts of 36 months
    # from August 2026, debt to September 2031.
    closed = date(2026, 8, 7)
    start = date(2026, 9, 30)
    world(
        db,
        facilities=[terms(closed_on=closed, maturity_on=date(2031, 9, 1), offtake_months=36)],
        balances=[balance(on=start)],
        clocks=clock(on=start),
        rates=[sofr(on=start)],
    )
    made = told(db, "facility_stress", "quarter_number <= 20")
    paid = [each["period_end_on"] for each in made if not each["is_at_market"]]
    bare = [each for each in made if each["is_at_market"] and each["principal_usd"] > 0]
    assert (paid[0], paid[-1]) == (start, date(2029, 6, 30))
    assert bare[0]["period_end_on"] == date(2029, 9, 30)
    assert bare[0]["dscr_ratio"] == bare[0]["dscr_market_ratio"]
    assert bare[0]["is_dscr_broken"]
    assert len(bare) == 8


def test_collateral_is_not_raised_so_that_the_agreement_holds(db):
    world(db, facilities=[terms(ltv_max_pct=75.0)])
    start, later = quarter(db, 0), quarter(db, 8)
    assert start["ltv_contract_pct"] == pytest.approx(80.0)
    assert start["is_base_broken"] is True
    assert "short of the base at the start; no breach is reported" in start["inputs_assumed"]
    assert later["depreciated_cost_usd"] == pytest.approx(500 * 4 / 6)


def test_debt_that_stays_breaks_the_base_when_collateral_wears_off(db):
    world(db, facilities=[terms(amortisation="bullet")])
    made = told(db, "facility_stress", "quarter_number < 20")
    # 0.85 x 500 x (1 - age / 6) is below 400 from age 0.353 on: the second quarter.
    assert [each["is_base_broken"] for each in made[:3]] == [False, False, True]
    assert all(each["is_base_broken"] for each in made[2:])
    assert str(made[2]["period_end_on"]) == "2026-09-30"


def test_where_the_base_is_the_schedule_it_can_break_too(db):
    # Nothing falls due until 2029, when half of the cost is left: 0.8 x 250 of 400.
    world(db, facilities=[terms(amortisation="borrowing_base", amortisation_from_on=DAY.replace(
        year=2029), ltv_max_pct=None, offtake_months=None)])  # fmt: skip
    made = quarter(db, 12)
    assert (made["principal_usd"], made["borrowing_base_usd"]) == (400.0, pytest.approx(200.0))
    assert made["is_base_broken"] is True


def test_base_is_the_path_the_value_rests_on_and_a_scenario_moves_it(db):
    measured = {"scenario_kind": "measured"}
    world(
        db,
        declines=[decline(-20.0)],
        scenarios=[
            step(),
            step("fall", 4, rent_multiplier=0.6),
            *[step("fall", number) for number in range(4)],
            step("past", **measured),
            *[step("past", number, rent_multiplier=1.1, **measured) for number in range(1, 5)],
        ],
    )
    # A fifth less a year; 40 % below that; what was measured goes alone and then falls too.
    rents = {
        name: [quarter(db, number, name)["rent_multiplier"] for number in (0, 4, 8)]
        for name in ("base", "fall", "past")
    }
    assert rents["base"] == pytest.approx([1, 0.8, 0.64])
    assert rents["fall"] == pytest.approx([1, 0.6 * 0.8, 0.6 * 0.64])
    assert rents["past"] == pytest.approx([1, 1.1, 1.1 * 0.8])
    # 3.75 machines with seven years to go, at 12 of rent and 5 of cost.
    assert quarter(db, 4)["market_value_usd"] == pytest.approx(3.75 * 7 * (12 - 5) + 125 * 5 / 6)
    assert quarter(db, 4)["quarter_market_income_usd"] == pytest.approx(3.75 * (12 - 5) / 4)


def test_without_a_rate_of_decline_rents_stand_still_and_it_is_said(db):
    world(db, declines=[decline(-20.0, on=date(2025, 1, 31))])
    assert quarter(db, 8)["rent_multiplier"] == 1.0
    assert "no rate of decline, so base rents stand still" in quarter(db, 8)["inputs_assumed"]


@pytest.mark.parametrize("amortisation", ["unfiled_schedule", "borrowing_base"])
def test_without_a_maturity_nothing_is_run_down_in_silence(db, amortisation):
    world(db, facilities=[terms(maturity_on=None, amortisation=amortisation)])
    made = quarter(db, 4)
    assert made["principal_usd"] is made["ltv_contract_pct"] is made["quarter_interest_usd"] is None
    assert made["stress_missing_reason"] == "no maturity filed"


def test_debt_past_its_maturity_is_owed_at_the_start_and_due(db):
    world(db, facilities=[terms(maturity_on=date(2026, 1, 31))])
    assert quarter(db, 0)["principal_usd"] == quarter(db, 0)["quarter_principal_due_usd"] == 400.0
    assert quarter(db, 1)["principal_usd"] == 0.0


def test_without_sofr_the_values_stand_and_the_service_says_why_not(db):
    world(db, rates=[])
    made = quarter(db, 0)
    assert made["quarter_interest_usd"] is made["dscr_market_ratio"] is None
    assert made["ltv_market_pct"] == pytest.approx(100 * 400 / 425)
    assert made["stress_missing_reason"] == "no SOFR for the day"


def test_without_a_rent_the_contract_side_stands(db):
    world(db, assumed=[])
    made = quarter(db, 0)
    assert made["market_value_usd"] is made["ltv_market_pct"] is made["dscr_market_ratio"] is None
    assert made["ltv_contract_pct"] == pytest.approx(80.0)
    assert made["stress_missing_reason"] == "no accelerator known for the collateral"


def aged(years, **cells):
    on = DAY.replace(year=DAY.year - years)
    return {
        "facilities": [terms(closed_on=on, maturity_on=date(2036, 3, 31), **cells)],
        "balances": [balance(on=on), balance(300.0)],
    }


def test_machines_that_outlive_the_clock_are_not_worth_nothing(db):
    world(db, **aged(5))
    # 5 years and 3 more is the clock's end; past it nothing is said.
    assert quarter(db, 11)["market_value_usd"] is not None
    late = quarter(db, 13)
    assert late["market_value_usd"] is late["ltv_market_pct"] is late["is_under_water"] is None
    assert "older than the income clock goes" in late["stress_missing_reason"]


def test_collateral_that_passes_its_life_leaves_a_base_of_nothing(db):
    world(db, **aged(5))
    assert quarter(db, 3)["is_base_broken"]
    made = quarter(db, 5)
    assert (made["depreciated_cost_usd"], made["ltv_contract_pct"]) == (0.0, None)
    assert made["is_base_broken"]
    assert made["stress_missing_reason"] == "collateral is past its agreed life"


def test_collateral_past_its_life_at_the_start_has_no_base(db):
    world(db, **aged(7))
    made = quarter(db, 0)
    assert made["depreciated_cost_usd"] is made["is_base_broken"] is None
    assert made["stress_missing_reason"] == "collateral was past its agreed life at the start"
    assert made["principal_usd"] == 300.0


def test_collateral_worth_nothing_is_under_water_without_an_ltv(db):
    world(db, clocks=clock(4.0), **aged(7))
    made = quarter(db, 0)
    assert (made["market_value_usd"], made["ltv_market_pct"]) == (0.0, None)
    assert made["is_under_water"]
    assert "collateral is worth nothing at the market" in made["stress_missing_reason"]


@pytest.mark.parametrize(
    "balances",
    [[], [balance(0.0)], [balance(), balance(0.0, date(2026, 6, 30))]],
    ids=["none", "never drawn", "repaid"],
)
def test_what_owes_nothing_now_is_not_stressed_from_an_older_balance(db, balances):
    world(db, balances=balances)
    assert told(db, "facility_stress") == []
    assert told(db, "facility_reverse_stress") == []


def test_a_row_is_known_when_its_scenario_is(db):
    late = datetime(2026, 9, 1, tzinfo=UTC)
    world(db, scenarios=[step(), step("late", known_at=late)])
    assert quarter(db, 0)["known_at"] == datetime(2026, 4, 1, tzinfo=UTC)
    assert quarter(db, 0, "late")["known_at"] == late
    assert quarter(db, 0)["price_vintage_on"] == DAY
    assert "accelerator nvidia-h100-sxm-80gb" in quarter(db, 0)["inputs_assumed"]


def test_without_scenarios_or_facilities_there_is_nothing(db):
    world(db, scenarios=[], assumed=[chip()])
    assert told(db, "facility_stress") == []


def test_promises_can_break(db):
    world(db)
    db.execute(
        "update marts.facility_stress set market_value_usd = market_value_usd * 1.01, "
        "quarter_interest_usd = quarter_interest_usd "
        "+ case when scenario = 'base' then 0 else 1 end, "
        "dscr_ratio = 1, stress_missing_reason = null where not is_at_market"
    )
    assert {promise.partition("__")[2] for promise in broken(db)} >= {
        "starts_where_coverage_stands",
        "a_missing_figure_says_why",
        "take_or_pay_does_not_move",
    }


def test_what_operators_realise_decides_by_itself_and_it_is_said(db):
    # New, 3.75 machines earn 120 each at half realised and spend 40, beside 125; 400 are owed.
    world(db)
    made = quarter(db, 0)
    assert made["market_value_usd"] == pytest.approx(3.75 * (120 - 40) + 125)
    assert made["is_under_water"] is made["is_under_water_at_80_pct"] is False
    assert 3.75 * (0.8 * 120 - 40) + 125 < 400
    assert made["is_under_water_at_40_pct"] is True
