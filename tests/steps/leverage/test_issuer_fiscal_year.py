"""What an issuer spent, wrote off and earned in one fiscal year."""

from datetime import date

from tests.given.filings import build, filing, flow, instant, land
from tests.given.support import rows

YEAR = ("2025-01-01", "2025-12-31")
CAPEX = "PaymentsToAcquirePropertyPlantAndEquipment"


def years(db, *filings):
    land(db, *filings)
    build(db, "issuer_fiscal_year")
    return rows(db, "from steps.issuer_fiscal_year order by period_end_on")


def test_a_fiscal_year_is_what_an_annual_report_is_about(db):
    annual = filing("10-K/A", "2026-03-02", flow(CAPEX, *YEAR, 120))
    trailing = filing("10-Q", "2025-08-13", flow(CAPEX, "2024-07-01", "2025-06-30", 90))
    [row] = years(db, annual, trailing)
    assert (row["period_end_on"], row["capex_usd"]) == (date(2025, 12, 31), 120)


def test_depreciation_stands_before_depreciation_with_amortization(db):
    both = filing(
        "10-K",
        "2026-03-02",
        flow("DepreciationDepletionAndAmortization", *YEAR, 80),
        flow("Depreciation", *YEAR, 70),
    )
    assert [each["depreciation_usd"] for each in years(db, both)] == [70]


def test_property_is_the_balance_of_the_last_day(db):
    filed = filing(
        "10-K",
        "2026-03-02",
        flow(CAPEX, *YEAR, 120),
        instant("PropertyPlantAndEquipmentNet", "2025-12-31", 500),
        instant("PropertyPlantAndEquipmentNet", "2024-12-31", 400),
    )
    assert [(e["ppe_net_usd"], e["operating_income_usd"]) for e in years(db, filed)] == [
        (500, None)
    ]
