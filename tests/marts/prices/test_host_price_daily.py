from datetime import UTC, datetime

import pytest

from tests.given.support import build_up_to, fill, offer, rows


def test_a_machine_listed_four_times_is_one_machine(db):
    listed = [
        offer(
            offer_id=f"ask-{n}",
            provider="vast",
            host_id="55059",
            gpu_count=n,
            price_usd_per_gpu_hour=price,
        )
        for n, price in ((1, 2.0), (2, 2.2), (4, 2.4), (8, 2.4))
    ]
    fill(db, listed)
    build_up_to(db, "marts.host_price_daily")
    [machine] = rows(db, "from marts.host_price_daily")
    assert machine["host_id"] == "55059"
    assert machine["price_usd_per_gpu_hour"] == pytest.approx(2.3)
    assert machine["offer_count"] == 4


def test_an_offer_seen_often_in_a_day_counts_once_at_its_last_price(db):
    seen = [
        offer(at=datetime(2026, 11, 20, hour, tzinfo=UTC), price_usd_per_gpu_hour=price)
        for hour, price in ((1, 4.0), (9, 5.0), (23, 6.0))
    ]
    fill(db, seen)
    build_up_to(db, "marts.host_price_daily")
    [day] = rows(db, "from marts.host_price_daily")
    assert (day["price_usd_per_gpu_hour"], day["offer_count"]) == (6.0, 1)


def test_a_bigger_host_does_not_read_as_a_dearer_gpu(db):
    listed = [
        offer(
            offer_id=name,
            accelerator="nvidia-t4-16gb",
            instance_type=name,
            gpu_count=1,
            price_usd_per_gpu_hour=price,
        )
        for name, price in (("g4dn.xlarge", 0.526), ("g4dn.16xlarge", 4.352))
    ]
    fill(db, listed)
    build_up_to(db, "marts.host_price_daily")
    [place] = rows(db, "from marts.host_price_daily")
    assert (place["instance_type"], place["price_usd_per_gpu_hour"]) == ("g4dn.xlarge", 0.526)


def test_flagged_offers_stay_out(db):
    floor = {"market": "spot", "spot_kind": "bid_floor", "flag": "bid_floor"}
    fill(db, [offer(), offer(offer_id="b", **floor)])
    build_up_to(db, "marts.host_price_daily")
    assert [row["market"] for row in rows(db, "from marts.host_price_daily")] == ["on_demand"]


def test_days_are_cut_in_utc_whatever_the_readers_clock(db):
    fill(db, [offer(at=datetime(2026, 11, 20, 2, tzinfo=UTC))])
    db.execute("set timezone = 'America/New_York'")
    build_up_to(db, "marts.host_price_daily")
    [day] = rows(db, "from marts.host_price_daily")
    assert str(day["observed_on"]) == "2026-11-20"
