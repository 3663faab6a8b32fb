"""Profit by layer: unlike figures are in no common sum, margins are of those that have both."""

from datetime import date

from pipeline.contracts.thesis import ENTITIES, SEGMENT_FIGURES
from tests.given.support import build, rows
from tests.given.thesis import put, stand_in
from tests.marts.thesis.test_vendor_revenue_share import line

QUARTERS = (
    "layer issuer metric period_end_on value_usd known_at source_url is_balance is_preferred_basis"
)
END = date(2026, 3, 31)


def pool(db, *figures, tagged=(), entities=()):
    put(db, SEGMENT_FIGURES, figures)
    put(db, ENTITIES, entities)
    stand_in(db, "marts.issuer_quarter", QUARTERS, tagged)
    build(db, "marts.profit_figure", "marts.profit_pool")
    return {(row["layer"], row["figure_class"]): row for row in rows(db, "from marts.profit_pool")}


def figure(company, metric, usd, **cells):
    cells = {"metric": metric, "segment": "company", "accelerator_line_number": None} | cells
    return line(company, END, usd, **cells)


def test_a_margin_is_of_the_companies_that_have_both(db):
    found = pool(
        db,
        figure("A", "revenue", 100.0),
        figure("A", "operating_income", 40.0),
        figure("B", "revenue", 900.0),
    )["chips", "filed"]
    assert found["operating_margin_pct"] == 40.0
    assert (found["revenue_usd"], found["revenue_company_count"]) == (1000.0, 2)
    assert found["operating_income_company_count"] == 1


def test_press_and_run_rates_are_in_no_sum_with_filed_figures(db):
    app = {"layer": "application"}
    found = pool(
        db,
        figure("A", "revenue", 10.0, **app),
        figure("B", "revenue", 20.0, figure_kind="press", **app),
        figure("C", "annual_run_rate", 99.0, figure_kind="run_rate", **app),
    )
    told = {key: row["revenue_usd"] for key, row in found.items()}
    assert told == {("application", "filed"): 10.0, ("application", "press"): 20.0}


def test_a_tagged_figure_goes_before_one_that_was_read(db):
    tagged = {"layer": "chips", "issuer": "A", "metric": "revenue", "period_end_on": END,
              "value_usd": 7.0, "is_balance": False, "is_preferred_basis": True}  # fmt: skip
    found = pool(db, figure("A", "revenue", 8.0), tagged=[tagged])["chips", "filed"]
    assert (found["revenue_usd"], found["revenue_company_count"]) == (7.0, 1)


def test_a_year_is_no_quarter(db):
    assert pool(db, figure("A", "revenue", 8.0, period_start_on=date(2025, 4, 1))) == {}
