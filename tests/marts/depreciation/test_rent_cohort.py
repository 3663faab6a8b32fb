"""Retention on rents of a fixed panel: a path that may rise, ending where its index starts anew."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.given.lives import H100, put
from tests.given.support import build, refer, rows

PATH = [4.0, 4.0, 4.0, 3.0, 2.5, 3.2]
START = date(2024, 1, 31)


def month(number, price, **cells):
    end = date(2024, number + 1, 1) - timedelta(days=1)
    return {
        "period": "month",
        "accelerator": H100,
        "tier": "neocloud",
        "market": "on_demand",
        "term_months": 0,
        "basis": "all_in",
        "period_end_on": end,
        "publication_status": "published",
        "rent_usd_per_gpu_hour": price,
        "multilateral_price_index": 25.0 * price,
        "chain_started_on": START,
        "provider_count": 4,
        "single_provider": False,
        "last_observed_on": end,
        "unobserved_days": 0,
        "known_at": datetime(2024, number + 1, 1, tzinfo=UTC),
    } | cells


def cohort(db, *months):
    refer(db)
    db.execute("update staging.accelerators set available_on = date '2022-10-01'")
    put(db, "marts.gpu_rent", *months)
    build(db, "marts.rent_cohort")
    return rows(db, "from marts.rent_cohort order by period_end_on")


def path(**cells):
    return [month(number, price, **cells) for number, price in enumerate(PATH, 1)]


def test_retention_is_over_the_mean_of_the_first_three_months_and_may_rise(db):
    made = cohort(db, *path())
    assert [each["retention_pct"] for each in made] == pytest.approx([100, 100, 100, 75, 62.5, 80])
    assert [each["matched_retention_pct"] for each in made] == pytest.approx(
        [100, 100, 100, 75, 62.5, 80]
    )
    assert made[0]["first_rent_usd_per_gpu_hour"] == 4
    assert made[3]["rent_usd_per_gpu_hour"] == 3
    assert made[3]["months_since_first"] == 3
    assert made[3]["is_training_part"]
    assert made[3]["known_at"] == datetime(2024, 5, 1, tzinfo=UTC)


def test_age_counts_from_the_first_day_it_could_be_bought(db):
    made = cohort(db, month(1, 4.0))
    # 2022-10-01 to 2024-01-31: 487 days, 15 turns of the month.
    assert made[0]["age_years"] == pytest.approx(487 / 365.25)
    assert made[0]["months_since_launch"] == 15


def test_where_the_index_starts_anew_only_the_level_is_compared(db):
    anew = [month(5, 2.0, chain_started_on=date(2024, 5, 31), multilateral_price_index=100.0)]
    last = cohort(db, *path()[:4], *anew)[-1]
    assert last["retention_pct"] == pytest.approx(50)
    assert last["matched_retention_pct"] is None


def test_withheld_rents_weeks_and_prices_without_the_host_make_no_cohort(db):
    assert (
        cohort(
            db,
            month(1, 4.0, publication_status="withheld"),
            month(2, 4.0, period="week"),
            month(3, 4.0, basis="gpu_component"),
        )
        == []
    )
