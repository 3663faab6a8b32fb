from datetime import UTC, date, datetime

import pytest

from pipeline import warehouse as wh
from pipeline.contracts.reference import PUBLISHED_INDICES
from tests.given.support import build_up_to, fill, offer, rows, typed


def ours(on, *prices):
    return [
        offer(on=on, provider=f"cloud-{n}", offer_id=str(n), price_usd_per_gpu_hour=price)
        for n, price in enumerate(prices)
    ]


def compared(db, offers):
    fill(db, offers)  # and somebody's level of USD 2.00 for neoclouds on 5 January 2024
    build_up_to(db, "marts.published_index_comparison")
    return rows(db, "from marts.published_index_comparison order by known_at")


def test_the_nearest_level_of_the_week_before_stands_beside_a_published_one(db):
    offers = [*ours(date(2024, 1, 2), 1.9, 1.9, 1.9), *ours(date(2024, 1, 4), 2.0, 2.2, 2.5)]
    [row] = compared(db, offers)
    assert (row["our_price_usd_per_gpu_hour"], row["provider_count"]) == (2.2, 3)
    assert row["our_observed_on"] == date(2024, 1, 4)
    assert row["difference_fraction"] == pytest.approx(0.1)
    assert row["missing_reason"] is None


@pytest.mark.parametrize("on", [date(2023, 12, 20), date(2024, 1, 6)])
def test_an_older_or_a_later_level_does_not(db, on):
    [row] = compared(db, ours(on, 2.0, 2.0, 2.0))
    assert row["our_price_usd_per_gpu_hour"] is None
    assert row["missing_reason"].startswith("no published level of ours")


def test_a_withheld_level_of_ours_is_not_compared(db):
    [row] = compared(db, ours(date(2024, 1, 5), 2.0, 2.0))
    assert row["our_price_usd_per_gpu_hour"] is None


def test_trap_79_a_rewritten_level_is_a_second_row_of_its_own_vintage(db):
    fill(db, ours(date(2024, 1, 5), 2.0, 2.0, 2.0))
    before = wh.read(db, PUBLISHED_INDICES).to_dicts()[0]
    later = datetime(2024, 6, 1, tzinfo=UTC)
    again = before | {"level_usd_per_gpu_hour": 1.6, "known_at": later, "captured_at": later}
    wh.append(db, PUBLISHED_INDICES, typed(PUBLISHED_INDICES, [again]))
    build_up_to(db, "marts.published_index_comparison")
    levels = rows(db, "from marts.published_index_comparison order by known_at")
    assert [row["level_usd_per_gpu_hour"] for row in levels] == [2.0, 1.6]
    assert [row["difference_fraction"] for row in levels] == [0.0, pytest.approx(0.25)]
