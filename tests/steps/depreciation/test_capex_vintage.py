"""How long each year's capital expenditure has been in service."""

from datetime import date

from tests.given.lives import LONG_AGO, put
from tests.given.support import build_alone, rows


def vintages(db, **capex):
    years = [
        {
            "cik": "0000000001",
            "accounting_basis": "us_gaap",
            "period_end_on": date(int(year.removeprefix("y")), 12, 31),
            "capex_usd": spent,
            "known_at": LONG_AGO,
        }
        for year, spent in capex.items()
    ]
    put(db, "steps.issuer_fiscal_year", *years)
    build_alone(db, "steps.capex_vintage")
    return [
        (
            each["period_end_on"].year,
            each["bought_on"].year,
            each["age_from_years"],
            each["age_to_years"],
        )
        for each in rows(db, "from steps.capex_vintage order by period_end_on, bought_on")
    ]


def test_a_year_enters_service_in_its_middle_and_grows_older_by_one(db):
    assert vintages(db, y2023=10.0, y2024=20.0) == [
        (2023, 2023, 0.0, 0.5),
        (2024, 2023, 0.5, 1.5),
        (2024, 2024, 0.0, 0.5),
    ]


def test_a_year_whose_spending_is_not_held_is_no_vintage(db):
    assert vintages(db, y2023=None, y2024=20.0) == [(2024, 2024, 0.0, 0.5)]
