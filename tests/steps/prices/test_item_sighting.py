"""What one item cost on one day, of prices that were public on it."""

from datetime import UTC, date, datetime

from tests.given.support import build, fill, offer, rows

DAY = date(2024, 1, 2)


def test_a_list_is_its_cheapest_machine_type_and_at_a_hyperscaler_each_is_an_item(db):
    prices = {"p5.48xlarge": 4.0, "p5.4xlarge": 5.0}
    fill(
        db,
        [
            offer(on=DAY, provider=each, offer_id=each + name, instance_type=name,
                  price_usd_per_gpu_hour=usd)
            for each in ("aws", "lambda")
            for name, usd in prices.items()
        ],
    )  # fmt: skip
    build(db, "steps.item_sighting")
    made = rows(db, "from steps.item_sighting order by provider, instance_type")
    said = [
        (each["region"], each["instance_type"], each["price_usd_per_gpu_hour"]) for each in made
    ]
    assert said == [
        ("us-east-1", "p5.48xlarge", 4.0),
        ("us-east-1", "p5.4xlarge", 5.0),
        ("any", "any", 4.0),
    ]


def test_flagged_prices_and_those_that_became_public_later_are_left_out(db):
    late = datetime(2024, 1, 4, tzinfo=UTC)
    fill(db, [offer(on=DAY, flag="administered"), offer(on=DAY, offer_id="b", known_at=late)])
    build(db, "steps.item_sighting")
    assert rows(db, "from steps.item_sighting") == []
