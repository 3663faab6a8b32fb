"""What a stress is made of: scenario paths, ageing lots and debt that runs down."""

from datetime import UTC, date, datetime

import pytest

from pipeline.build.model import create, models
from tests.given.coverage import DAY, LOAN, balance, decline, landed, moved, step, terms
from tests.given.coverage import world as built
from tests.given.lives import H100, put
from tests.given.support import build, rows


def path(db, *steps):
    landed(db, scenarios=steps)
    build(db, "steps.scenario_path")
    return rows(db, "from steps.scenario_path order by quarter_number")


def test_a_scenario_stands_still_after_its_last_quarter(db):
    made = path(db, step(rent_multiplier=1.0), step(quarter=1, rent_multiplier=0.5))
    assert [each["rent_multiplier"] for each in made] == [1.0] + [0.5] * 40


def test_nothing_is_known_after_a_quarter_that_is_left_out(db):
    made = path(db, step(), step(quarter=1), step(quarter=3))
    kinds = [each["scenario_kind"] for each in made]
    assert kinds == ["hypothetical"] * 2 + [None] * 39


def test_a_path_without_a_start_has_no_quarter(db):
    assert {each["scenario_kind"] for each in path(db, step(quarter=1))} == {None}


def test_a_customer_that_has_defaulted_stays_so(db):
    steps = step(), step(quarter=1, is_offtaker_default=True), step(quarter=2)
    made = [each["has_offtaker_defaulted"] for each in path(db, *steps)]
    assert made[:4] == [False, True, True, True]


@pytest.mark.parametrize(("newest", "starts"), [(300.0, [(LOAN, 300.0)]), (0.0, [])])
def test_a_stress_starts_at_the_newest_balance_and_not_where_it_is_repaid(db, newest, starts):
    built(db, balances=[balance(), balance(newest, on=date(2026, 6, 30))])
    made = rows(db, "from steps.facility_start")
    assert [(each["facility_id"], each["principal_usd"]) for each in made] == starts


def test_machines_are_read_at_their_age_of_the_quarter(db):
    built(db)
    lots = rows(db, "from steps.facility_lot_quarter order by quarter_number")
    # 375 of machines at 100 each, drawn on the day: 3.75 that earn 120 in eight years, new.
    assert [each["earned_usd"] for each in lots[:3]] == pytest.approx(
        [3.75 * 120, 3.75 * (0.75 * 120 + 0.25 * 105), 3.75 * (0.5 * 120 + 0.5 * 105)]
    )
    assert lots[32]["earned_usd"] == 0
    assert (lots[33]["earned_usd"], lots[33]["market_missing_reason"]) == (
        None,
        "older than the income clock goes",
    )
    assert lots[4]["depreciated_cost_usd"] == pytest.approx(500 * 5 / 6)


def test_the_schedule_is_kept_whatever_the_borrowing_base_covers(db):
    built(db, facilities=[terms(amortisation="borrowing_base", depreciation_life_years=2.0)])
    made = rows(db, "from steps.facility_quarter order by quarter_number")
    assert [each["principal_usd"] for each in made[:8]] == pytest.approx(
        [400 - 20 * quarter for quarter in range(8)]
    )
    assert [each["depreciated_cost_usd"] for each in made[:8]] == pytest.approx(
        [500 * (1 - quarter / 8) for quarter in range(8)]
    )
    assert made[0]["quarter_principal_due_usd"] == pytest.approx(20)
    assert made[0]["balance_on"] == DAY


def test_base_rents_fall_as_the_value_takes_them_to_and_scenarios_move_that_path(db):
    built(db, declines=[decline(-20.0)], scenarios=[step(), step("up", rent_multiplier=1.5)])
    made = rows(db, "from steps.facility_rent_path order by scenario, quarter_number")
    base, up = made[:41], made[41:]
    assert [base[number]["rent_multiplier"] for number in (0, 2, 4)] == pytest.approx(
        [1, 0.8**0.5, 0.8]
    )
    assert up[4]["rent_multiplier"] == pytest.approx(1.5 * 0.8)


def test_sofr_moves_what_floats_unhedged_in_a_scenario(db):
    given = {"facilities": [terms(hedged_min_pct=75.0)]}
    built(db, scenarios=[step(), step("up", sofr_shift_bps=400.0)], **given)
    made = rows(db, "from steps.facility_scenario_rate order by scenario, quarter_number")
    assert (made[0]["interest_rate_pct"], made[41]["interest_rate_pct"]) == (8.0, 9.0)


def test_collateral_is_the_sum_of_its_lots(db):
    built(db, balances=[balance(), balance(500.0, on=date(2026, 6, 30))])
    made = rows(db, "from steps.facility_value order by balance_on")
    assert [each["lot_count"] for each in made] == [1, 2]
    assert made[1]["lot_cost_usd"] == pytest.approx(500 + 125)


def test_moves_of_published_weeks_alone_count(db):
    landed(db)
    moved(db, [0.01, -0.02], tier="neocloud")
    moved(db, [0.5], tier="marketplace")
    build(db, "steps.rent_move")
    made = rows(db, "from steps.rent_move order by period_end_on")
    assert [(each["log_change"], each["move_weeks"]) for each in made] == [(0.01, 1), (-0.02, 1)]


@pytest.mark.parametrize(
    ("rates", "falls"),
    [
        ({H100: -10.0, "b": -40.0}, 100 * ((0.9**3 * 0.6) ** 0.25 - 1)),
        ({H100: -10.0}, None),  # half of what backs the loan has no decline
    ],
)
def test_machines_of_two_kinds_fall_by_their_declines_weighted_by_cost(db, rates, falls):
    known = {"known_at": datetime(2026, 4, 1, tzinfo=UTC)}
    loan = {"facility_id": LOAN, "balance_on": DAY}
    put(db, "steps.facility_start", loan | {"price_vintage_on": DAY})
    put(db, "marts.facility_lot_value", *(
        loan | known | {"lot_number": number, "accelerator": chip, "lot_cost_usd": spent}
        for number, (chip, spent) in enumerate([(H100, 300.0), ("b", 100.0)])
    ))  # fmt: skip
    put(db, "marts.depreciation_rate", *(
        decline(rate, accelerator=chip) for chip, rate in rates.items()
    ))  # fmt: skip
    [model] = [each for each in models() if each.table == "steps.facility_decline"]
    create(db, model)
    [made] = rows(db, "from steps.facility_decline")
    assert made["rate_pct_per_year"] == (None if falls is None else pytest.approx(falls))
