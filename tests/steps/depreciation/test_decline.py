"""What a month's rates come to: the through-cycle change with its band, and filed lives."""

import pytest

from tests.given.lives import empty, put, rate
from tests.given.support import build, rows


def test_lives_are_the_inverse_of_yearly_rates_and_withheld_ones_do_not_count(db):
    empty(db)
    put(
        db,
        "marts.depreciation_rate",
        rate("pooled_through_cycle", -20.0, -30.0, -10.0),
        rate("book", -20.0, -25.0, -100 / 6),
        rate("pooled_through_cycle", -99.0, -99.0, -99.0, accelerator="nvidia-h100-sxm-80gb"),
        rate("cohort", -1.0, -2.0, 0.0, publication_status="withheld"),
    )
    build(db, "steps.decline")
    [made] = rows(db, "from steps.decline")
    assert made["rate_pct_per_year"] == -20.0
    assert (made["median_life_years"], made["shortest_life_years"]) == (5.0, 4.0)
    assert made["longest_life_years"] == pytest.approx(6.0)
