"""Revenue of a quarter over the hours of the accelerators in use, by hand."""

from datetime import UTC, date, datetime

import pytest

from pipeline.contracts.depreciation import COST_INPUTS, ISSUER_CAPACITY
from tests.given.lives import H100, LONG_AGO, cost, empty, land, put
from tests.given.support import build, refer, rows

KNOWN = datetime(2026, 5, 9, tzinfo=UTC)


def capacity(on, megawatts, gpus=None, **cells):
    row = {"issuer": "Acme", "cik": "0000000001", "measured_on": on, "active_power_mw": megawatts}
    return row | {"installed_gpu_count": gpus} | cells


CAPACITIES = (
    capacity(date(2025, 12, 31), 100.0, 70_000),
    capacity(date(2026, 3, 31), 140.0, known_at=KNOWN),
)
POSTED = {
    "accelerator": H100, "tier": "neocloud", "market": "on_demand", "term_months": 0,
    "basis": "all_in", "period": "month", "period_end_on": date(2026, 3, 31),
    "publication_status": "published", "rent_usd_per_gpu_hour": 4.0,
    "last_observed_on": date(2026, 3, 30), "known_at": LONG_AGO,
}  # fmt: skip


def realised(db, *capacities, posted=POSTED):
    empty(db)
    refer(db)
    db.execute(
        "insert into staging.accelerators by name select * replace ('nvidia-gb200-nvl72' as "
        f"accelerator, 1400 as tdp_w) from staging.accelerators where accelerator = '{H100}'"
    )
    land(db, COST_INPUTS, cost("system-power-factor", 2.0))
    land(db, ISSUER_CAPACITY, *capacities)
    quarter = {
        "issuer": "Acme", "cik": "0000000001", "metric": "revenue", "is_preferred_basis": True,
        "period_start_on": date(2026, 1, 1), "period_end_on": date(2026, 3, 31),
        "period_days": 90, "value_usd": 3e8, "known_at": LONG_AGO,
    }  # fmt: skip
    put(db, "marts.issuer_quarter", quarter)
    put(db, "marts.gpu_rent", posted)
    build(db, "marts.realised_rent")
    return rows(db, "from marts.realised_rent")


def test_revenue_is_spread_over_the_hours_of_the_mean_power_in_use(db):
    [made] = realised(db, *CAPACITIES)
    # 700 accelerators a megawatt; 120 MW on average over 2,160 hours.
    rent = 3e8 / (120 * 700 * 2160)
    assert made["gpu_per_mw"] == 700
    assert made["realised_rent_usd_per_gpu_hour"] == pytest.approx(rent)
    assert made["realised_to_posted_pct"] == pytest.approx(100 * rent / 4)
    assert made["last_observed_on"] == date(2026, 3, 30)
    assert made["known_at"] == KNOWN


def test_the_range_is_of_machines_that_draw_little_and_much_at_either_end(db):
    [made] = realised(db, *CAPACITIES)
    # 700 W and 1,400 W, twice that for the whole machine: 714 and 357 a megawatt.
    low, high = 1e6 / 2800, 1e6 / 1400
    assert made["low_realised_rent_usd_per_gpu_hour"] == pytest.approx(3e8 / (140 * high * 2160))
    assert made["high_realised_rent_usd_per_gpu_hour"] == pytest.approx(3e8 / (100 * low * 2160))


def test_without_the_power_at_both_ends_there_is_no_row(db):
    assert realised(db, CAPACITIES[0]) == []


def test_without_accelerators_and_power_of_one_day_there_is_a_range_and_a_reason(db):
    alone = capacity(date(2024, 12, 31), None, 70_000)
    ends = [capacity(date(2025, 12, 31), 100.0), capacity(date(2026, 3, 31), 140.0)]
    [made] = realised(db, alone, *ends)
    assert made["realised_rent_usd_per_gpu_hour"] is None
    assert "both on record" in made["realised_missing_reason"]
    low, high = 1e6 / 2800, 1e6 / 1400
    assert made["low_realised_rent_usd_per_gpu_hour"] == pytest.approx(3e8 / (140 * high * 2160))
    assert made["high_realised_rent_usd_per_gpu_hour"] == pytest.approx(3e8 / (100 * low * 2160))


def test_without_a_posted_rent_the_realised_one_stands_alone(db):
    [made] = realised(db, *CAPACITIES, posted=POSTED | {"publication_status": "withheld"})
    assert made["posted_rent_usd_per_gpu_hour"] is None
    assert made["realised_rent_usd_per_gpu_hour"] is not None
