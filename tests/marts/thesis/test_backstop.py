"""What counts of guarantees: once per risk, totals before their parts, binding apart."""

from datetime import date

from tests.given.backstops import backstop, entity
from tests.given.credit import land
from tests.given.support import build, rows


def counted(db, *statements, scope="binding", column="is_counted"):
    """Amount that counts by guarantor."""
    land(db, backstops=statements)
    build(db, "marts.backstop")
    query = f"from marts.backstop where {column} and binding_scope = '{scope}' order by backstop_id"
    sums: dict[str, float] = {}
    for row in rows(db, query):
        sums[row["guarantor"]] = sums.get(row["guarantor"], 0) + row["amount_usd"]
    return sums


def test_single_contracts_are_not_added_to_the_total_that_contains_them(db):
    total = backstop("A", "Many", backstop_id="total", is_total=True, amount_usd=35.0)
    part = backstop("A", "B", amount_usd=20.0, inside_exposure_id="total")
    later = backstop("A", "C", amount_usd=5.0)
    assert counted(db, total, part, later) == {"A": 40.0}


def test_a_total_that_grows_is_one_line(db):
    old, new = (
        backstop("A", "Many", backstop_id=name, exposure_id="total", is_total=True, amount_usd=usd,
                 on=day)
        for name, usd, day in (("q1", 6.0, date(2025, 9, 30)), ("q2", 17.0, date(2025, 12, 31)))
    )  # fmt: skip
    assert counted(db, old, new) == {"A": 17.0}


def test_an_indemnity_and_its_guarantee_are_one_exposure(db):
    guarantee = backstop("Chips", "Site", exposure_id="one", amount_usd=105.0)
    indemnity = backstop("Model", "Chips", exposure_id="one", amount_usd=105.0,
                         backstop_kind="indemnity")  # fmt: skip
    assert counted(db, guarantee, indemnity) == {"Chips": 105.0, "Model": 105.0}
    query = "select sum(amount_usd) as usd from marts.backstop where is_counted_in_all"
    assert rows(db, query) == [{"usd": 105.0}]


def test_a_filing_goes_before_a_later_report_of_the_press(db):
    filed = backstop("A", "B", backstop_id="filed", exposure_id="x", amount_usd=29.0)
    press = backstop("A", "B", backstop_id="press", exposure_id="x", amount_usd=31.0,
                     deal_status="press", on=date(2026, 6, 4))  # fmt: skip
    assert counted(db, filed, press) == {"A": 29.0}


def test_intent_is_in_no_binding_sum(db):
    letter = backstop("A", "Funds", backstop_id="letter", amount_usd=500.0, is_binding=False)
    unknown = backstop("A", "C", backstop_id="unknown", amount_usd=3.0, is_binding=None)
    signed = backstop("A", "B", amount_usd=2.0)
    assert counted(db, letter, unknown, signed) == {"A": 2.0}
    assert counted(db, scope="intent") == {"A": 503.0}


def test_a_lease_of_somebody_signed_by_another_is_his(db):
    land(
        db,
        backstops=[backstop("A", "Site (lease of X)")],
        entities=[entity("A"), entity("Site (lease of X)", "Site", "landlord")],
    )
    build(db, "marts.backstop")
    [row] = rows(db, "from marts.backstop")
    assert (row["guaranteed"], row["guaranteed_role"]) == ("Site", "landlord")
