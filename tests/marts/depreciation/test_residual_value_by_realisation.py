"""The income clock at other parts of posted rent realised, length of use held."""

import pytest

from tests.given.lives import H100
from tests.given.support import build, rows
from tests.marts.depreciation.test_residual_value import INPUTS, WORTH, values

PARTS = (40.0, 50.0, 60.0, 70.0, 80.0)


def by_part(db, age=2.0, **given):
    made = values(db, **given)
    build(db, "marts.residual_value_by_realisation")
    found = rows(
        db,
        f"from marts.residual_value_by_realisation where age_years = {age} "
        f"and accelerator = '{H100}' order by realisation_pct",
    )
    return made["income_market", age], found


def test_earned_moves_in_proportion_and_spent_does_not(db):
    base, made = by_part(db, cost_new=1e6)
    earned, spent = base["earned_usd_per_gpu"], base["spent_usd_per_gpu"]
    assert [each["value_usd_per_gpu"] for each in made] == pytest.approx(
        [max(earned * part / 50 - spent, 0) for part in PARTS]
    )
    assert made[1]["value_usd_per_gpu"] == pytest.approx(WORTH)


def test_a_part_that_makes_it_dearer_than_a_new_one_is_withheld(db):
    _, made = by_part(db, cost_new=WORTH + 1)
    assert [each["publication_status"] for each in made] == ["published"] * 2 + ["withheld"] * 3
    assert made[4]["withheld_reason"] == "value above the newest price of a new one"


def test_a_missing_input_is_named(db):
    _, made = by_part(db, inputs=INPUTS[1:])
    assert {each["withheld_reason"] for each in made} == {"missing: cash cost"}
