from datetime import date

import pytest

from tests.given.lives import H100
from tests.given.support import build, daily, fill, rows

MARTS = [
    "marts.host_price_daily",
    "marts.provider_price_daily",
    "marts.gpu_price_daily",
    "marts.gpu_price_index",
    "marts.rent_cohort",
]


def asked(month, price, days=20, **cells):
    cells = {"offer_id": cells.get("provider", "aws")} | cells
    return daily(days, start=date(2024, month, 1), price_usd_per_gpu_hour=price, **cells)


def cohort(db, offers, **only):
    # A price of another part later on: the months before it are over.
    later = daily(1, start=date(2024, 12, 1), accelerator="nvidia-h200-sxm-141gb", offer_id="later")
    fill(db, [*offers, *later])
    only = {"accelerator": H100} | only
    db.execute(
        "update staging.accelerators set available_on = date '2022-10-01' "
        f"where accelerator = '{H100}'"
    )
    build(db, *MARTS)
    where = " and ".join(f"{name} = '{value}'" for name, value in only.items()) or "true"
    return rows(db, f"from marts.rent_cohort where {where} order by period_end_on")


PATH = [4.0, 4.0, 4.0, 3.0, 2.5, 3.2]


def test_retention_is_over_the_mean_of_the_first_three_months_and_may_rise(db):
    made = cohort(db, [e for m, p in enumerate(PATH, 1) for e in asked(m, p)])
    assert [each["retention_pct"] for each in made] == pytest.approx([100, 100, 100, 75, 62.5, 80])
    assert made[0]["first_rent_usd_per_gpu_hour"] == 4
    assert made[3]["rent_usd_per_gpu_hour"] == 3
    assert made[3]["months_since_first"] == 3
    assert made[3]["is_training_part"]


def test_age_counts_from_the_first_day_it_could_be_bought(db):
    made = cohort(db, asked(1, 4.0))
    # 2022-10-01 to 2024-01-31: 487 days, 15 turns of the month.
    assert made[0]["age_years"] == pytest.approx(487 / 365.25)
    assert made[0]["months_since_launch"] == 15


def test_a_cheap_provider_who_enters_moves_the_level_and_not_the_matched_path(db):
    offers = []
    for month in range(1, 7):
        for number, name in enumerate(["lambda", "crusoe", "nebius", "coreweave"]):
            offers += asked(month, 4.0 + number / 10, provider=name)
        if month > 3:
            for name in ["together", "verda", "runpod", "vultr", "hyperstack"]:
                offers += asked(month, 2.0, provider=name)
    last = cohort(db, offers, tier="neocloud")[-1]
    assert last["retention_pct"] == pytest.approx(100 * 2 / 4.15)
    assert last["matched_retention_pct"] == pytest.approx(100)


def test_withheld_levels_make_no_cohort(db):
    assert cohort(db, asked(1, 4.0, provider="lambda")) == []


def test_a_month_that_is_not_over_has_no_row(db):
    fill(db, asked(1, 4.0) + asked(2, 4.0))
    build(db, *MARTS)
    months = rows(db, "select distinct period_end_on from marts.rent_cohort")
    assert [each["period_end_on"] for each in months] == [date(2024, 1, 31)]
