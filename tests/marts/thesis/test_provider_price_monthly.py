from datetime import date

from tests.given.support import build, fill, offer, rows


def test_a_month_that_is_over_is_the_median_of_a_sellers_days_and_regions(db):
    prices = [(date(2026, 10, 29), 2.0), (date(2026, 10, 30), 2.2), (date(2026, 10, 31), 2.4)]
    seen = [offer(on=day, price_usd_per_gpu_hour=price) for day, price in prices]
    fill(db, [*seen, offer(on=date(2026, 11, 29), provider="lambda", offer_id="l")])
    build(
        db, "marts.host_price_daily", "marts.provider_price_daily", "marts.provider_price_monthly"
    )
    [row] = rows(db, "from marts.provider_price_monthly")
    assert (row["provider"], row["period_end_on"]) == ("aws", date(2026, 10, 31))
    assert (row["price_usd_per_gpu_hour"], row["seen_day_count"]) == (2.2, 3)


def test_a_step_that_waits_for_a_second_sighting_is_in_no_month(db):
    fill(
        db, [offer(on=date(2026, 10, 31)), offer(on=date(2026, 11, 1), price_usd_per_gpu_hour=9.0)]
    )
    build(
        db, "marts.host_price_daily", "marts.provider_price_daily", "marts.provider_price_monthly"
    )
    assert [row["period_end_on"] for row in rows(db, "from marts.provider_price_monthly")] == [
        date(2026, 10, 31)
    ]
