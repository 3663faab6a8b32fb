import re

import polars as pl
import pytest

from pipeline.columns import COLUMNS, is_documented

# Suffix -> (unit, type): STYLE part 6, the names a reader relies on.
SUFFIXES = {
    "_usd_per_gpu_hour": ("USD/GPU-hour", pl.Float64()),
    "_usd_per_instance_hour": ("USD/instance-hour", pl.Float64()),
    "_gib": ("GiB", pl.Float64()),
    "_tflops": ("TFLOPS", pl.Float64()),
    "_tb_per_s": ("TB/s", pl.Float64()),
    "_usd": ("USD", pl.Float64()),
    "_usd_per_gpu": ("USD/GPU", pl.Float64()),
    "_bps": ("bps", pl.Float64()),
    "_pct": ("%", pl.Float64()),
    "_years": ("years", pl.Float64()),
    "_ratio": ("ratio", pl.Float64()),
    "_multiplier": ("factor", pl.Float64()),
    "_count": ("count", pl.Int64()),
    "_days": ("days", pl.Int64()),
    "_months": ("months", pl.Int64()),
    "_at": ("UTC", pl.Datetime("us", "UTC")),
    "_on": (None, pl.Date()),
    "_url": (None, pl.String()),
    "_reason": (None, pl.String()),
    "_raw": (None, pl.String()),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_suffix_unit_and_type_agree(name):
    for suffix, (unit, dtype) in SUFFIXES.items():
        if name.endswith(suffix):
            assert COLUMNS[name].unit == unit
            assert COLUMNS[name].dtype == dtype
            return


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_says_what_it_means(name):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    doc = COLUMNS[name].doc
    assert doc.endswith(".")
    assert len(doc) > 15


def test_a_column_of_another_type_is_not_documented():
    assert is_documented("gpu_count", "BIGINT")
    assert not is_documented("gpu_count", "DOUBLE")
    assert not is_documented("gpus", "BIGINT")
