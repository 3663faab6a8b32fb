"""A metric as one filing gives it."""

from tests.given.filings import build, filing, instant, land, recipe
from tests.given.support import rows

END = "2024-12-31"


def figures(db, *filings, recipes):
    land(db, *filings, recipes=[row for each in recipes for row in each])
    build(db, "filing_figure")
    return rows(db, "from steps.filing_figure order by filed_on, period_end_on, rank")


def test_each_filing_gives_its_own_value_and_none_is_chosen(db):
    first = filing("10-Q", "2025-02-20", instant("Cash", END, 5_000))
    again = filing("10-K", "2025-05-20", instant("Cash", END, 5_001))
    made = figures(db, first, again, recipes=[recipe("cash", "Cash")])
    assert [each["value_usd"] for each in made] == [5_000, 5_001]


def test_alternatives_are_never_added_up(db):
    both = filing("10-K", "2025-02-20", instant("Cash", END, 5), instant("CashTotal", END, 9))
    made = figures(db, both, recipes=[recipe("cash", "Cash"), recipe("cash", "CashTotal", rank=2)])
    assert [(each["value_usd"], each["rank"]) for each in made] == [(5, 1), (9, 2)]


def test_an_alternative_that_lacks_a_required_part_gives_way(db):
    part = filing("10-K", "2025-02-20", instant("Short", END, 5), instant("Total", END, 9))
    made = figures(
        db,
        part,
        recipes=[recipe("total_debt", "Short", "Long"), recipe("total_debt", "Total", rank=2)],
    )
    assert [(each["value_usd"], each["concepts"]) for each in made] == [(9, "Total")]


def test_parts_are_added_with_their_signs_and_round_alike(db):
    parts = [instant("Gross", END, 9_000_000), instant("Written", END, 4_123_000)]
    made = figures(
        db, filing("10-K", "2025-02-20", *parts), recipes=[recipe("ppe_net", "Gross", "-Written")]
    )
    [row] = made
    assert (row["value_usd"], row["rounding_usd"]) == (4_877_000, 1_000)
    assert (row["concepts"], row["part_count"]) == ("Gross - Written", 2)


def test_other_units_than_dollars_are_no_figure(db):
    euros = filing("20-F", "2025-02-20", instant("Cash", END, 5, unit="EUR"))
    assert figures(db, euros, recipes=[recipe("cash", "Cash")]) == []
