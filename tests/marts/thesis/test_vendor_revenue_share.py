"""Shares of vendors: quarters by their middle, lines never chained."""

from datetime import date, timedelta

import pytest

from pipeline.contracts.thesis import CHIP_ESTIMATES, SEGMENT_FIGURES
from tests.given.support import build, rows
from tests.given.thesis import put


def line(company, end, usd, segment="Data Center", number=1, **cells):
    row = {
        "company": company,
        "layer": "chips",
        "segment": segment,
        "metric": "revenue",
        "figure_kind": "reported",
        "period_start_on": end - timedelta(days=90),
        "period_end_on": end,
        "value_usd": usd,
        "amount_qualifier": "equal",
        "accelerator_line_number": number,
    }
    return row | cells


def shares(db, *figures, estimates=(), definition="filed_lines"):
    put(db, SEGMENT_FIGURES, figures)
    put(db, CHIP_ESTIMATES, estimates)
    build(db, "marts.vendor_revenue_share")
    return rows(
        db,
        f"from marts.vendor_revenue_share where share_definition = '{definition}' "
        "order by period_end_on, vendor",
    )


@pytest.mark.parametrize(
    ("fiscal_end", "quarter_end"),
    [
        (date(2026, 1, 25), date(2025, 12, 31)),  # NVIDIA, last Sunday of January
        (date(2026, 2, 1), date(2025, 12, 31)),  # Broadcom, Sunday nearest to the end of January
        (date(2025, 11, 2), date(2025, 9, 30)),  # its fiscal year ends so
        (date(2026, 5, 3), date(2026, 3, 31)),
        (date(2025, 12, 27), date(2025, 12, 31)),  # AMD, last Saturday of December
        (date(2026, 6, 27), date(2026, 6, 30)),
        (date(2026, 5, 31), date(2026, 6, 30)),  # Oracle: the middle of its quarter is in April
        (date(2025, 8, 28), date(2025, 9, 30)),  # Micron: July
        (date(2026, 3, 31), date(2026, 3, 31)),
    ],
)
def test_a_fiscal_quarter_belongs_to_the_calendar_quarter_of_its_middle(
    db, fiscal_end, quarter_end
):
    [row] = shares(db, line("A", fiscal_end, 1.0))
    assert (row["period_end_on"], row["fiscal_period_end_on"]) == (quarter_end, fiscal_end)


def test_shares_of_a_quarter_add_up(db):
    end = date(2026, 3, 31)
    found = shares(db, line("NVIDIA", date(2026, 4, 26), 75.0), line("AMD", end, 25.0))
    assert {row["vendor"]: row["vendor_pct"] for row in found} == {
        "AMD": 25.0,
        "NVIDIA": 75.0,
    }


def test_a_renamed_segment_neither_breaks_nor_chains_the_series(db):
    found = shares(
        db,
        line("NVIDIA", date(2026, 1, 25), 60.0, "Platform"),
        line("NVIDIA", date(2026, 1, 25), 66.0, "Segment", 2),
        line("NVIDIA", date(2026, 4, 26), 70.0, "Segment", 2),
        line("NVIDIA", date(2026, 7, 26), 80.0, "Segment", 2),
    )
    told = [(row["segment"], row["amount"], row["is_series_start"]) for row in found]
    assert told == [("Platform", 60.0, True), ("Segment", 70.0, True), ("Segment", 80.0, False)]


def test_years_run_rates_and_targets_are_no_quarters(db):
    end = date(2025, 12, 31)
    year = line("AMD", end, 100.0, period_start_on=date(2025, 1, 1))
    assert shares(db, year, line("Broadcom", end, 5.0, figure_kind="press")) == []


def test_estimated_cost_and_compute_count_chips_made_for_oneself(db):
    quarter = {"period_start_on": date(2025, 10, 1), "period_end_on": date(2025, 12, 31)}
    chips = [
        quarter
        | {"designer": "NVIDIA", "chip": "B", "h100_equivalents": 60.0, "chip_cost_usd": 80.0},
        quarter
        | {"designer": "Google", "chip": "T", "h100_equivalents": 40.0, "chip_cost_usd": 20.0},
    ]
    for definition, share in (("chip_cost", 80.0), ("compute", 60.0)):
        found = shares(db, estimates=chips, definition=definition)
        assert {row["vendor"]: row["vendor_pct"] for row in found}["NVIDIA"] == share
        assert all(row["left_out"] for row in found)
