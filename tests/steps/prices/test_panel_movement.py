"""The step that the movement and the rent are read off, on a few rows; the method has its own."""

from datetime import date

import pytest

from tests.given.support import build, daily, fill, offer, rows

START = date(2024, 1, 1)
STEP = ("steps.item_price", "steps.panel_movement")


def test_three_sellers_that_raise_by_a_tenth_raise_the_index_by_a_tenth(db):
    offers = []
    for name, price in {"lambda": 2.0, "crusoe": 3.0, "nebius": 4.0}.items():
        cells = {"provider": name, "offer_id": name, "refresh_days": 1}
        offers += daily(14, start=START, price_usd_per_gpu_hour=price, **cells)
        offers += daily(8, start=date(2024, 1, 15), price_usd_per_gpu_hour=1.1 * price, **cells)
    fill(db, offers)
    build(db, *STEP)
    made = rows(db, "from steps.panel_movement where period = 'week' order by period_end_on")
    index = [each["multilateral_price_index"] for each in made]
    assert index == pytest.approx([100, 100, 110])
    assert made[2]["log_change"] == pytest.approx(made[2]["level_log_change"])


def test_an_empty_record_has_no_rows_and_all_columns(db):
    fill(db, [offer(flag="reseller")])
    build(db, *STEP)
    assert rows(db, "from steps.panel_movement") == []
