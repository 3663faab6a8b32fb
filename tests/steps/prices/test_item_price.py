"""Which prices are one item, which days they stand, and what a period knew when it ended."""

from datetime import UTC, date, datetime
from math import exp, log

import pytest

from tests.given.support import build, fill, offer, rows

SUNDAY, NEXT_SUNDAY = date(2024, 1, 7), date(2024, 1, 14)
WEEKS = "from steps.item_price where period = 'week' order by provider, item, period_end_on"


def landed(db, *offers):
    # A late look elsewhere, so that the weeks before it are over.
    last = offer(provider="nebius", offer_id="last", on=date(2024, 2, 20), refresh_days=1)
    fill(db, [*offers, last])
    build(db, "steps.item_price")
    return [each for each in rows(db, WEEKS) if each["provider"] != "nebius"]


def test_a_neoclouds_regions_are_one_item_and_a_hyperscalers_are_not(db):
    made = landed(
        db,
        offer(provider="digitalocean", offer_id="a", region="tor1", on=date(2024, 1, 2)),
        offer(provider="digitalocean", offer_id="b", region="global", on=date(2024, 1, 9)),
        offer(provider="aws", offer_id="c", region="us-east-1", instance_type="p5.48xlarge",
              on=date(2024, 1, 2), refresh_days=1),
        offer(provider="aws", offer_id="d", region="us-west-2", instance_type="p5.48xlarge",
              on=date(2024, 1, 2), refresh_days=1),
    )  # fmt: skip
    items = {(each["provider"], each["item"]) for each in made}
    assert items == {
        ("digitalocean", "any"),
        ("aws", "us-east-1 p5.48xlarge"),
        ("aws", "us-west-2 p5.48xlarge"),
    }


def test_a_weeks_price_weighs_the_days_each_price_stood(db):
    # 2.00 stands Monday and Tuesday, 4.00 from Wednesday; a step needs its second sighting.
    daily = {"provider": "lambda", "offer_id": "a", "refresh_days": 1}
    prices = {1: 2.0, 2: 2.0, 3: 2.5, 4: 2.5, 5: 2.5, 6: 2.5, 7: 2.5}
    made = landed(
        db,
        *(
            offer(on=date(2024, 1, day), price_usd_per_gpu_hour=price, **daily)
            for day, price in prices.items()
        ),
    )
    assert exp(made[0]["log_price"]) == pytest.approx(exp((2 * log(2.0) + 5 * log(2.5)) / 7))


def test_a_step_of_more_than_40_pct_waits_for_its_second_sighting(db):
    daily = {"provider": "lambda", "offer_id": "a", "refresh_days": 1}
    made = landed(
        db,
        offer(on=date(2024, 1, 6), price_usd_per_gpu_hour=2.0, **daily),
        offer(on=SUNDAY, price_usd_per_gpu_hour=3.0, **daily),
        offer(on=date(2024, 1, 8), price_usd_per_gpu_hour=3.0, **daily),
    )
    assert [exp(each["log_price"]) for each in made] == pytest.approx([2.0, 3.0])


def test_a_price_that_became_public_after_the_week_is_not_in_it(db):
    late = datetime(2024, 1, 20, 12, tzinfo=UTC)
    made = landed(
        db,
        offer(provider="lambda", offer_id="a", on=date(2024, 1, 3), refresh_days=1,
              known_at=late, captured_at=late),
    )  # fmt: skip
    assert made == []


def test_a_week_that_is_not_over_has_no_row(db):
    fill(db, [offer(provider="lambda", offer_id="a", on=date(2024, 1, 9), refresh_days=1)])
    build(db, "steps.item_price")
    assert rows(db, WEEKS) == []


def test_a_bundle_that_changed_is_another_item_of_the_same_root(db):
    daily = {"provider": "lambda", "offer_id": "a", "refresh_days": 1}
    made = landed(
        db,
        offer(on=date(2024, 1, 3), price_usd_per_gpu_hour=2.0, **daily),
        offer(on=date(2024, 1, 4), price_usd_per_gpu_hour=2.5, flag="restatement", **daily),
        offer(on=date(2024, 1, 10), price_usd_per_gpu_hour=2.5, **daily),
    )
    assert [each["item"] for each in made] == ["any", "any restated 1"]
    assert {each["item_root"] for each in made} == {"any"}


def test_a_period_is_known_from_the_first_look_after_it_however_late_that_became_public(db):
    soon, late = datetime(2024, 1, 9, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    fill(
        db,
        [
            offer(provider="lambda", offer_id="a", on=date(2024, 1, 3)),
            offer(provider="aws", offer_id="b", on=date(2024, 1, 8), known_at=late),
            offer(provider="aws", offer_id="c", on=date(2024, 1, 10), known_at=soon),
        ],
    )
    build(db, "steps.item_price")
    [made] = rows(db, WEEKS)
    assert (made["period_end_on"], made["known_at"]) == (SUNDAY, soon)


def test_machine_types_of_a_hyperscaler_are_items_and_a_neoclouds_cheapest_is_the_item(db):
    made = landed(
        db,
        *(
            offer(provider=name, offer_id=f"{name}{type_}", instance_type=type_, on=SUNDAY,
                  price_usd_per_gpu_hour=price)
            for name in ("aws", "lambda")
            for type_, price in (("one", 3.0), ("eight", 2.0))
        ),
    )  # fmt: skip
    items = {(each["provider"], each["item"]): exp(each["log_price"]) for each in made}
    assert items == {
        ("aws", "us-east-1 one"): pytest.approx(3.0),
        ("aws", "us-east-1 eight"): pytest.approx(2.0),
        ("lambda", "any"): pytest.approx(2.0),
    }
