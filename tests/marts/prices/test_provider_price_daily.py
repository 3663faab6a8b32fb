from datetime import date

import pytest

from tests.given.support import build_up_to, daily, fill, offer, rows

PRICES = (
    "select observed_on, price_usd_per_gpu_hour, carried_days, sighting_status, confirmed_on "
    "from marts.provider_price_daily where provider = 'lambda' order by observed_on"
)


def test_a_missing_provider_is_carried_three_days_and_then_leaves(db):
    others = daily(20, provider="aws")
    gone = daily(2, provider="lambda", offer_id="b", region="global")
    fill(db, [*others, *gone])
    build_up_to(db, "marts.provider_price_daily")
    days = rows(db, PRICES)
    assert [row["carried_days"] for row in days] == [0, 0, 1, 2, 3]
    assert days[-1]["observed_on"] == date(2026, 11, 5)


def test_nothing_is_carried_past_the_newest_observation(db):
    fill(db, daily(2, provider="lambda"))
    build_up_to(db, "marts.provider_price_daily")
    assert [row["observed_on"] for row in rows(db, PRICES)] == [
        date(2026, 11, 1),
        date(2026, 11, 2),
    ]


def test_a_weekly_record_stands_for_its_week_without_being_carried(db):
    weekly = [offer(on=date(2026, 11, day), provider="lambda", refresh_days=7) for day in (1, 8)]
    fill(db, [*weekly, offer(on=date(2026, 11, 20))])
    build_up_to(db, "marts.provider_price_daily")
    days = rows(db, PRICES)
    assert len(days) == 7 + 7 + 3
    assert [row["carried_days"] for row in days] == [0] * 14 + [1, 2, 3]


def test_a_step_of_more_than_40_percent_waits_for_a_second_sighting(db):
    before = daily(3, provider="lambda", price_usd_per_gpu_hour=12.29)
    step = offer(on=date(2026, 11, 4), provider="lambda", price_usd_per_gpu_hour=6.88)
    fill(db, [*before, step])
    build_up_to(db, "marts.provider_price_daily")
    assert rows(db, PRICES)[-1]["sighting_status"] == "unconfirmed"
    fill(db, [offer(on=date(2026, 11, 5), provider="lambda", price_usd_per_gpu_hour=6.88)])
    build_up_to(db, "marts.provider_price_daily")
    days = rows(db, PRICES)
    assert [row["sighting_status"] for row in days] == ["confirmed"] * 5
    # The row of the fourth says what it says since the fifth; the fifth needed no second look.
    assert [row["confirmed_on"] for row in days] == [None] * 3 + [date(2026, 11, 5), None]


def test_a_step_that_a_second_source_reports_the_same_day_is_confirmed(db):
    before = daily(3, provider="lambda", price_usd_per_gpu_hour=12.29)
    step = offer(on=date(2026, 11, 4), provider="lambda", price_usd_per_gpu_hour=6.88)
    fill(db, [*before, step, step | {"source": "other", "price_usd_per_gpu_hour": 6.9}])
    build_up_to(db, "marts.provider_price_daily")
    last = rows(db, PRICES)[-1]
    assert last["sighting_status"] == "confirmed"
    assert last["price_usd_per_gpu_hour"] == pytest.approx((6.88 + 6.9) / 2)
    assert last["confirmed_on"] is None  # the same day said so


def test_a_marketplace_is_the_median_of_its_machines(db):
    machines = [
        offer(offer_id=str(n), provider="vast", host_id=str(n), price_usd_per_gpu_hour=price)
        for n, price in enumerate((1.0, 2.0, 9.0))
    ]
    fill(db, machines)
    build_up_to(db, "marts.provider_price_daily")
    [day] = rows(db, "from marts.provider_price_daily")
    assert (day["price_usd_per_gpu_hour"], day["host_count"]) == (2.0, 3)
    assert day["region"] == "north_america"


def test_prices_with_and_without_host_never_share_a_cell(db):
    fill(db, [offer(), offer(offer_id="b", basis="gpu_component", price_usd_per_gpu_hour=2.9)])
    build_up_to(db, "marts.provider_price_daily")
    assert {row["basis"] for row in rows(db, "from marts.provider_price_daily")} == {
        "all_in",
        "gpu_component",
    }


def test_azure_flip_flop_needs_two_sightings_before_a_change_counts(db):
    flips = [
        offer(on=date(2026, 5, day), provider="azure", region="eastus", price_usd_per_gpu_hour=usd)
        for day, usd in ((1, 3.673), (2, 4.777), (3, 3.673), (4, 3.673), (5, 4.1), (6, 4.1))
    ]
    fill(db, flips)
    build_up_to(db, "marts.provider_price_daily")
    shown = rows(db, "from marts.provider_price_daily order by observed_on")
    assert [row["sighting_status"] for row in shown] == [
        "confirmed", "unconfirmed", "confirmed", "confirmed", "confirmed", "confirmed",
    ]  # fmt: skip
