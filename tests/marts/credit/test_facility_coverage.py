"""One loan of 400 against 500 of cost by two clocks; then the filed facilities, by hand."""

# As text, so that no annotation keeps a class of DuckDB alive.
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.warehouse import DuckDB, Warehouse, opened_for_reading
from tests.given.coverage import (
    COVERAGE,
    DAY,
    balance,
    broken,
    chip,
    clock,
    landed,
    one,
    rewindable,
    sofr,
    stand_in,
    terms,
    told,
    world,
)
from tests.given.support import build, rows

RATIOS = (
    "ltv_contract_pct", "ltv_market_pct", "low_ltv_market_pct", "high_ltv_market_pct",
    "blind_gap_pct", "base_headroom_usd", "dscr_market_ratio",
)  # fmt: skip


def covered(db, where="true", **given):
    landed(db, **given)
    build(db, *COVERAGE)
    return one(db, "facility_coverage", where)


def test_both_clocks_and_the_distance_between_them(db):
    made = covered(db)
    assert made["collateral_cost_usd"] == 500.0
    assert made["ltv_contract_pct"] == pytest.approx(80.0)
    assert made["borrowing_base_usd"] == pytest.approx(425.0)
    assert made["base_headroom_usd"] == pytest.approx(25.0)
    # 300 of machines and 125 of the rest; low and high are the machines' half and half more.
    assert made["ltv_market_pct"] == pytest.approx(100 * 400 / 425)
    assert made["high_ltv_market_pct"] == pytest.approx(100 * 400 / 275)
    assert made["low_ltv_market_pct"] == pytest.approx(100 * 400 / 575)
    assert made["blind_gap_pct"] == pytest.approx(100 * 400 / 425 - 80)
    assert made["price_vintage_on"] == DAY
    assert made["known_at"] == datetime(2026, 4, 1, tzinfo=UTC)
    assert "machines counted at the newest price of a new one" in made["inputs_assumed"]
    assert "level repayment to maturity" in made["inputs_assumed"]


def test_service_is_what_falls_due_in_a_year(db):
    made = covered(db)
    assert made["annual_interest_usd"] == pytest.approx(400 * 0.08)
    assert made["annual_principal_due_usd"] == pytest.approx(400 * 12 / 60)
    assert made["annual_debt_service_usd"] == pytest.approx(112.0)
    assert made["annual_market_income_usd"] == pytest.approx(3.75 * 10)
    assert made["dscr_market_ratio"] == pytest.approx(37.5 / 112)


def test_where_cost_from_draws_is_too_little_there_is_no_headroom_and_no_breach(db):
    made = covered(db, facilities=[terms(ltv_max_pct=75.0)])
    assert made["ltv_contract_pct"] == pytest.approx(80.0)
    assert made["base_headroom_usd"] is None
    assert made["headroom_missing_reason"].startswith("collateral beyond draw over advance rate")
    # At a filed rate the cost is the least there can be, so the LTV is the most.
    assert (made["cost_bound"], made["ltv_contract_bound"]) == ("lower", "upper")


@pytest.mark.parametrize(
    ("cells", "due"),
    [
        ({"amortisation": "bullet"}, 0.0),
        ({"maturity_on": date(2027, 3, 31)}, 400.0),
        ({"maturity_on": date(2026, 1, 31)}, 400.0),
        # From the sixth month on, 54 months are left, six of them within the year.
        ({"amortisation_from_on": date(2026, 9, 30)}, 400 * 6 / 54),
        ({"amortisation_from_on": date(2027, 9, 30)}, 0.0),
        # A first repayment at the maturity itself, as typed, divides by nothing.
        ({"amortisation_from_on": date(2031, 3, 31)}, 0.0),
    ],
    ids=str,
)
def test_principal_due(db, cells, due):
    assert covered(db, facilities=[terms(**cells)])["annual_principal_due_usd"] == pytest.approx(
        due
    )


@pytest.mark.parametrize(
    ("cells", "percent"),
    [
        ({}, 8.0),
        ({"spread_high_bps": 900.0}, 8.0),
        ({"benchmark_floor_pct": 5.0}, 9.0),
        ({"benchmark_floor_pct": 1.0}, 8.0),
        ({"spread_bps": None, "fixed_rate_pct": 5.9, "benchmark": "fixed"}, 5.9),
    ],
    ids=str,
)
def test_interest(db, cells, percent):
    made = covered(db, facilities=[terms(**cells)])
    assert made["annual_interest_usd"] == pytest.approx(4 * percent)
    assert ("lowest spread" in made["inputs_assumed"]) == ("spread_high_bps" in cells)


def test_tranches_say_which_part_is_fixed(db):
    part = {"parent_facility_id": "a-loan"}
    made = covered(
        db,
        facilities=[
            terms(fixed_rate_pct=6.0),
            terms("a-fixed", **part, commitment_usd=300.0, benchmark="fixed", spread_bps=None),
            terms("a-float", **part, commitment_usd=100.0),
        ],
    )
    assert made["fixed_fraction"] == 0.75
    assert made["annual_interest_usd"] == pytest.approx(400 * (0.75 * 0.06 + 0.25 * 0.08))
    assert "drawn in the proportion of its tranches" in made["inputs_assumed"]


@pytest.mark.parametrize("on", [DAY - timedelta(days=7), DAY + timedelta(days=1)])
def test_without_sofr_of_the_week_there_is_no_interest_and_a_reason(db, on):
    made = covered(db, rates=[sofr(on=on)])
    assert made["sofr_pct"] is None
    assert made["annual_interest_usd"] is None
    assert made["dscr_market_ratio"] is None
    assert made["dscr_missing_reason"] == "no SOFR for the day"
    assert made["ltv_market_pct"] is not None


def test_sofr_of_the_last_business_day_counts(db):
    rates = [sofr(3.0, DAY - timedelta(days=3)), sofr(4.5, DAY - timedelta(days=2))]
    assert covered(db, rates=rates)["sofr_pct"] == 4.5


def test_an_unfiled_rate_is_neither_fixed_nor_free(db):
    made = covered(db, facilities=[terms(spread_bps=None)])
    assert made["fixed_fraction"] is None
    assert made["annual_interest_usd"] is None
    assert made["dscr_missing_reason"] == "no interest rate filed"


def test_without_a_maturity_there_is_no_service(db):
    made = covered(db, facilities=[terms(maturity_on=None)])
    assert made["annual_principal_due_usd"] is None
    assert made["dscr_missing_reason"] == "no maturity filed"


def test_an_amendment_does_not_reach_back(db):
    # Two years more from July on: until then a fifth a year falls due, afterwards an eighth.
    amended = terms(
        maturity_on=date(2034, 6, 30),
        terms_from_on=date(2026, 4, 15),
        dscr_min_ratio=1.2,
        known_at=datetime(2026, 4, 20, tzinfo=UTC),
    )
    june = date(2026, 6, 30)
    given = {"facilities": [terms(), amended], "balances": [balance(), balance(on=june)]}
    landed(db, **given)
    build(db, *COVERAGE)
    before, after = told(db, "facility_coverage")
    assert (before["maturity_on"], before["dscr_min_ratio"]) == (date(2031, 3, 31), 1.4)
    assert before["annual_principal_due_usd"] == pytest.approx(400 / 5)
    assert (after["maturity_on"], after["dscr_min_ratio"]) == (date(2034, 6, 30), 1.2)
    assert after["annual_principal_due_usd"] == pytest.approx(400 / 8)


def test_a_balance_that_is_not_filed_for_the_day_or_not_sure_says_so(db):
    december = date(2025, 12, 31)
    given = {
        "facilities": [terms(closed_on=date(2025, 9, 30))],
        "balances": [balance(390.0, on=date(2025, 9, 30)), balance(confidence="medium")],
    }
    landed(db, **given)
    build(db, *COVERAGE)
    made = {each["balance_on"]: each for each in told(db, "facility_coverage")}
    assert made[december]["balance_basis"] == "between_filed"
    assert "between those filed of 2025-09-30 and 2026-03-31" in made[december]["inputs_assumed"]
    assert made[DAY]["confidence"] == "medium"
    assert "balance (medium: made up)" in made[DAY]["inputs_assumed"]


def test_ltv_is_as_uncertain_as_the_day_of_the_draw(db):
    made = covered(db, facilities=[terms(closed_on=date(2025, 4, 5))])
    oldest = 360 / 365.25
    assert made["low_ltv_contract_pct"] == pytest.approx(80)
    assert made["high_ltv_contract_pct"] == pytest.approx(80 / (1 - oldest / 6))
    assert made["low_ltv_contract_pct"] < made["ltv_contract_pct"] < made["high_ltv_contract_pct"]


def test_a_facility_repaid_in_full_has_no_ratio(db):
    given = {"balances": [balance(), balance(0.0, date(2026, 6, 30))]}
    where = "balance_on = '2026-06-30'"
    made = covered(db, where, clocks=[*clock(), *clock(on=date(2026, 6, 30))], **given)
    assert [made[name] for name in RATIOS] == [None] * len(RATIOS)
    for side in ("contract", "market", "dscr", "headroom"):
        assert made[f"{side}_missing_reason"] == "repaid in full"


def test_a_facility_without_any_balance_has_a_row_that_says_so(db):
    made = covered(db, balances=[])
    assert made["balance_on"] is None
    assert made["principal_usd"] is None
    assert [made[name] for name in RATIOS] == [None] * len(RATIOS)
    for side in ("contract", "market", "dscr", "headroom"):
        assert made[f"{side}_missing_reason"] == "no balance filed"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"advance_rate_pct": None}, "no advance rate filed or assumed"),
        ({"depreciation_life_years": None}, "no depreciation life filed or assumed"),
        ({"closed_on": None}, "no closing day known"),
    ],
    ids=str,
)
def test_no_collateral_says_which_term_is_missing(db, cells, reason):
    made = covered(db, facilities=[terms(**cells)])
    assert made["ltv_contract_pct"] is None
    assert made["contract_missing_reason"] == reason
    assert made["market_missing_reason"] == "no collateral known"


@pytest.mark.parametrize("rent", [0.0, 4.0])
def test_rent_under_cash_cost_leaves_the_rest_and_no_coverage(db, rent):
    made = covered(db, clocks=clock(rent))
    assert made["ltv_market_pct"] == pytest.approx(100 * 400 / 125)
    assert made["annual_market_income_usd"] == pytest.approx(3.75 * (rent - 5))
    assert made["dscr_market_ratio"] is None
    assert made["dscr_missing_reason"] == "rent does not cover cash cost"


def aged(on):
    return {
        "facilities": [terms(closed_on=on)],
        "balances": [balance(on=on), balance(300.0)],
        "where": f"balance_on = '{DAY}'",
    }


def test_collateral_past_its_life_has_no_contract_ltv(db):
    made = covered(db, **aged(date(2019, 3, 31)))
    assert (made["depreciated_cost_usd"], made["ltv_contract_pct"]) == (0.0, None)
    assert made["contract_missing_reason"] == "collateral is past its agreed life"
    assert made["blind_gap_pct"] is None
    assert made["ltv_market_pct"] == pytest.approx(100 * 300 / (37.5 * (8 - 2557 / 365.25)))


def test_collateral_worth_nothing_has_no_market_ltv_and_says_so(db):
    made = covered(db, clocks=clock(0.0), **aged(date(2019, 3, 31)))
    assert (made["market_value_usd"], made["ltv_market_pct"]) == (0.0, None)
    assert made["market_missing_reason"] == "collateral is worth nothing at the market"


def test_one_lot_without_a_value_leaves_no_sum(db):
    made = covered(db, **(aged(date(2017, 3, 31)) | {
        "balances": [balance(on=date(2017, 3, 31)), balance(500.0)]}))  # fmt: skip
    assert made["lot_count"] == 2
    assert made["market_value_usd"] is None
    assert made["market_missing_reason"] == "older than the income clock goes"


def test_what_is_redacted_and_what_stands_in_are_both_named(db):
    made = covered(
        db,
        facilities=[terms(advance_rate_pct=None, redacted_terms="advance_rate_pct|offtaker")],
        assumed=[chip(), stand_in("advance_rate_pct", 65.0)],
    )
    assert "redacted in the filing: advance_rate_pct, offtaker" in made["inputs_assumed"]
    assert "advance_rate_pct 65.0 (high: made up)" in made["inputs_assumed"]


def test_deals_that_do_not_count_have_no_row(db):
    landed(db, facilities=[terms(deal_status="rumored"), terms("b", parent_facility_id="c")])
    build(db, *COVERAGE)
    assert told(db, "facility_coverage") == []


FILED = datetime(2026, 5, 9, tzinfo=UTC)


def test_a_balance_is_unknown_until_it_is_filed(db):
    second = date(2026, 6, 30)
    restated = balance(440.0, known_on=date(2026, 8, 1))
    given = {"balances": [balance(known_on=date(2026, 5, 8)), restated,
                          balance(380.0, second, known_on=date(2026, 8, 12))]}  # fmt: skip
    world(db, clocks=[*clock(), *clock(on=second)], rates=[sofr(), sofr(on=second)], **given)
    rewindable(db)
    query = "select balance_on, principal_usd, known_at from vintage.facility_coverage"

    def then(moment, text=query):
        db.execute(f"set variable as_of = timestamptz '{moment.isoformat()}'")
        made = rows(db, f"{text} order by all")
        assert all(each["known_at"] <= moment for each in made)
        return [(each["balance_on"], each["principal_usd"]) for each in made]

    assert then(FILED - timedelta(microseconds=1)) == [(None, None)]
    assert then(FILED) == [(DAY, 400.0)]
    assert then(datetime(2026, 8, 2, tzinfo=UTC)) == [(DAY, 440.0)]
    assert then(datetime(2026, 8, 13, tzinfo=UTC)) == [(DAY, 440.0), (second, 380.0)]
    stressed = (
        "select max(period_end_on) as balance_on, max(principal_usd) as principal_usd, "
        "max(known_at) as known_at from vintage.facility_stress group by facility_id"
    )
    assert then(FILED - timedelta(microseconds=1), stressed) == []
    assert then(FILED, stressed) == [(date(2036, 3, 31), 400.0)]
    reverse = (
        "select balance_on, 0.0 as principal_usd, known_at "
        "from vintage.facility_reverse_stress where threshold = 'market_ltv_100'"
    )
    assert then(FILED, reverse) == [(DAY, 0.0)]
    db.execute("reset variable as_of")


def test_promises_hold_and_can_break(db):
    world(db)
    assert broken(db) == {}
    db.execute(
        "update marts.facility_coverage set ltv_market_pct = 50, base_headroom_usd = null, "
        "borrowing_base_usd = 1"
    )
    assert {promise.partition("__")[2] for promise in broken(db)} >= {
        "ltv_is_debt_over_value",
        "a_missing_figure_says_why",
    }


# The committed facts and recorded rents.


@pytest.fixture(scope="module")
def real(committed: Warehouse) -> Iterator[DuckDB]:
    with opened_for_reading(committed.published) as db:
        yield db


def filed(db, facility_id, day):
    where = f"facility_id = 'crwv-{facility_id}' and balance_on = '{day}'"
    return one(db, "facility_coverage", where)


def test_the_contract_base_of_ddtl_3_0_by_hand(real):
    # At 80 %: 425 million from closing on 2025-07-28 to the end of 2025, on the middle day
    # 2025-10-14 and so 168 days old, and 1,700 million in the quarter after, 45 days old.
    made = filed(real, "ddtl-3-0", "2026-03-31")
    depreciated = 425e6 * (1 - 168 / 365.25 / 6) + 1_700e6 * (1 - 45 / 365.25 / 6)
    assert made["collateral_cost_usd"] == pytest.approx(2_125e6)
    assert made["depreciated_cost_usd"] == pytest.approx(depreciated)
    assert depreciated / 1e6 == pytest.approx(2_057.5, abs=0.05)
    assert made["ltv_contract_pct"] == pytest.approx(82.62, abs=0.005)
    assert made["ltv_max_pct"] == 85.0
    assert made["borrowing_base_usd"] == pytest.approx(0.85 * depreciated)
    assert made["base_headroom_usd"] == pytest.approx(0.85 * depreciated - 1_700e6)


def test_ddtl_2_0_of_june_2025_goes_by_the_terms_of_june_2025(real):
    made = filed(real, "ddtl-2-0", "2025-06-30")
    assert str(made["maturity_on"]) == "2029-05-31"
    assert made["annual_principal_due_usd"] == pytest.approx(4_953_967_000 * 12 / 47)
    assert filed(real, "ddtl-2-0", "2026-03-31")["maturity_on"].year == 2030


def test_the_lot_of_ddtl_1_0_is_dated_by_the_end_of_its_draws(real):
    # Drawn from 2023-07-30 to 2024-06-30: 898 days old in June 2026, of six years; 2,300 at 65 %.
    made = filed(real, "ddtl-1-0", "2026-06-30")
    depreciated = 2_300e6 / 0.65 * (1 - 898 / 365.25 / 6)
    assert made["ltv_contract_pct"] == pytest.approx(100 * 1_300e6 / depreciated)
    assert made["ltv_contract_pct"] == pytest.approx(62.2, abs=0.05)
    assert made["base_headroom_usd"] / 1e6 == pytest.approx(57.5, abs=0.1)


def test_debt_service_is_held_against_what_was_repaid(real):
    where = "facility_id = 'crwv-ddtl-1-0' and balance_on = '2025-06-30'"
    made = one(real, "facility_repayment", f"{where} and next_balance_on = '2026-06-30'")
    # 115 million a quarter had been repaid: 464 in a year, when 482.5 was.
    assert made["schedule_basis"] == "as_balances_fell"
    assert made["modelled_repaid_usd"] == pytest.approx(464e6, abs=1e6)
    assert made["repaid_usd"] == 482_500_000
    # The level schedule would have had 648.
    assert pytest.approx(648, abs=1) == 12 / 33 * 1_782.5


ENDS = [
    "2024-12-31",
    "2025-03-31",
    "2025-06-30",
    "2025-09-30",
    "2025-12-31",
    "2026-03-31",
    "2026-06-30",
]
QUARTERS = {
    "ddtl-1-0": ENDS,
    "ddtl-2-0": ENDS,
    "ddtl-2-1": ENDS[4:],
    "ddtl-3-0": ENDS[4:],
    "ddtl-4-0": ENDS[5:],
}
# Its rents had risen for months: by June 2026 a machine would be worth more than a new one costs.
ON_B200 = ("ddtl-2-1", "ddtl-3-0", "ddtl-4-0")


@pytest.mark.parametrize(
    ("facility_id", "day"), [(name, day) for name, days in QUARTERS.items() for day in days]
)
def test_both_ltvs_of_every_filed_quarter_end(real, facility_id, day):
    made = filed(real, facility_id, day)
    assert 50 < made["ltv_contract_pct"] < 115
    assert made["low_ltv_contract_pct"] <= made["ltv_contract_pct"] <= made["high_ltv_contract_pct"]
    assert made["known_at"] is not None
    if facility_id in ON_B200 and day == "2026-06-30":
        assert made["ltv_market_pct"] is made["blind_gap_pct"] is None
        assert made["market_missing_reason"] == "value above the newest price of a new one"
        return
    assert made["blind_gap_pct"] == made["ltv_market_pct"] - made["ltv_contract_pct"] > 0
    assert made["market_missing_reason"] is None
    assert made["price_vintage_on"] <= made["balance_on"]
    # A rent is no older than a month: at every quarter end three neoclouds were looked at since.
    assert 0 <= (made["balance_on"] - made["last_observed_on"]).days <= 31


def test_the_table_has_every_filed_quarter_end(real):
    made = rows(
        real,
        "select facility_id, balance_on from marts.facility_coverage where facility_id like "
        "'crwv-ddtl%' and principal_usd is not null",
    )
    found: dict[str, list[str]] = {}
    for each in made:
        name = each["facility_id"].removeprefix("crwv-")
        found.setdefault(name, []).append(str(each["balance_on"]))
    assert {name: sorted(days) for name, days in found.items() if name in QUARTERS} == QUARTERS


def test_ddtl_1_0_rests_on_a_redacted_rate_and_says_so(real):
    for day in QUARTERS["ddtl-1-0"]:
        told_of = filed(real, "ddtl-1-0", day)["inputs_assumed"]
        assert "redacted in the filing: advance_rate_pct, offtaker" in told_of
        assert "advance_rate_pct 65.0 (low: " in told_of
        assert "depreciation_life_years 6.0 (low: " in told_of
        assert "funded_usd 2300.0 million (medium: " in told_of
        assert "accelerator nvidia-h100-sxm-80gb (low: " in told_of


def test_no_redacted_term_is_filled_in_silence(real):
    made = rows(
        real,
        "select c.facility_id, c.inputs_assumed, f.redacted_terms, f.advance_rate_pct "
        "from marts.facility_coverage as c join marts.facility as f using (facility_id) "
        "where c.ltv_contract_pct is not null",
    )
    assert len(made) >= 14
    for each in made:
        for term in (each["redacted_terms"] or "").split("|"):
            assert term in each["inputs_assumed"]
        if each["advance_rate_pct"] is None:
            assert "advance_rate_pct " in each["inputs_assumed"]


def test_a_borrower_without_a_balance_is_there_with_a_reason(real):
    made = one(real, "facility_coverage", "facility_id = 'crwv-ddtl-5-5'")
    assert made["principal_usd"] is None
    assert made["contract_missing_reason"] == "no balance filed"


def test_every_result_says_what_it_rests_on(real):
    for mart in ("facility_coverage", "facility_stress", "facility_reverse_stress"):
        stressed = "principal_usd > 0 and market_value_usd is not null"
        where = stressed if mart != "facility_reverse_stress" else "rent_multiplier is not null"
        made = told(real, mart, where)
        assert made
        for each in made:
            assert each["known_at"] is not None
            assert each["price_vintage_on"] is not None
            assert "draw over advance rate" in each["inputs_assumed"]
    for each in told(real, "facility_reverse_stress", "rent_multiplier is null"):
        assert each["stress_missing_reason"] is not None


def test_every_promise_holds_on_the_committed_facts(real):
    assert broken(real) == {}
