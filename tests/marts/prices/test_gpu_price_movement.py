"""The published movement: a panel that changes is no movement, and the parts add up."""

from datetime import date

import pytest

from tests.given.support import build, daily, fill, rows

START = date(2024, 1, 1)
MARTS = (
    "steps.item_price",
    "steps.panel_movement",
    "marts.gpu_price_movement",
)


def test_cheap_sellers_who_join_move_the_level_and_not_the_index(db):
    offers = []
    for number in range(4):
        cells = {"provider": f"old-{number}", "offer_id": "a", "refresh_days": 1}
        offers += daily(14, start=START, price_usd_per_gpu_hour=4.0, **cells)
    for number in range(12):
        cells = {"provider": f"new-{number}", "offer_id": "a", "refresh_days": 1}
        offers += daily(8, start=date(2024, 1, 8), price_usd_per_gpu_hour=2.0, **cells)
    fill(db, offers)
    build(db, *MARTS)
    first, second = rows(
        db, "from marts.gpu_price_movement where period = 'week' order by period_end_on"
    )
    assert (first["provider_count"], second["provider_count"]) == (4, 16)
    assert second["multilateral_price_index"] == pytest.approx(100)
    assert second["level_log_change"] == pytest.approx(second["entry_log_change"])
    assert second["level_log_change"] < -0.4
    assert second["known_at"].date() == date(2024, 1, 15)
