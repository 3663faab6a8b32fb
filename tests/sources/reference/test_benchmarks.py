"""The committed results of MLPerf."""

import polars as pl
import pytest

from tests.given.committed_files import rows

FRAME = rows("benchmarks")


def test_mi355x_trained_the_lora_in_10_18_minutes_on_eight():
    # MLPerf Training v5.1, llama2_70b_lora: 10.18 minutes as published, times eight parts.
    mine = FRAME.filter(
        accelerator="amd-mi355x-288gb", benchmark_model="llama2_70b_lora", accelerator_count=8
    )
    assert mine["per_accelerator_value"].min() / 8 == pytest.approx(10.18, abs=0.01)
    assert mine["is_higher_better"].unique().to_list() == [False]


def test_a_task_is_measured_in_one_unit():
    task = ["benchmark_suite", "benchmark_version", "benchmark_model", "benchmark_scenario"]
    units = FRAME.group_by(task).agg(pl.col("unit").n_unique())
    assert units["unit"].max() == 1
