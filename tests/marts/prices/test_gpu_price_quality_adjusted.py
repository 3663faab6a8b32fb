"""The mart end to end: which prices enter, what was known when, and what is published."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline import warehouse as wh
from pipeline.contracts.reference import ACCELERATORS
from tests.given.support import build, fill, offer, rewindable, rows, typed

READS = (
    "marts.host_price_daily",
    "marts.provider_price_daily",
    "marts.gpu_price_quality_adjusted",
)

JANUARY, FEBRUARY, MARCH = date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)
# Times the price of the cheapest; the two first are in tests.given.support, the others land here.
CHIPS = {"nvidia-h100-sxm-80gb": 2.0, "nvidia-h200-sxm-141gb": 3.0}
MORE = {"nvidia-l4-24gb": 0.4, "nvidia-a100-sxm4-80gb": 1.2, "nvidia-b200-sxm-180gb": 4.0}
SPECIFIED = {  # TB/s, dense BF16 TFLOPS, GiB
    "nvidia-l4-24gb": (0.3, 121.0, 24.0),
    "nvidia-a100-sxm4-80gb": (2.0, 312.0, 80.0),
    "nvidia-b200-sxm-180gb": (8.0, 2250.0, 180.0),
}
PROVIDERS = ["lambda", "crusoe", "nebius", "coreweave", "voltage-park", "together"]


def quarter(*, steps=(1.0, 0.9, 0.99), providers=PROVIDERS, chips=CHIPS | MORE, **cells):
    """Three months of weekly sightings: every provider asks the same multiple of its own price."""
    made = []
    for number, provider in enumerate(providers):
        for chip, times in chips.items():
            for week in range(13):
                on = date(2024, 1, 1) + timedelta(weeks=week)
                made.append(
                    offer(
                        on=on,
                        provider=provider,
                        offer_id=f"{provider}/{chip}",
                        accelerator=chip,
                        region="global",
                        region_group="global",
                        refresh_days=7,
                        price_usd_per_gpu_hour=(1 + number / 10) * times * steps[on.month - 1],
                    )
                    | cells
                )
    return made


def land(db, offers):
    fill(db, offers)
    known = wh.read(db, ACCELERATORS).row(0, named=True)
    specs = [
        known
        | {
            "accelerator": name,
            "memory_bandwidth_tb_per_s": bandwidth,
            "bf16_dense_tflops": bf16,
            "memory_gib": memory,
        }
        for name, (bandwidth, bf16, memory) in SPECIFIED.items()
    ]
    wh.append(db, ACCELERATORS, typed(ACCELERATORS, specs))


def months(db, scope="on_demand"):
    build(db, *READS)
    return rows(
        db,
        f"from marts.gpu_price_quality_adjusted where market_scope = '{scope}' "
        "order by period_end_on",
    )


def test_the_common_change_of_all_providers_is_the_relative(db):
    land(db, quarter())
    made = months(db)
    assert [each["period_end_on"] for each in made] == [JANUARY, FEBRUARY, MARCH]
    assert [each["publication_status"] for each in made] == ["published"] * 3
    assert [each["price_index"] for each in made] == pytest.approx([100, 90, 99], rel=1e-6)
    assert made[1]["compared_with_on"] == JANUARY
    assert made[1]["known_at"] == datetime(2024, 3, 1, tzinfo=UTC)
    assert made[2]["window_price_count"] == 3 * 6 * 5


def test_two_accelerators_cannot_tell_characteristics_apart_and_the_table_says_so(db):
    land(db, quarter(chips=CHIPS))
    last = months(db)[-1]
    assert last["design_rank"] == last["parameter_count"] - 2
    assert last["bandwidth_elasticity"] is None


def test_two_providers_are_withheld(db):
    land(db, quarter(providers=PROVIDERS[:2]))
    last = months(db)[-1]
    assert last["publication_status"] == "withheld"
    assert last["withheld_reason"] == "fewer than 3 providers in one of the two months"
    assert last["price_relative"] is None


def test_terms_other_bases_and_unconfirmed_steps_stay_out(db):
    jump = offer(
        on=date(2024, 3, 25),
        provider="lambda",
        offer_id="lambda/nvidia-h100-sxm-80gb",
        region="global",
        region_group="global",
        price_usd_per_gpu_hour=9.0,
    )
    others = [
        offer(on=MARCH, offer_id="term", provider="aws", market="reserved", term_months=12),
        offer(on=MARCH, offer_id="bare", provider="aws", basis="gpu_component"),
    ]
    kept = [each for each in quarter() if each["observed_at"] < jump["observed_at"]]
    land(db, [*kept, jump, *others])
    last = months(db)[-1]
    assert last["price_index"] == pytest.approx(99, rel=1e-6)
    assert last["window_provider_count"] == 6


def test_a_price_without_specifications_is_left_out_and_counted(db):
    unknown = offer(on=date(2024, 3, 20), accelerator="nvidia-t4-16gb", provider="lambda")
    land(db, [*quarter(), unknown])
    assert [each["left_out_count"] for each in months(db)] == [0, 0, 1]


def test_on_demand_and_spot_stand_apart_and_together(db):
    spot = quarter(market="spot", spot_kind="market", steps=(0.5, 0.45, 0.54))
    for each in spot:
        each["offer_id"] += "/spot"
    land(db, [*quarter(), *spot])
    apart = {scope: months(db, scope)[-1]["price_index"] for scope in ("on_demand", "spot")}
    assert apart == pytest.approx({"on_demand": 99, "spot": 108}, rel=1e-6)
    both = months(db, "all")[-1]
    assert 99 < both["price_index"] < 108
    assert both["spot_effect"] < -0.5


def test_a_month_is_estimated_with_what_was_known_when_it_ended(db):
    late = datetime(2024, 3, 2, tzinfo=UTC)
    halved = quarter(steps=(1.0, 0.45, 0.99))
    after = [e | {"known_at": late, "captured_at": late} for e in halved if month_of(e) == 2]
    before = [each for each in quarter() if month_of(each) != 2]
    land(db, [*before, *after])
    made = months(db)
    # What February asked became public in March: February has no row, March none of its prices.
    assert [each["period_end_on"] for each in made] == [JANUARY, MARCH]
    assert made[-1]["compared_with_on"] == JANUARY
    assert made[-1]["price_index"] == pytest.approx(99, rel=1e-6)


def month_of(row):
    return row["observed_at"].month


def test_the_vintage_is_the_rows_that_were_there(db):
    land(db, quarter())
    build(db, *READS)
    rewindable(db, *READS)
    ends = "select distinct period_end_on from vintage.gpu_price_quality_adjusted order by 1"
    for moment, known in (
        ("2024-01-31 23:59:59+00", []),
        ("2024-02-01 00:00:00+00", [JANUARY]),
        ("2024-03-31 12:00:00+00", [JANUARY, FEBRUARY]),
    ):
        db.execute(f"set variable as_of = timestamptz '{moment}'")
        assert [row["period_end_on"] for row in rows(db, ends)] == known
