"""A flow over twelve months, by either way of knowing it."""

from datetime import date

from tests.given.filings import accession, build, filing, flow, land
from tests.given.support import rows

ENDS = ["2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31"]
STARTS = ["2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01"]
FILED = ["2025-05-15", "2025-08-13", "2025-11-13", "2026-03-02"]


def quarters(*numbers, form="10-Q"):
    return [filing(form, FILED[n], flow("Revenues", STARTS[n], ENDS[n], 100 + n)) for n in numbers]


def years(db, *filings, where="true"):
    land(db, *filings)
    build(db, "issuer_year")
    return rows(db, f"from steps.issuer_year where {where} order by period_end_on, ltm_source desc")


def annual(value, start="2025-01-01", end="2025-12-31", form="10-K", filed_on="2026-03-03"):
    return filing(form, filed_on, flow("Revenues", start, end, value))


def test_four_quarters_in_a_row_are_a_year_and_cite_their_filings(db):
    [row] = years(db, *quarters(0, 1, 2, 3))
    assert (row["ltm_source"], row["value_usd"], row["period_days"]) == ("four_quarters", 406, 365)
    assert row["period_start_on"] == date(2025, 1, 1)
    assert sorted(row["accessions"].split()) == sorted(accession(each) for each in FILED)
    assert row["is_preferred_source"]


def test_a_quarter_that_is_missing_makes_no_year(db):
    before = filing("10-Q", "2025-02-15", flow("Revenues", "2024-10-01", "2024-12-31", 90))
    assert years(db, before, *quarters(0, 2, 3)) == []


def test_the_four_quarters_are_preferred_to_the_year_that_ends_with_them(db):
    made = years(db, *quarters(0, 1, 2, 3), annual(410), where="period_end_on = '2025-12-31'")
    assert [(e["ltm_source"], e["value_usd"], e["is_preferred_source"]) for e in made] == [
        ("four_quarters", 406, True),
        ("fiscal_year", 410, False),
    ]


def test_only_a_year_of_an_annual_report_is_a_fiscal_year_of_the_issuer(db):
    trailing = annual(300, "2024-07-01", "2025-06-30", form="10-Q", filed_on="2025-08-13")
    made = years(db, trailing, annual(410))
    assert [(each["value_usd"], each["is_annual_report"]) for each in made] == [
        (300, False),
        (410, True),
    ]


def test_an_annual_report_comes_before_twelve_months_in_another_that_end_the_same_day(db):
    other = annual(999, "2025-01-02", form="10-Q", filed_on="2026-03-04")
    [row] = years(db, other, annual(410))
    assert row["value_usd"] == 410


def test_a_year_of_52_or_53_weeks_is_one_and_eleven_months_are_not(db):
    weeks = [annual(1, "2024-12-29", "2025-12-27"), annual(2, "2023-12-31", "2025-01-04")]
    assert [each["period_days"] for each in years(db, *weeks)] == [371, 364]
    short = annual(3, "2022-02-01", "2022-12-31")
    assert years(db, short, where="value_usd = 3") == []
