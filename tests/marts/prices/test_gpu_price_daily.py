from datetime import date

import pytest

from tests.given.support import build, fill, offer, rows

WORLD = "from marts.gpu_price_daily where region_group = 'all' order by observed_on"


def neoclouds(*prices: float, **cells):
    return [
        offer(
            provider=f"cloud-{n}",
            offer_id=f"{cells.get('market', 'od')}-{n}",
            price_usd_per_gpu_hour=price,
            **cells,
        )
        for n, price in enumerate(prices)
    ]


def machines(*prices: float, operator: str | None = None):
    return [
        offer(
            offer_id=str(n),
            provider="vast",
            host_id=str(n),
            operator_id=operator or str(n),
            price_usd_per_gpu_hour=price,
        )
        for n, price in enumerate(prices)
    ]


def test_three_providers_publish_their_median_with_interval(db):
    fill(db, neoclouds(2.0, 3.0, 4.0))
    build(db)
    [cell] = rows(db, WORLD)
    assert cell["publication_status"] == "published"
    assert cell["median_price_usd_per_gpu_hour"] == 3.0
    assert (cell["p25_price_usd_per_gpu_hour"], cell["p75_price_usd_per_gpu_hour"]) == (2.5, 3.5)
    assert cell["interval_low_price_usd_per_gpu_hour"] == 2.0
    assert cell["interval_high_price_usd_per_gpu_hour"] == 4.0
    assert (cell["provider_count"], cell["effective_n"]) == (3, 3.0)


def test_two_providers_are_withheld_with_the_reason_and_without_a_price(db):
    fill(db, neoclouds(2.0, 3.0))
    build(db)
    [cell] = rows(db, WORLD)
    assert (cell["publication_status"], cell["withheld_reason"]) == (
        "withheld",
        "fewer than 3 providers",
    )
    assert cell["median_price_usd_per_gpu_hour"] is None
    assert cell["provider_count"] == 2


def test_one_provider_in_many_regions_has_one_vote(db):
    many = [
        offer(provider="cloud-0", offer_id=region, region=region, price_usd_per_gpu_hour=9.0)
        for region in ("a", "b", "c", "d")
    ]
    fill(
        db,
        [
            *many,
            *neoclouds(2.0, 3.0, 4.0)[1:],
            offer(provider="x", offer_id="x", price_usd_per_gpu_hour=2),
        ],
    )
    build(db)
    [cell] = rows(db, WORLD)
    assert (cell["provider_count"], cell["median_price_usd_per_gpu_hour"]) == (4, 3.5)


def test_a_hyperscaler_publishes_alone_and_says_so(db):
    fill(db, [offer()])
    build(db)
    [cell] = rows(db, WORLD)
    assert (cell["publication_status"], cell["single_provider"]) == ("published", True)


def test_machines_vote_where_a_marketplace_is_alone(db):
    fill(db, machines(1.0, 2.0, 3.0, 4.0, 5.0))
    build(db)
    [cell] = rows(db, WORLD)
    assert (cell["publication_status"], cell["median_price_usd_per_gpu_hour"]) == ("published", 3.0)
    assert (cell["host_count"], cell["vote_count"], cell["single_provider"]) == (5, 5, True)
    assert cell["largest_host_fraction"] == pytest.approx(0.2)
    assert cell["effective_n"] == pytest.approx(5.0)


def test_four_machines_are_too_few(db):
    fill(db, machines(1.0, 2.0, 3.0, 4.0))
    build(db)
    [cell] = rows(db, WORLD)
    assert cell["withheld_reason"] == "fewer than 3 providers and fewer than 5 machines"


def test_one_owner_of_most_machines_is_withheld(db):
    fill(db, [*machines(1.0, 2.0, 3.0, 4.0, operator="big"), *machines(*[5.0] * 6)[4:]])
    build(db)
    [cell] = rows(db, WORLD)
    assert cell["withheld_reason"] == "one owner has more than half of the machines"
    assert cell["largest_host_fraction"] == pytest.approx(4 / 6)


def test_a_cell_that_disagrees_with_itself_is_withheld(db):
    fill(db, neoclouds(1.0, 1.0, 9.0, 9.0))
    build(db)
    [cell] = rows(db, WORLD)
    assert cell["withheld_reason"] == "p75 is more than 3 times p25"


def test_spot_above_on_demand_is_withheld_on_both_sides(db):
    fill(
        db,
        [*neoclouds(2.0, 2.0, 2.0), *neoclouds(3.0, 3.0, 3.0, market="spot", spot_kind="market")],
    )
    build(db)
    assert {row["withheld_reason"] for row in rows(db, WORLD)} == {"spot above on-demand"}


def test_a_longer_commitment_dearer_than_a_shorter_one_is_withheld(db):
    year = neoclouds(2.0, 2.0, 2.0, market="reserved", term_months=12)
    three = [
        row | {"offer_id": row["offer_id"] + "-36"}
        for row in neoclouds(2.5, 2.5, 2.5, market="reserved", term_months=36)
    ]
    fill(db, [*year, *three])
    build(db)
    reasons = {row["term_months"]: row["withheld_reason"] for row in rows(db, WORLD)}
    assert reasons == {12: None, 36: "longer commitment dearer than a shorter one"}


def test_an_unconfirmed_step_does_not_reach_the_level(db):
    calm = [
        row
        | {
            "observed_at": row["observed_at"].replace(day=19),
            "known_at": row["known_at"].replace(day=19),
        }
        for row in neoclouds(2.0, 2.0, 2.0)
    ]
    fill(db, [*calm, *neoclouds(2.0, 2.0, 9.0)])
    build(db)
    today = [row for row in rows(db, WORLD) if row["observed_on"] == date(2026, 11, 20)]
    assert [row["provider_count"] for row in today] == [2]


def test_administered_spot_is_shown_by_provider_and_enters_no_level(db):
    listed = {"market": "spot", "spot_kind": "administered", "flag": "administered"}
    fill(db, [offer(), offer(provider="gcp", offer_id="b", **listed)])
    build(db)
    assert [row["market"] for row in rows(db, WORLD)] == ["on_demand"]
    [spot] = rows(db, "from marts.provider_price_daily where market = 'spot'")
    assert spot["sighting_status"] == "administered"
