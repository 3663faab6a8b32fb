"""Which elements an issuer's metric adds up."""

from datetime import date

from pipeline.build.model import checks
from tests.given.filings import CIK, build, issuer, land, recipe
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
