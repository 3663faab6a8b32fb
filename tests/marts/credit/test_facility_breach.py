"""What breaks first on the way to maturity, of one loan of 400."""

from datetime import date

import pytest

from tests.given.coverage import COVERAGE, landed, step, told
from tests.given.support import build


def breaches(db, **given):
    landed(db, **given)
    build(db, *COVERAGE, "marts.facility_waterfall", "marts.facility_breach")
    return told(db, "facility_breach")


def test_the_screen_has_a_row_for_every_way_the_cash_can_come(db):
    made = breaches(db, scenarios=[step(), step("fall", rent_multiplier=0.6)])
    assert len(made) == 2 * 5 * 2
    by = {(each["scenario"], each["revenue_basis"], each["realisation_pct"]): each for each in made}
    # 40 % realised brings 3.75 x 12 / 4 less 4.69: below interest of 8 and principal of 20 at once.
    poor = by["base", "market", 40.0]
    assert (poor["breach"], poor["first_breach_on"]) == ("payment", date(2026, 6, 30))
    assert poor["base_broken_on"] is not None
    paid = by["fall", "contract_floor", 40.0]
    assert (paid["breach"], paid["first_breach_on"], paid["base_broken_on"]) == (None, None, None)
    assert paid["lowest_dscr_ratio"] == pytest.approx(1.4)
    assert paid["distributed_usd"] > 0 == paid["highest_unpaid_usd"]
    assert "no tax, no fee and no call on the parent" in paid["inputs_assumed"]


def test_what_is_unknown_breaks_nothing_and_says_why(db):
    made = breaches(db, rates=[])
    assert {each["breach"] for each in made} == {None}
    assert {each["cash_missing_reason"] for each in made} == {"no SOFR for the day"}
