import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

cost_inputs = named("cost_inputs")

BODY = (source.REFERENCE / "cost_inputs.csv").read_bytes()
HERE = Capture("cost_inputs", "all", "cost_inputs.csv", NOON, "")


@pytest.fixture(scope="module")
def inputs() -> pl.DataFrame:
    return cost_inputs.parse(BODY, HERE)


def base(inputs, name):
    [value] = inputs.filter(input=name)["base_value"]
    return value


def test_every_row_keeps_the_contract(inputs):
    _, rejected = split(cost_inputs.contract, inputs.with_columns(source=pl.lit("x")))
    assert rejected.is_empty()


def test_the_parts_of_a_data_center_are_the_whole(inputs):
    shares = inputs.filter(pl.col("input").str.starts_with("capex-share-"))
    assert shares["base_value"].sum() == pytest.approx(100)


def test_the_power_floor_is_price_times_pue_times_system_factor(inputs):
    product = base(inputs, "power-price") * base(inputs, "pue")
    product *= base(inputs, "system-power-factor")
    assert product == pytest.approx(base(inputs, "power-only-cost"), abs=0.005)


def test_an_h100_server_draws_about_the_system_factor_times_its_chips(inputs):
    factor = base(inputs, "h100-node-power") / (8 * 0.7)
    assert factor == pytest.approx(base(inputs, "system-power-factor"), rel=0.02)


def test_the_base_lies_in_its_range(inputs):
    outside = (pl.col("base_value") < pl.col("low_value")) | (
        pl.col("base_value") > pl.col("high_value")
    )
    assert inputs.filter(outside).is_empty()


def test_what_residual_value_reads_is_there_once(inputs):
    read = ["facility-cash-cost", "overhead-share", "realisation", "utilisation"]
    read += ["incremental-borrowing-rate", "capex-share-servers", "capex-share-network"]
    counts = inputs.filter(pl.col("input").is_in(read)).group_by("input").len()
    assert dict(counts.iter_rows()) == dict.fromkeys(read, 1)


def test_a_missing_column_is_an_error():
    with pytest.raises(ParseError, match="base_value"):
        cost_inputs.parse(BODY.replace(b"base_value", b"value", 1), HERE)
