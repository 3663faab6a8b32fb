"""Cash through an agreement by hand: eight quarters with a trap, a cure and a balloon."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from pipeline.methods.waterfall import BREACHES, FLOWS, Lanes, flow, run

NONE = float("nan")
QUARTERS = 9
# 800 owed, 50 a quarter, and all that is left in the eighth: 50 and a balloon of 400.
SCHEDULE = [800.0, 750, 700, 650, 600, 550, 500, 450, 0]
# At 8 % a year.
RATE = 8.0


def lanes(revenue, **cells):
    def row(values):
        given = np.asarray(values, dtype=float)
        return np.broadcast_to(given, (1, QUARTERS)).copy()

    made = {
        "scheduled": SCHEDULE,
        "rate": RATE,
        "revenue": revenue,
        "cost": 20.0,
        "contract_ratio": NONE,
        "base": NONE,
        "coverage_min": NONE,
        "trigger": NONE,
        "liquidity": NONE,
    } | cells
    matures = np.zeros((1, QUARTERS), dtype=bool)
    matures[0, -1] = True
    return Lanes(is_maturity=matures, **{name: row(values) for name, values in made.items()})


def told(made, name):
    return made[name][0, 1:].tolist()


def broken(made):
    places = [int(each) for each in made["breach"][0, 1:]]
    return [None if each < 0 else BREACHES[each] for each in places]


def test_eight_quarters_with_a_trap_a_cure_and_a_balloon():
    # Revenue less 20 of cost leaves 100, 100, 75, 60, 100, 200, 100, 500. The trigger is 1.2.
    revenue = [0, 120, 120, 95, 80, 120, 220, 120, 520]
    # The base lets 640 stand after the third quarter and 560 after the fifth, no more.
    base = [900, 900, 900, 640, 640, 520, 520, 520, 520]
    made = flow(lanes(revenue, base=base, trigger=1.2, coverage_min=1.0))
    # Interest is 2 % of what is owed: 16, 15, 14, then on what the cures left.
    assert told(made, "interest_due_usd") == pytest.approx([16, 15, 14, 12.8, 12, 10.4, 10, 9])
    # Service 66, 65, 64: coverage 1.515, 1.538, 1.172; the cure of 10 counts toward the fourth.
    assert told(made, "dscr_ratio") == pytest.approx(
        [100 / 66, 100 / 65, 75 / 64, 60 / 52.8, 100 / 62, 200 / 30.4, 100 / 60, 500 / 59]
    )
    # Third: 75 - 14 - 50 = 11, of which 10 cure (650 to 640), and 1 is kept below the trigger.
    # Fourth: 1 + 60 - 12.8 - 40 = 8.2 is kept. Fifth: 8.2 + 100 - 12 - 50 = 46.2 of the 30 to cure.
    assert told(made, "cure_due_usd") == pytest.approx([0, 0, 10, 0, 30, 0, 0, 0])
    assert told(made, "cure_paid_usd") == pytest.approx([0, 0, 10, 0, 30, 0, 0, 0])
    assert told(made, "kept_cash_usd") == pytest.approx([0, 0, 1, 8.2, 0, 0, 0, 0])
    assert told(made, "principal_paid_usd") == pytest.approx([50, 50, 50, 40, 50, 20, 50, 450])
    assert told(made, "principal_usd") == pytest.approx([750, 700, 640, 600, 520, 500, 450, 0])
    # Out of 100, 100, the rest of 16.2, 169.6, 40 and, after the balloon, 41.
    assert told(made, "distributed_usd") == pytest.approx([34, 35, 0, 0, 16.2, 169.6, 40, 41])
    assert told(made, "balloon_usd") == pytest.approx([0] * 7 + [400])
    assert told(made, "unpaid_usd") == pytest.approx([0] * 8)
    assert broken(made) == [None] * 8


def test_no_cent_appears_or_is_lost():
    revenue = [0, 120, 60, 95, 20, 120, 220, 120, 300]
    made = flow(lanes(revenue, base=640.0, trigger=1.2, liquidity=25.0))
    kept = made["kept_cash_usd"][0]
    # Running cost is always met, by the sponsor where cash is not: that part is in unpaid.
    for quarter in range(1, QUARTERS):
        paid = sum(
            made[name][0, quarter]
            for name in (
                "interest_paid_usd",
                "principal_paid_usd",
                "cure_paid_usd",
                "distributed_usd",
            )
        )
        net = revenue[quarter] - 20
        assert kept[quarter - 1] + net == pytest.approx(paid + kept[quarter])
    owed = made["principal_usd"][0]
    for quarter in range(1, QUARTERS):
        repaid = made["principal_paid_usd"][0, quarter] + made["cure_paid_usd"][0, quarter]
        assert owed[quarter - 1] - owed[quarter] == pytest.approx(repaid)


@pytest.mark.parametrize(
    ("third", "cured", "breach"), [(120.0, 30.0, None), (86.0, 2.0, "borrowing_base")]
)
def test_a_base_that_cash_cannot_cure_breaks_and_one_that_it_can_does_not(third, cured, breach):
    # 650 left in the third quarter where 620 may stand. Of a rent of 120 there is
    # 120 - 20 - 14 - 50 = 36 for the 30; of one of 86 there is 2.
    revenue = [0, 120, 120, third, *[120] * 4, 600]
    made = flow(lanes(revenue, base=[900, 900, 900, *[620] * 6]))
    assert made["cure_paid_usd"][0, 3] == pytest.approx(cured)
    assert made["principal_usd"][0, 3] == pytest.approx(650 - cured)
    assert broken(made)[2] == breach


def test_interest_that_is_not_paid_is_due_again_and_bears_none():
    made = flow(lanes([0, 30, 120, 120, 120, 120, 120, 120, 600]))
    # 10 of 16 is paid and no principal; then 16 of the 800 still owed, and the 6.
    assert told(made, "unpaid_usd")[0] == pytest.approx(6 + 50)
    assert told(made, "interest_due_usd")[1] == pytest.approx(16 + 6)
    assert told(made, "quarter_principal_due_usd")[1] == pytest.approx(100)
    assert broken(made)[0] == "payment"


def test_a_balloon_that_cash_does_not_reach_breaks_at_maturity():
    made = flow(lanes([0, *[120] * 8]))
    assert broken(made) == [None] * 7 + ["balloon"]
    assert told(made, "principal_usd")[-1] == pytest.approx(450 - (100 - 9))


def test_the_least_a_contract_brings_in_is_its_coverage_times_the_service():
    made = flow(lanes(0.0, contract_ratio=[NONE, 1.4, 1.4, NONE, 1.4, 1.4, 1.4, 1.4, 1.4]))
    # 1.4 times 66 and 65 over the cost of 20; in the third quarter the market, which pays nothing.
    assert told(made, "rent_received_usd")[:3] == pytest.approx([20 + 1.4 * 66, 20 + 1.4 * 65, 0])
    assert broken(made)[:3] == [None, None, "payment"]


def test_liquidity_is_kept_at_the_start_and_its_loss_is_a_breach():
    made = flow(lanes([0, 120, 75, 120, 120, 120, 120, 120, 600], liquidity=30.0))
    # Second quarter: 55 - 15 - 50 = -10, out of the 30; the third makes it good before the sponsor.
    assert told(made, "kept_cash_usd")[:3] == pytest.approx([30, 20, 30])
    assert broken(made)[:3] == [None, "liquidity", None]
    assert told(made, "distributed_usd")[2] == pytest.approx(100 - 14 - 50 - 10)


def test_coverage_below_its_covenant_keeps_cash_and_is_a_breach_where_it_is_tested():
    covenant = [NONE, NONE, *[1.6] * 7]
    made = flow(lanes([0, *[120] * 7, 600], trigger=1.6, coverage_min=covenant))
    assert broken(made)[:2] == [None, "coverage"]
    assert told(made, "kept_cash_usd")[:2] == pytest.approx([34, 69])


def test_what_is_unknown_stays_unknown_and_never_becomes_zero():
    made = flow(lanes([0, 120, NONE, 120, 120, 120, 120, 120, 600]))
    assert made["principal_usd"][0, 1] == 750
    assert np.isnan(made["principal_usd"][0, 2:]).all()
    assert broken(made) == [None] * 8


def row(quarter, **cells):
    last = quarter >= 2
    return {
        "facility_id": "a-loan", "scenario": "base", "realisation_pct": 50.0,
        "revenue_basis": "market", "quarter_number": quarter,
        "period_end_on": date(2026, 3, 31).replace(month=(3, 6, 9, 12)[quarter], day=30),
        "balance_on": date(2026, 3, 30), "rent_multiplier": 1.0,
        "scheduled_principal_usd": 0.0 if last else 100.0 - 50 * quarter,
        "maturity_on": date(2026, 9, 15), "interest_rate_pct": 8.0,
        "market_revenue_usd": 80.0, "running_cost_usd": 20.0, "contract_ratio": None,
        "is_offtaker_paying": True, "borrowing_base_usd": 200.0, "is_base_tested": True,
        "dscr_min_ratio": None, "is_dscr_tested": True, "liquidity_min_usd": None,
        "market_value_usd": 160.0, "cash_missing_reason": None, "inputs_assumed": "made up",
        "price_vintage_on": date(2026, 3, 31), "known_at": datetime(2026, 4, 1, tzinfo=UTC),
    } | cells  # fmt: skip


TYPES = {
    "contract_ratio": pl.Float64,
    "dscr_min_ratio": pl.Float64,
    "liquidity_min_usd": pl.Float64,
}


def ran(*rows):
    frame = pl.DataFrame(list(rows), schema_overrides=TYPES, infer_schema_length=None)
    return run(frame.with_columns(pl.col("cash_missing_reason").cast(pl.String))).to_dicts()


def test_rows_end_with_the_maturity_and_name_what_breaks_first():
    made = ran(*(row(quarter) for quarter in range(4)))
    assert [each["quarter_number"] for each in made] == [0, 1, 2]
    assert [each["principal_usd"] for each in made] == pytest.approx([100, 50, 0])
    assert [each["breach"] for each in made] == [None, None, None]
    assert made[0]["ltv_market_pct"] == pytest.approx(62.5)
    poor = ran(*(row(quarter, market_revenue_usd=25.0) for quarter in range(4)))
    assert [each["breach"] for each in poor] == [None, "payment", "balloon"]
    assert [each["is_first_breach"] for each in poor] == [False, True, False]


def test_a_lane_without_rent_has_its_reason_and_no_flow():
    unknown = {"market_revenue_usd": None, "cash_missing_reason": "no rent"}
    made = ran(row(0), row(1, **unknown), row(2))
    assert [each["cash_missing_reason"] for each in made] == [
        None,
        "no rent",
        "cash is unknown since an earlier quarter",
    ]
    assert {each["unpaid_usd"] for each in made} == {None}


def test_no_rows_make_no_rows():
    empty = pl.DataFrame([row(0)], schema_overrides=TYPES).clear()
    assert run(empty).height == 0
    assert set(FLOWS) <= set(run(empty).columns)
