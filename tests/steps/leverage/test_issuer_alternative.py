"""Versions of a figure by one alternative."""

from tests.given.filings import build, filing, flow, land, recipe
from tests.given.support import rows

YEAR = ("2025-01-01", "2025-12-31")


def versions(db, *filings, recipes):
    land(db, *filings, recipes=[row for each in recipes for row in each])
    build(db, "issuer_alternative")
    return rows(db, "from steps.issuer_alternative order by rank, figure_version")


def test_a_coarser_repeat_is_the_same_version_and_a_change_is_the_next(db):
    made = versions(
        db,
        filing("10-K", "2026-03-02", flow("Revenues", *YEAR, 5_131_000)),
        filing("10-K/A", "2026-04-02", flow("Revenues", *YEAR, 5_130_560)),
        filing("10-K", "2027-03-02", flow("Revenues", *YEAR, 5_400_000)),
        recipes=[recipe("revenue", "Revenues")],
    )
    assert [(e["figure_version"], e["value_usd"], e["filing_count"]) for e in made] == [
        (0, 5_130_560, 2),
        (1, 5_400_000, 1),
    ]
    assert [each["is_latest"] for each in made] == [False, True]
    assert {each["first_reported_usd"] for each in made} == {5_131_000}
    assert made[0]["next_known_at"] == made[1]["version_known_at"]


def test_another_element_is_another_figure_and_restates_nothing(db):
    both = flow("Narrow", *YEAR, 100), flow("Wide", *YEAR, 250)
    made = versions(
        db,
        filing("10-K", "2026-03-02", *both),
        recipes=[recipe("revenue", "Narrow"), recipe("revenue", "Wide", rank=2)],
    )
    assert [(e["rank"], e["value_usd"], e["figure_version"]) for e in made] == [
        (1, 100, 0),
        (2, 250, 0),
    ]
