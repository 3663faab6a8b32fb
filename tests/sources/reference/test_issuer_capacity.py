from datetime import date

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

issuer_capacity = named("issuer_capacity")

BODY = (source.REFERENCE / "issuer_capacity.csv").read_bytes()
HERE = Capture("issuer_capacity", "all", "issuer_capacity.csv", NOON, "")


@pytest.fixture(scope="module")
def capacity() -> pl.DataFrame:
    return issuer_capacity.parse(BODY, HERE)


def test_every_row_keeps_the_contract(capacity):
    kept, rejected = split(issuer_capacity.contract, capacity.with_columns(source=pl.lit("x")))
    assert rejected.is_empty()
    assert kept.height == capacity.height >= 8


def test_coreweave_told_its_accelerators_once_and_its_power_each_quarter(capacity):
    # Prospectus of 2025: more than 250,000 GPUs at the end of 2024; its megawatts are not read yet.
    coreweave = capacity.filter(issuer="CoreWeave").sort("measured_on")
    [told] = coreweave.drop_nulls("installed_gpu_count").to_dicts()
    assert (told["measured_on"], told["active_power_mw"]) == (date(2024, 12, 31), None)
    assert told["installed_gpu_count"] == 250_000
    assert coreweave["active_power_mw"].drop_nulls().is_sorted()


def test_a_power_that_is_no_number_is_refused():
    with pytest.raises(ParseError):
        issuer_capacity.parse(BODY.replace(b",420,", b",much,", 1), HERE)
