"""Which elements an issuer's metric adds up."""

from datetime import date

from pipeline.build.model import checks
from tests.given.filings import (
    CIK,
    build,
    committed,
    filing,
    instant,
    issuer,
    land,
    recipe,
)
from tests.given.support import rows

OTHER = "0000000002"


def rules(db, *recipes, issuers=()):
    land(db, recipes=[row for each in recipes for row in each], issuers=issuers)
    build(db, "issuer_rule")
    return rows(db, "from steps.issuer_rule order by cik, metric, rank, concept")


def test_an_issuer_without_a_recipe_of_its_own_follows_the_common_one(db):
    both = [issuer(), issuer(OTHER)]
    made = rules(db, recipe("cash", "Cash"), recipe("cash", "OwnCash", cik=OTHER), issuers=both)
    assert [(each["cik"], each["concept"]) for each in made] == [(CIK, "Cash"), (OTHER, "OwnCash")]


def test_an_own_recipe_replaces_every_alternative_of_the_common_one_for_its_metric_only(db):
    made = rules(
        db,
        recipe("cash", "Cash"),
        recipe("cash", "CashAndMore", rank=2),
        recipe("revenue", "Revenues"),
        recipe("cash", "OwnCash", cik=CIK),
    )
    assert [(each["metric"], each["concept"]) for each in made] == [
        ("cash", "OwnCash"),
        ("revenue", "Revenues"),
    ]


def test_a_rule_says_whether_it_is_about_a_balance_and_when_it_holds(db):
    stretch = {"period_from_on": date(2024, 1, 1), "period_to_on": None}
    made = rules(db, recipe("cash", "Cash"), recipe("capex", "Capex", **stretch))
    assert [(each["metric"], each["is_balance"], each["period_from_on"]) for each in made] == [
        ("capex", False, date(2024, 1, 1)),
        ("cash", True, None),
    ]


def test_a_metric_nobody_declared_breaks_a_promise(db):
    rules(db, recipe("goodwill", "Goodwill"))
    [check] = [each for each in checks() if each.promise == "every_metric_is_declared"]
    assert check.blocks
    assert rows(db, check.query) == [{"cik": CIK, "metric": "goodwill"}]


def test_an_own_fallback_shuts_out_no_line_of_a_statement_and_comes_after_it(db):
    # CoreWeave's only own element was the debt note's sum.
    made = rules(
        db,
        recipe("interest_expense", "InterestExpense"),
        recipe("interest_expense", "OtherNote", rank=2, is_fallback=True),
        recipe("interest_expense", "DebtNote", cik=CIK, is_fallback=True),
    )
    assert [(each["concept"], each["rank"]) for each in made] == [
        ("InterestExpense", 1),
        ("DebtNote", 101),
    ]


def test_an_issuer_with_a_full_recipe_of_its_own_takes_no_common_fallback(db):
    # LongTermDebtNoncurrent is a part at one filer and the whole at another.
    made = rules(
        db,
        recipe("total_debt", "Noncurrent", rank=2, is_fallback=True),
        recipe("total_debt", "OwnTotal", cik=CIK),
    )
    assert [each["concept"] for each in made] == ["OwnTotal"]


def committed_debt(db, *facts, cik="0000000009"):
    """Total debt of a filer without a recipe of its own, by the committed common one."""
    common = [row for row in committed("concept_recipes") if row["cik"] == "*"]
    own = [row for row in committed("concept_recipes") if row["cik"] == cik]
    filed = filing("10-K", "2026-03-02", *(instant(*each) for each in facts), cik=cik)
    land(db, filed, recipes=[*common, *own], issuers=[issuer(cik)])
    build(db, "issuer_figure")
    query = "select value_usd, is_fallback from marts.issuer_figure where metric = 'total_debt'"
    return [tuple(each.values()) for each in rows(db, query)]


DAY = "2025-12-31"


def test_convertibles_beside_loans_are_debt(db):
    # 1,000 of loans and 1,485 of convertibles came out as 1,000.
    loans = ("LongTermDebtCurrent", DAY, 100), ("LongTermDebtNoncurrent", DAY, 900)
    notes = ("ConvertibleLongTermNotesPayable", DAY, 1_485)
    assert committed_debt(db, *loans, notes) == [(2_485, False)]


def test_convertibles_by_another_element_and_in_two_parts_are_debt(db):
    loans = ("LongTermDebtCurrent", DAY, 10), ("LongTermDebtNoncurrent", DAY, 90)
    notes = ("ConvertibleDebtNoncurrent", DAY, 300), ("ConvertibleDebtCurrent", DAY, 50)
    assert committed_debt(db, *loans, *notes) == [(450, False)]


def test_a_filer_that_states_only_a_non_current_line_has_a_row_that_says_so(db):
    assert committed_debt(db, ("LongTermDebtNoncurrent", DAY, 1_023)) == [(1_023, True)]


def test_a_filer_that_owes_nothing_but_convertibles_has_a_row(db):
    assert committed_debt(db, ("ConvertibleDebtNoncurrent", DAY, 487)) == [(487, True)]


def test_terawulfs_three_lines_are_added_up(db):
    loans = ("LongTermDebtCurrent", DAY, 60), ("LongTermDebtNoncurrent", DAY, 3_100)
    notes = ("ConvertibleDebtNoncurrent", DAY, 1_521)
    assert committed_debt(db, *loans, notes, cik="0001083301") == [(4_681, False)]


def test_core_scientifics_notes_are_its_whole_debt(db):
    notes = ("LongTermNotesPayable", DAY, 1_073), ("NotesPayableCurrent", DAY, 17)
    assert committed_debt(db, *notes, cik="0001839341") == [(1_090, False)]
