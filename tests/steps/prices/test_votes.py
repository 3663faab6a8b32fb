"""Exact coverage of ranks, and the vote of a provider."""

from datetime import UTC, datetime

import pytest
from scipy.stats import binom

from pipeline import warehouse as wh
from pipeline.contracts.reference import INTERVAL_RANKS
from pipeline.methods.bootstrap import median_interval_ranks
from tests.given.support import build, daily, fill, offer, rows, typed


def test_the_coverage_of_ranks_is_binomial_for_every_number_of_votes(db):
    fill(db, [offer()])
    known = {"known_at": datetime(2020, 1, 1, tzinfo=UTC)}
    ranks = []
    for votes in (2, 3, 4, 5, 17, 100, 999):
        low, high = median_interval_ranks(votes)
        ranks.append({"vote_total_count": votes, "rank_low": low, "rank_high": high})
    db.execute("delete from staging.interval_ranks")
    wh.append(db, INTERVAL_RANKS, typed(INTERVAL_RANKS, [each | known for each in ranks]))
    build(db, "steps.interval_coverage")
    made = {each["vote_total_count"]: each["interval_coverage_pct"]
            for each in rows(db, "from steps.interval_coverage")}  # fmt: skip
    for each in ranks:
        votes = each["vote_total_count"]
        half = binom(votes, 0.5)
        exact = half.cdf(each["rank_high"] - 1) - half.cdf(each["rank_low"] - 1)
        assert made[votes] == pytest.approx(100 * exact, rel=1e-9)
    assert made[3] == pytest.approx(75)


def test_the_world_of_a_neocloud_is_all_its_regions_and_of_a_hyperscaler_one(db):
    offers = []
    for name in ("aws", "lambda"):
        for region, price in (("us-east-1", 4.0), ("eu-west-1", 6.0)):
            offers += daily(1, provider=name, offer_id=f"{name}{region}", region=region,
                            region_group=region[:2], price_usd_per_gpu_hour=price)  # fmt: skip
    fill(db, offers)
    build(db, "marts.host_price_daily", "marts.provider_price_daily", "steps.price_vote")
    world = "from steps.price_vote where region_group = 'all'"
    made = {each["provider"]: each["price_usd_per_gpu_hour"] for each in rows(db, world)}
    assert made == {"aws": 4.0, "lambda": 5.0}


def test_every_hyperscaler_has_one_region_of_reference(db):
    build(db, "steps.reference_region")
    made = {each["provider"]: each["region"] for each in rows(db, "from steps.reference_region")}
    assert made["aws"] == "us-east-1"
    assert made.keys() == {"aws", "azure", "gcp", "ibm", "oci"}
