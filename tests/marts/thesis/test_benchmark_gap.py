"""Results compare within one round, model, scenario and about one size."""

import pytest

from pipeline.contracts.thesis import BENCHMARKS, PEER_PAIRS
from tests.given.support import build, rows
from tests.given.thesis import put

PAIR = {
    "challenger": "amd-mi300x-192gb",
    "reference": "nvidia-h100-sxm-80gb",
    "is_primary_pair": True,
    "rental_market": "several_providers",
}


def result(accelerator, value, **cells):
    row = {
        "benchmark_suite": "Suite",
        "benchmark_version": "v1",
        "benchmark_model": "a-model",
        "benchmark_scenario": "Offline",
        "accelerator": accelerator,
        "accelerator_count": 8,
        "availability": "available",
        "submitter": "somebody",
        "per_accelerator_value": value,
        "unit": "Tokens/s/accelerator",
        "is_higher_better": True,
    }
    return row | cells


def mine(value, **cells):
    return result(PAIR["challenger"], value, **cells)


def theirs(value, **cells):
    return result(PAIR["reference"], value, **cells)


def gaps(db, *results):
    put(db, PEER_PAIRS, [PAIR])
    put(db, BENCHMARKS, results)
    build(db, "marts.benchmark_gap")
    return rows(db, "from marts.benchmark_gap order by benchmark_version, benchmark_model")


def test_a_gap_is_that_of_the_best_results(db):
    [row] = gaps(
        db, mine(90.0), mine(98.0, submitter="b"), theirs(100.0), theirs(70.0, submitter="c")
    )
    assert row["throughput_gap_pct"] == pytest.approx(-2)
    assert row["challenger_submitter"] == "b"
    assert row["is_throughput_within_a_fifth"]


def test_two_rounds_two_models_and_two_scenarios_never_compare(db):
    assert gaps(db, mine(1.0), theirs(9.0, benchmark_version="v2")) == []
    assert gaps(db, mine(1.0), theirs(9.0, benchmark_model="b-model")) == []
    assert gaps(db, mine(1.0), theirs(9.0, benchmark_scenario="Server")) == []


def test_systems_of_another_size_are_shown_apart(db):
    # MI355X of eight and of 88, GB300 of 72, Llama 2 70B offline in one round.
    large = theirs(15_650.7, accelerator_count=72)
    [row] = gaps(db, mine(12_935.0), large)
    assert (round(row["throughput_gap_pct"], 1), row["is_like_size"]) == (-17.4, False)
    both = gaps(db, mine(12_935.0), mine(11_842.2, accelerator_count=88), large)
    told = {row["is_like_size"]: round(row["throughput_gap_pct"], 1) for row in both}
    assert told == {True: -24.3, False: -17.4}


def test_times_to_train_of_systems_of_another_size_do_not_compare(db):
    minutes = {"unit": "accelerator-minutes", "is_higher_better": False}
    assert gaps(db, mine(90.0, **minutes), theirs(80.0, accelerator_count=17, **minutes)) == []


def test_a_time_that_is_longer_is_a_gap_below_zero(db):
    minutes = {"unit": "accelerator-minutes", "is_higher_better": False}
    [row] = gaps(db, mine(125.0, **minutes), theirs(100.0, **minutes))
    assert row["throughput_gap_pct"] == pytest.approx(-20)


def test_precision_is_shown_and_a_preview_gives_way(db):
    [row] = gaps(
        db,
        mine(100.0, weight_format="fp8"),
        mine(150.0, weight_format="fp4", availability="preview", submitter="b"),
        theirs(200.0, weight_format="fp4"),
    )
    assert (row["throughput_gap_pct"], row["is_same_weight_format"]) == (-50.0, False)
    assert row["challenger_availability"] == "available"
