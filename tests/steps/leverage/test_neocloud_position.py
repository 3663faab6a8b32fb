"""The parts of a GPU cloud's ratios, added and not yet divided."""

from datetime import date

from tests.given.filings import balance, build, filing, flow, instant, issuer, land, meaning, terms
from tests.given.support import rows

DAY = "2025-12-31"
FILED = filing(
    "10-K",
    "2026-03-02",
    instant("Cash", DAY, 400),
    instant("LongTermDebt", DAY, 3_000),
    instant("OperatingLeaseLiability", DAY, 700),
    instant("LeasesNotYetCommenced", DAY, 1_700),
    flow("OperatingIncomeLoss", "2025-01-01", DAY, 200),
    flow("DepreciationDepletionAndAmortization", "2025-01-01", DAY, 800),
    flow("PaymentsToAcquirePropertyPlantAndEquipment", "2025-01-01", DAY, 1_500),
    flow("InterestExpense", "2025-01-01", DAY, 300),
)
BEFORE = filing(
    "10-K",
    "2025-03-02",
    instant("LongTermDebt", "2024-12-31", 2_000),
    flow("Revenues", "2024-01-01", "2024-12-31", 1),
)


def position(db, *filings, **given):
    land(db, *filings, meanings=[meaning("LeasesNotYetCommenced", "leases_not_commenced")], **given)
    build(db, "neocloud_position")
    return {each["period_end_on"]: each for each in rows(db, "from steps.neocloud_position")}


def test_debt_and_earnings_are_sums_of_what_is_held(db):
    made = position(db, FILED, BEFORE)[date(2025, 12, 31)]
    assert (made["debt_usd"], made["net_debt_usd"]) == (3_000, 2_600)
    assert made["adjusted_obligations_usd"] == 3_000 + 700 + 1_700
    assert (made["ebitda_usd"], made["ebitda_less_capex_usd"]) == (1_000, -500)
    assert made["adjusted_ebitda_usd"] is None  # no stock compensation held
    assert (made["interest_expense_ltm_usd"], made["average_debt_usd"]) == (300, 2_500)
    assert made["interest_incurred_ltm_usd"] is None  # what was capitalised is not held


def test_instruments_that_do_not_reconcile_say_nothing_of_security(db):
    loan = {
        "facilities": [terms("a")],
        "balances": [balance("a", DAY, 1_000.0, carrying_usd=1_000.0)],
    }
    made = position(db, FILED, **loan)[date(2025, 12, 31)]
    assert (made["stack_status"], made["secured_fraction"]) == ("incomplete", None)


def test_other_companies_have_no_position(db):
    assert position(db, FILED, issuers=[issuer(layer="hyperscaler")]) == {}
