"""The one-line answer: one row a cell, with its change and its age, or the reason there is none."""

from datetime import date

import pytest

from tests.given.support import build, daily, fill, rows

MARTS = (
    "steps.item_price",
    "steps.panel_movement",
    "marts.gpu_rent",
    "marts.gpu_price_latest",
)


def test_the_newest_week_with_its_change_over_one_and_three_months(db):
    offers = []
    for name, price in {"lambda": 2.0, "crusoe": 3.0, "nebius": 4.0}.items():
        cells = {"provider": name, "offer_id": name, "refresh_days": 1}
        offers += daily(70, start=date(2024, 1, 1), price_usd_per_gpu_hour=price, **cells)
        offers += daily(64, start=date(2024, 3, 11), price_usd_per_gpu_hour=1.2 * price, **cells)
    fill(db, offers)
    build(db, *MARTS)
    [made] = rows(db, "from marts.gpu_price_latest")
    assert made["period_end_on"] == date(2024, 5, 12)
    assert made["rent_usd_per_gpu_hour"] == pytest.approx(3.6)
    assert made["change_1_month_pct"] == pytest.approx(0)
    assert made["change_3_months_pct"] == pytest.approx(20)
    assert made["change_12_months_pct"] is None
    assert (made["unobserved_days"], made["provider_count"]) == (0, 3)
    assert made["last_published_on"] == made["period_end_on"]
