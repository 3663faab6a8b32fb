"""What a matched index compares, and whom it remembers."""

from datetime import date

from tests.given.support import build, fill, offer, rows

MARTS = ("marts.provider_price_daily", "steps.panel_item", "steps.panel_memory")


def landed(db, *offers):
    fill(db, offers)
    build(db, "marts.host_price_daily", *MARTS)


def test_an_item_is_beside_its_own_last_price_before(db):
    one, two = date(2024, 1, 1), date(2024, 3, 1)
    landed(db, offer(on=one, price_usd_per_gpu_hour=2.0), offer(on=two, price_usd_per_gpu_hour=2.0))
    made = rows(db, "from steps.panel_item order by observed_on")
    assert made[0]["item_before_on"] is None
    assert made[-1]["log_price_before"] == made[0]["log_price"]
    assert not any(each["is_item_restated"] for each in made)


def test_a_provider_is_remembered_for_366_days_after_its_last_price(db):
    one, two = date(2023, 1, 1), date(2024, 12, 1)
    others = {"provider": "nebius"}
    ours = {"provider": "lambda"}
    landed(db, offer(on=one, **ours), offer(on=two, **ours), offer(on=date(2023, 3, 1), **others))
    made = {
        each["observed_on"]: each["remembered_provider_count"]
        for each in rows(db, "from steps.panel_memory")
    }
    assert (made[one], made[date(2023, 3, 1)], made[two]) == (0, 1, 0)


def test_a_source_says_one_price_of_a_region_and_day_and_a_marketplace_its_machines_median(db):
    day = date(2024, 1, 1)
    machines = [
        offer(on=day, provider="vast", offer_id=each, host_id=each, price_usd_per_gpu_hour=usd)
        for each, usd in (("a", 1.0), ("b", 2.0), ("c", 9.0))
    ]
    listed = [offer(on=day, source=each, price_usd_per_gpu_hour=4.0) for each in ("one", "two")]
    fill(db, [*machines, *listed])
    build(db, "marts.host_price_daily", "steps.price_sighting")
    made = rows(db, "from steps.price_sighting order by provider, source")
    said = [(each["source"], each["price_usd_per_gpu_hour"], each["host_count"]) for each in made]
    assert said == [("one", 4.0, None), ("two", 4.0, None), ("recorded", 2.0, 3)]
