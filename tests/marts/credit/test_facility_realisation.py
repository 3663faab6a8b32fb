"""400 owed on 3.75 machines that earn 120 and spend 40 each at 50 % realised, and 125 besides."""

import pytest

from tests.given.coverage import COVERAGE, INPUTS, clock, cost, landed, one, told
from tests.given.support import build

OF = (*COVERAGE, "marts.facility_realisation")


def realised(db, **given):
    landed(db, **given)
    build(db, *OF)
    return {each["realisation_pct"]: each for each in told(db, "facility_realisation")}


def test_what_is_earned_moves_with_the_part_realised_and_what_is_spent_does_not(db):
    made = realised(db)
    assert {part: each["market_value_usd"] for part, each in made.items()} == {
        part: pytest.approx(125 + 3.75 * (120 * part / 50 - 40)) for part in (40, 50, 60, 70, 80)
    }
    assert made[50]["market_value_usd"] == pytest.approx(
        one(db, "facility_coverage")["market_value_usd"]
    )
    assert made[60]["ltv_market_pct"] == pytest.approx(100 * 400 / (125 + 3.75 * 104))


def test_the_even_point_is_where_the_collateral_equals_the_debt(db):
    made = realised(db)
    # 400 = 125 + 3.75 x (2.4 x part - 40)
    even = (275 / 3.75 + 40) / 2.4
    for each in made.values():
        assert each["breakeven_realisation_pct"] == pytest.approx(even)
    assert [each["is_under_water"] for each in made.values()] == [True, False, False, False, False]
    assert made[40]["realisation_verdict"] == "decided by the part realised alone"


@pytest.mark.parametrize(
    ("rent", "verdict"),
    [
        (6.0, "under water at every part realised from 40 to 80 %"),
        (40.0, "covered at every part realised from 40 to 80 %"),
    ],
)
def test_a_verdict_that_no_part_changes_is_called_that(db, rent, verdict):
    made = realised(db, clocks=clock(rent))
    assert {each["realisation_verdict"] for each in made.values()} == {verdict}


def test_without_a_rent_every_part_says_why(db):
    made = realised(db, clocks=clock(publication_status="withheld"))
    assert {each["market_value_usd"] for each in made.values()} == {None}
    assert {each["realisation_verdict"] for each in made.values()} == {None}
    assert all("no neocloud rent" in each["market_missing_reason"] for each in made.values())


def test_without_a_cited_part_nothing_is_said(db):
    made = realised(db, inputs=[each for each in INPUTS if each["input"] != "realisation"])
    assert {each["market_value_usd"] for each in made.values()} == {None}


def test_the_input_is_cited(db):
    made = realised(db, inputs=[*INPUTS[:3], *INPUTS[4:], cost("realisation", 60.0)])
    assert made[60]["market_value_usd"] == pytest.approx(425)
