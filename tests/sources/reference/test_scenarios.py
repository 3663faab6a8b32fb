import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.sources import source
from pipeline.sources.reference.by_contract import named
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

scenarios = named("scenarios")

BODY = (source.REFERENCE / "scenarios.csv").read_bytes()
HERE = Capture("scenarios", "all", "scenarios.csv", NOON, "")


@pytest.fixture(scope="module")
def paths() -> pl.DataFrame:
    return scenarios.parse(BODY, HERE)


def rents(paths, name):
    return paths.filter(scenario=name).sort("quarter_number")["rent_multiplier"].to_list()


def test_every_row_keeps_the_contract(paths):
    _, rejected = split(scenarios.contract, paths.with_columns(source=pl.lit("x")))
    assert rejected.is_empty()


def test_every_path_starts_at_one_and_misses_no_quarter(paths):
    for (name,), path in paths.group_by("scenario"):
        quarters = path["quarter_number"].sort().to_list()
        assert quarters == list(range(len(quarters))), name
        assert rents(paths, name)[0] == 1.0, name


def test_falls_of_20_and_40_per_cent_take_four_quarters(paths):
    assert rents(paths, "fall-20-over-4-quarters") == [1.0, 0.95, 0.9, 0.85, 0.8]
    assert rents(paths, "fall-40-over-4-quarters") == [1.0, 0.9, 0.8, 0.7, 0.6]


def test_the_commodity_path_leaves_the_rent_to_the_tables(paths):
    rows = paths.filter(scenario_kind="commodity").sort("quarter_number")
    assert rows["rent_multiplier"].to_list() == [1.0, None]
    rest = paths.filter(pl.col("scenario_kind") != "commodity")
    assert rest["rent_multiplier"].null_count() == 0


def test_the_aws_cut_is_the_price_list_of_june_2025(paths):
    # p5.48xlarge: 12.29 USD per GPU-hour until 4 June 2025, 6.88 from the 5th.
    assert rents(paths, "repeat-aws-cut-2025")[1] == pytest.approx(6.88 / 12.29, abs=1e-4)


def test_measured_paths_fall_and_rise(paths):
    fall, rise = rents(paths, "repeat-2024-2025-decline"), rents(paths, "repeat-2026-rise")
    assert 0.55 < fall[-1] < 0.75
    assert 1.1 < rise[-1] < 1.3
    measured = paths.filter(scenario_kind="measured")
    assert measured.filter(~pl.col("evidence").str.contains("_daily|_adjusted")).is_empty()


def test_the_customer_stops_paying_in_the_fourth_quarter_only(paths):
    stops = paths.filter(pl.col("is_offtaker_default"))
    assert stops.select("scenario", "quarter_number").rows() == [("offtaker-default-q4", 4)]


def test_one_hundred_basis_points(paths):
    shifts = paths.filter(scenario="sofr-plus-100").sort("quarter_number")["sofr_shift_bps"]
    assert shifts.to_list() == [0, 100]
    assert paths.filter(pl.col("scenario") != "sofr-plus-100")["sofr_shift_bps"].max() == 0


def test_a_word_where_a_number_belongs_is_an_error():
    with pytest.raises(ParseError):
        scenarios.parse(BODY.replace(b",0.95,", b",less,", 1), HERE)
