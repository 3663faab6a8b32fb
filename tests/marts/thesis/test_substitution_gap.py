"""Challengers beside NVIDIA's parts: each measure apart, rents on fixed panels."""

from datetime import UTC, date, datetime

import pytest

from pipeline.contracts.reference import ACCELERATORS
from pipeline.contracts.thesis import BENCHMARKS, PEER_PAIRS
from tests.given.support import build_alone, rows
from tests.given.thesis import put, stand_in
from tests.marts.thesis.test_benchmark_gap import PAIR

MONTH = date(2026, 5, 31)
CELL = "accelerator tier market term_months basis period_end_on"
RENTS = f"period {CELL} publication_status rent_usd_per_gpu_hour provider_count known_at"
SELLERS = f"{CELL} provider price_usd_per_gpu_hour"


def part(accelerator, **cells):
    row = {"accelerator": accelerator, "vendor": "AMD", "family": "x", "architecture": "x"}
    row |= {"form_factor": "OAM", "bf16_dense_tflops": 1000.0, "memory_gib": 100.0}
    return row | {"memory_bandwidth_tb_per_s": 4.0, "tdp_w": 700.0} | cells


def cell(accelerator, **cells):
    row = {"accelerator": accelerator, "tier": "neocloud", "market": "on_demand", "term_months": 0}
    row |= {"basis": "all_in", "period_end_on": MONTH, "publication_status": "published"}
    known = {"known_at": datetime(2026, 6, 1, tzinfo=UTC)}
    return row | {"period": "month", "provider_count": 3} | known | cells


def gaps(db, pairs, parts, rents=(), sellers=()):
    put(db, PEER_PAIRS, pairs)
    put(db, ACCELERATORS, parts)
    put(db, BENCHMARKS, [])
    stand_in(db, "marts.gpu_rent", RENTS, rents)
    stand_in(db, "marts.provider_price_monthly", SELLERS, sellers)
    build_alone(db, "marts.benchmark_gap")
    build_alone(db, "marts.substitution_gap")
    return rows(db, "from marts.substitution_gap order by period_end_on")


MINE, THEIRS = PAIR["challenger"], PAIR["reference"]


def test_rent_per_unit_divides_by_what_the_parts_can_do(db):
    rents = [cell(MINE, rent_usd_per_gpu_hour=3.0), cell(THEIRS, rent_usd_per_gpu_hour=4.0)]
    [row] = gaps(db, [PAIR], [part(MINE, bf16_dense_tflops=1500.0), part(THEIRS)], rents)
    assert row["rent_gap_pct"] == pytest.approx(-25)
    assert row["rent_gap_per_bf16_pct"] == pytest.approx(-50)
    assert (row["is_rent_within_a_fifth"], row["is_bf16_within_a_fifth"]) == (False, True)
    assert row["is_fp8_within_a_fifth"] is None
    assert row["no_rental_market_reason"] is None


def test_sellers_who_leave_move_the_medians_and_not_the_gap(db):
    rents = [cell(MINE, rent_usd_per_gpu_hour=3.0), cell(THEIRS, rent_usd_per_gpu_hour=4.0)]
    cheap = [cell(MINE, provider="one", price_usd_per_gpu_hour=1.6)]
    cheap += [cell(THEIRS, provider="two", price_usd_per_gpu_hour=4.0)]
    [row] = gaps(db, [PAIR], [part(MINE), part(THEIRS)], rents, cheap)
    assert row["rent_gap_pct"] == pytest.approx(-25)
    assert row["all_sellers_rent_gap_pct"] == pytest.approx(-60)


def test_only_the_same_market_term_and_tier_compare(db):
    rents = [
        cell(MINE, rent_usd_per_gpu_hour=3.0, market="spot"),
        cell(THEIRS, rent_usd_per_gpu_hour=4.0),
    ]
    [row] = gaps(db, [PAIR], [part(MINE), part(THEIRS)], rents)
    assert row["rent_gap_pct"] is None
    assert "no month in which both" in row["no_rental_market_reason"]


def test_a_part_that_nobody_rents_out_keeps_its_row_and_says_why(db):
    pair = PAIR | {"challenger": "microsoft-maia-200", "rental_market": "none"}
    [row] = gaps(db, [pair], [part("microsoft-maia-200", vendor="Microsoft"), part(THEIRS)])
    assert row["memory_gap_pct"] == 0
    assert "nobody rents it out" in row["no_rental_market_reason"]


def test_a_single_provider_is_flagged(db):
    rents = [
        cell(MINE, rent_usd_per_gpu_hour=3.0, provider_count=1),
        cell(THEIRS, rent_usd_per_gpu_hour=4.0),
    ]
    [row] = gaps(db, [PAIR], [part(MINE), part(THEIRS)], rents)
    assert row["single_provider"]
