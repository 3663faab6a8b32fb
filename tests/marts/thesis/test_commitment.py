from datetime import date

from tests.given.backstops import entity
from tests.given.credit import commitment, land
from tests.given.support import build, rows


def test_the_best_document_counts_and_companies_go_by_one_name(db):
    land(
        db,
        commitments=[
            commitment("A", "B (lease of C)", commitment_id="x", amount_usd=7.0),
            commitment("A", "B (lease of C)", commitment_id="x", amount_usd=9.0,
                       deal_status="press", on=date(2026, 1, 1)),
        ],
        entities=[entity("A"), entity("B (lease of C)", "B", "landlord")],
    )  # fmt: skip
    build(db, "marts.commitment")
    [row] = rows(db, "from marts.commitment")
    assert (row["to_entity"], row["to_role"], row["amount_usd"]) == ("B", "landlord", 7.0)
