from datetime import date

from tests.given.credit import balance, built, debt_market, terms
from tests.given.support import rows


def test_a_hurried_sum_over_the_details_is_the_total(db):
    rumour = terms("z-rumour", borrower="Z", deal_status="rumored", on=date(2025, 6, 30))
    facilities = [
        terms(),
        terms("b-notes", borrower="B", collateral_class="unsecured", commitment_usd=5.0),
    ]
    built(db, terms=[*facilities, rumour], balances=[balance()])
    [hurried] = rows(
        db,
        "select sum(filed_committed_usd) as committed, sum(filed_drawn_usd) as drawn, "
        "max(drawn_bound) as bound from marts.gpu_debt_market where period_end_on = '2025-03-31'",
    )
    total = debt_market(db, date(2025, 3, 31))
    assert total["filed_committed_usd"] == hurried["committed"] == 1005.0
    assert total["filed_drawn_usd"] == hurried["drawn"] == 400.0
    assert total["secured_filed_committed_usd"] == 1000.0
    # B's notes have no balance: what is drawn is the least there is. Both commitments are stated.
    assert (total["drawn_bound"], total["committed_bound"]) == ("lower", "stated")
