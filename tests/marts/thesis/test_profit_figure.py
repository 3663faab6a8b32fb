from datetime import date

from tests.given.support import rows
from tests.marts.thesis.test_profit_pool import END, figure, pool


def test_a_quarter_has_one_figure_of_a_company_and_kind(db):
    pool(db, figure("A", "revenue", 8.0), figure("A", "revenue", 9.0, figure_kind="secondary"))
    found = rows(db, "from marts.profit_figure order by figure_class")
    told = [(row["figure_class"], row["value_usd"], row["period_end_on"]) for row in found]
    assert told == [("feed", 9.0, END), ("filed", 8.0, END)]


def test_a_hyperscaler_enters_with_its_cloud(db):
    cloud = {"layer": "hyperscaler"}
    pool(
        db,
        figure("Amazon", "revenue", 150.0, segment="Stores", **cloud),
        figure("Amazon", "revenue", 30.0, segment="AWS", period_end_on=date(2026, 3, 31), **cloud),
    )
    assert [row["segment"] for row in rows(db, "from marts.profit_figure")] == ["AWS"]


def test_who_lets_buildings_is_a_landlord_and_no_cloud(db):
    role = {"entity": "A", "canonical_entity": "A", "entity_role": "landlord"}
    cloud = {"layer": "neocloud"}
    pool(
        db, figure("A", "revenue", 8.0, **cloud), figure("B", "revenue", 9.0, **cloud),
        entities=[role],
    )  # fmt: skip
    layers = {row["company"]: row["layer"] for row in rows(db, "from marts.profit_figure")}
    assert layers == {"A": "landlord", "B": "neocloud"}
