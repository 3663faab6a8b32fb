from datetime import date

import pytest

from tests.given.lives import H100, H200, put
from tests.given.support import build, rows

OLD = "nvidia-t4-16gb"


def month(accelerator, rent, age, end=date(2026, 6, 30), **cells):
    return {
        "accelerator": accelerator,
        "tier": "neocloud",
        "market": "on_demand",
        "term_months": 0,
        "period_end_on": end,
        "is_training_part": accelerator != OLD,
        "available_on": date(2026 - age, 6, 30),
        "age_years": float(age),
        "rent_usd_per_gpu_hour": rent,
        "provider_count": 5,
        "last_observed_on": end,
    } | cells


def curve(db, *months):
    put(db, "marts.rent_cohort", *months)
    build(db, "marts.age_curve")
    return {each["accelerator"]: each for each in rows(db, "from marts.age_curve")}


def test_rent_is_set_against_the_youngest_training_part_of_the_tier(db):
    made = curve(db, month(H100, 3.0, 4), month(H200, 4.0, 2), month(OLD, 0.2, 8))
    assert made[H100]["newest_accelerator"] == H200
    assert made[H100]["rent_to_newest_pct"] == pytest.approx(75)
    assert made[H200]["rent_to_newest_pct"] == 100
    assert made[OLD]["rent_to_newest_pct"] == pytest.approx(5)


def test_only_on_demand_at_quarter_ends_of_parts_with_a_known_age(db):
    made = curve(
        db,
        month(H100, 3.0, 4),
        month(H200, 4.0, 2, end=date(2026, 5, 31)),
        month(OLD, 0.2, 8, available_on=None),
        month("nvidia-l4-24gb", 0.1, 3, market="reserved", term_months=12),
    )
    assert list(made) == [H100]


def test_a_tier_without_a_training_part_has_no_ratio(db):
    assert curve(db, month(OLD, 0.2, 8))[OLD]["rent_to_newest_pct"] is None
