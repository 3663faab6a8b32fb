"""The life in force in a fiscal year."""

from datetime import date

from pipeline.contracts.depreciation import USEFUL_LIVES
from tests.given.lives import land, life, put
from tests.given.support import build_alone, rows

ENDS = [date(year, 12, 31) for year in (2022, 2024, 2025)]


def lives(db, *changes):
    land(db, USEFUL_LIVES, *changes)
    years = [
        {"cik": "0000000001", "accounting_basis": "us_gaap", "period_end_on": end} for end in ENDS
    ]
    put(db, "steps.issuer_fiscal_year", *years)
    build_alone(db, "steps.life_in_force")
    found = rows(db, "from steps.life_in_force order by period_end_on")
    return {each["period_end_on"].year: each["life_years"] for each in found}


def change(on, old, new, **cells):
    return life(effective_on=on, old_life_years=old, new_life_years=new, **cells)


def test_the_last_change_begun_by_the_years_end_holds_and_the_first_one_tells_the_life_before(db):
    made = lives(db, change(date(2023, 1, 1), 4.0, 6.0), change(date(2025, 1, 1), 6.0, 5.5))
    assert made == {2022: 4.0, 2024: 6.0, 2025: 5.5}


def test_a_life_of_a_part_of_the_machines_is_not_the_companys(db):
    part = change(date(2025, 1, 1), 6.0, 5.0, asset_class="subset of servers")
    assert lives(db, change(date(2020, 1, 1), None, 6.0), part)[2025] == 6.0


def test_machines_retired_early_change_no_life(db):
    early = change(date(2025, 1, 1), 6.0, 5.0, life_change_kind="early_retirement")
    assert lives(db, early) == {}
