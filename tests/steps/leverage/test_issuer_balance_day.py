"""Balances and flows of an issuer side by side."""

from tests.given.filings import accession, build, filing, flow, instant, issuer, land
from tests.given.support import rows

DAY = "2025-12-31"


def days(db, *filings, **given):
    land(db, *filings, **given)
    build(db, "issuer_balance_day")
    return rows(db, "from steps.issuer_balance_day order by issuer, period_end_on")


def test_a_day_holds_its_balances_and_what_the_quarter_and_the_year_up_to_it_earned(db):
    filed = filing(
        "10-K",
        "2026-03-02",
        instant("Cash", DAY, 40),
        flow("Revenues", "2025-01-01", DAY, 400),
        flow("Revenues", "2025-10-01", DAY, 120),
    )
    [row] = days(db, filed)
    assert (row["cash_usd"], row["revenue_ltm_usd"], row["revenue_quarter_usd"]) == (40, 400, 120)
    assert (row["ltm_source"], row["accessions"]) == ("fiscal_year", accession("2026-03-02"))
    assert row["total_debt_usd"] is None


def test_what_leverage_is_not_made_of_neither_shows_nor_dates_the_day(db):
    # That a quarter ends on the day is known from its revenue.
    early = filing("10-K", "2026-03-02", instant("Cash", DAY, 40), instant("Assets", DAY, 90),
                   flow("Revenues", "2025-10-01", DAY, 120))  # fmt: skip
    late = filing("10-K/A", "2026-05-02", instant("StockholdersEquity", DAY, 30))
    [row] = days(db, early, late)
    assert row["known_at"].month == 3
    assert row["accessions"] == accession("2026-03-02")


def test_every_layer_has_its_days(db):
    giant = issuer(layer="hyperscaler")
    filed = filing("10-K", "2026-03-02", instant("Cash", DAY, 40), instant("Assets", DAY, 90),
                   instant("StockholdersEquity", DAY, 30))  # fmt: skip
    [row] = days(db, filed, issuers=[giant])
    assert (row["layer"], row["cash_usd"]) == ("hyperscaler", 40)
