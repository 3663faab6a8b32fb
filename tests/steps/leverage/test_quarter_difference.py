"""A quarter as one period less a shorter one."""

from tests.given.filings import build, filing, flow, land, recipe
from tests.given.support import rows

NINE, YEAR = ("2025-01-01", "2025-09-30"), ("2025-01-01", "2025-12-31")


def made(db, *filings, recipes):
    land(db, *filings, recipes=[row for each in recipes for row in each])
    build(db, "quarter_difference")
    return rows(db, "from steps.quarter_difference order by rank")


def test_a_difference_is_of_one_element_and_names_both_filings(db):
    found = made(
        db,
        filing("10-Q", "2025-11-13", flow("Wide", *NINE, 450), flow("Narrow", *NINE, 300)),
        filing("10-K", "2026-03-02", flow("Wide", *YEAR, 1_000)),
        recipes=[recipe("capex", "Narrow"), recipe("capex", "Wide", rank=2)],
    )
    assert [(each["rank"], each["value_usd"], each["concepts"]) for each in found] == [
        (2, 550, "Wide")
    ]


def test_elements_that_differ_anywhere_are_two_scopes(db):
    before = ("2024-01-01", "2024-12-31")
    assert (
        made(
            db,
            filing("10-K", "2025-03-02", flow("Wide", *before, 900), flow("Narrow", *before, 600)),
            filing("10-Q", "2025-11-13", flow("Narrow", *NINE, 450)),
            filing("10-K", "2026-03-02", flow("Wide", *YEAR, 1_000)),
            recipes=[recipe("capex", "Narrow"), recipe("capex", "Wide", rank=2)],
        )
        == []
    )
