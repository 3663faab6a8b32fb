"""The largest single customer's part of revenue."""

import pytest

from tests.given.filings import build, filing, flow, land
from tests.given.support import rows

YEAR = ("2025-01-01", "2025-12-31")
QUARTER = ("2025-10-01", "2025-12-31")


def share(part, member="CustomerA", period=YEAR, against="Revenue"):
    cell = (
        f"srt:MajorCustomersAxis=acme:{member}Member;us-gaap:ConcentrationRiskByBenchmarkAxis="
        f"us-gaap:{against}FromContractWithCustomerMember"
    )
    cells = {"unit": "pure", "dimensions": cell}
    return flow("ConcentrationRiskPercentage1", *period, float(part), **cells)


def shown(db, *facts, form="10-K"):
    land(db, filing(form, "2026-03-02", *facts))
    build(db, "issuer_top_customer")
    return [each["top_customer_pct"] for each in rows(db, "from steps.issuer_top_customer")]


def test_it_is_the_largest_over_the_longest_period(db):
    facts = [share(0.62), share(0.2, "CustomerB"), share(0.9, "CustomerC", QUARTER)]
    assert shown(db, *facts) == [pytest.approx(62)]


def test_trap_63_a_member_that_names_several_customers_is_none(db):
    assert shown(db, share(0.62), share(0.8, "TopTwoCustomers")) == [pytest.approx(62)]


def test_a_part_of_receivables_is_no_part_of_revenue(db):
    assert shown(db, share(0.62, against="Receivable")) == []


def test_an_event_report_names_no_customer_of_the_year(db):
    assert shown(db, share(0.62), form="8-K") == []
