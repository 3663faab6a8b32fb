"""The rent values rest on: it stands 31 days after the last look, then it is withheld."""

from datetime import date

import pytest

from tests.given.support import build, daily, fill, offer, rows

START = date(2024, 1, 1)
MARTS = ("steps.item_price", "steps.panel_movement", "marts.gpu_rent")


def rented(db, *, until):
    offers = []
    for name, price in {"lambda": 2.0, "crusoe": 3.0, "nebius": 7.0}.items():
        cells = {"provider": name, "offer_id": name, "refresh_days": 1}
        offers += daily(14, start=START, price_usd_per_gpu_hour=price, **cells)
    offers += [offer(provider="aws", offer_id="x", on=until, refresh_days=1, region="us-east-1")]
    # The clock of all cells runs on with a seller of another tier, week by week.
    offers += [
        offer(provider="aws", offer_id="x", on=date(2024, 1, day), refresh_days=1,
              region="us-east-1")
        for day in (3, 10, 17, 24, 31)
    ]  # fmt: skip
    offers += [
        offer(provider="aws", offer_id="x", on=date(2024, 2, day), refresh_days=1,
              region="us-east-1")
        for day in (7, 14, 21)
    ]  # fmt: skip
    fill(db, offers)
    build(db, *MARTS)
    return rows(
        db,
        "from marts.gpu_rent where period = 'week' and tier = 'neocloud' order by period_end_on",
    )


def test_the_rent_is_the_median_of_the_panel_with_its_quartiles(db):
    first = rented(db, until=date(2024, 2, 28))[0]
    assert first["rent_usd_per_gpu_hour"] == pytest.approx(3.0)
    assert first["p25_rent_usd_per_gpu_hour"] == pytest.approx((2.0 * 3.0) ** 0.5)
    assert first["p75_rent_usd_per_gpu_hour"] == pytest.approx((3.0 * 7.0) ** 0.5)
    assert (first["provider_count"], first["single_provider"]) == (3, False)


def test_a_rent_stands_31_days_after_the_last_look_and_no_longer(db):
    made = rented(db, until=date(2024, 2, 28))
    assert {each["last_observed_on"] for each in made[1:]} == {date(2024, 1, 14)}
    told = {each["period_end_on"]: each for each in made}
    standing, over = told[date(2024, 2, 11)], told[date(2024, 2, 18)]
    assert (standing["publication_status"], standing["unobserved_days"]) == ("published", 28)
    assert standing["rent_usd_per_gpu_hour"] == pytest.approx(3.0)
    assert over["publication_status"] == "withheld"
    assert over["rent_usd_per_gpu_hour"] is None
    assert over["withheld_reason"] == "no price observed since 2024-01-14"
