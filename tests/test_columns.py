import re

import polars as pl
import pytest

from pipeline.columns import COLUMNS, coverage, is_documented
from pipeline.contracts import declared, split
from pipeline.contracts.prices import GPU_OFFERS
from tests.given.support import offer, typed

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
    "_fraction": ("fraction", pl.Float64()),
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


@pytest.mark.parametrize("name", COLUMNS)
def test_a_fraction_says_so_in_its_name(name):
    assert (COLUMNS[name].unit == "fraction") == name.endswith("_fraction")
    # One spelling of the unit, so that no fraction hides under another.
    assert COLUMNS[name].unit != "0-1"
    assert not name.endswith(("_share", "_share_pct"))


@pytest.mark.parametrize(
    "name", [name for name in COLUMNS if re.search(r"(interest|principal_due|income)_usd$", name)]
)
def test_a_flow_of_a_facility_says_over_what_time(name):
    if COLUMNS[name] in coverage.COLUMNS.values():
        assert name.startswith(("annual_", "quarter_"))


def test_an_enumeration_is_declared_once():
    """Two columns of the same values are one meaning under two names."""
    seen: dict[frozenset[str], str] = {}
    for name, column in COLUMNS.items():
        if column.values:
            assert len(set(column.values)) == len(column.values)
            assert seen.setdefault(frozenset(column.values), name) == name


@pytest.mark.parametrize("terms", declared(), ids=lambda each: each.name)
def test_a_contract_leaves_the_values_of_an_enumeration_to_the_dictionary(terms):
    for name, column in terms.schema.columns.items():
        lists = [each.statistics["allowed_values"] for each in column.checks if each.name == "isin"]
        values = COLUMNS[name].values
        if COLUMNS[name].dtype == pl.String():
            assert [tuple(each) for each in lists] == ([values] if values else [])


def test_a_value_outside_the_enumeration_is_set_aside():
    kept, rejected = split(GPU_OFFERS, typed(GPU_OFFERS, [offer(), offer(offer_id="b", basis="x")]))
    assert kept.height == 1
    assert rejected["reason"].item().startswith("basis: isin")
