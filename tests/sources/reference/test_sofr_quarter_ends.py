"""SOFR at quarter ends: the committed figures, and that they are only those."""

import csv
import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.contracts import split
from pipeline.contracts.credit import RATES
from pipeline.sources import source
from pipeline.sources.reference import sofr_quarter_ends
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

BODY = (source.REFERENCE / "sofr_quarter_ends.csv").read_bytes()
HERE = Capture("sofr_quarter_ends", "all", "sofr_quarter_ends.csv", NOON, "")
RECORDED = Path(__file__).resolve().parents[4] / "shared/data/sec/rates/SOFR.csv.gz"


def kept(body: bytes = BODY) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame = sofr_quarter_ends.parse(body, HERE).with_columns(source=pl.lit("sofr_quarter_ends"))
    return split(RATES, frame)


def test_rates_are_those_the_fed_published():
    rows, refused = kept()
    assert refused.is_empty()
    rates = dict(rows.select("observed_on", "rate_pct").rows())
    assert rates[date(2024, 6, 28)] == 5.33
    assert rates[date(2025, 6, 30)] == 4.45
    assert rates[date(2026, 8, 6)] == 3.65


def test_one_figure_a_quarter_and_no_series():
    rows, _ = kept()
    quarters = rows.filter(pl.col("observed_on") != date(2026, 8, 6))["observed_on"]
    months = quarters.dt.strftime("%Y-%m").to_list()
    expected = [f"{y}-{m:02}" for y in range(2021, 2027) for m in (3, 6, 9, 12)]
    assert months == [each for each in expected if "2021-09" <= each <= "2026-06"]
    assert all((date(d.year + d.month // 12, d.month % 12 + 1, 1) - d).days <= 4 for d in quarters)


def test_a_rate_is_known_on_a_later_day():
    rows, _ = kept()
    assert (rows["known_at"].dt.date() > rows["observed_on"]).all()
    # Thursday before Good Friday: published on the Monday after.
    easter = rows.filter(observed_on=date(2024, 3, 28))["known_at"].item()
    assert easter == datetime(2024, 4, 1, 13, tzinfo=UTC)


@pytest.mark.skipif(not RECORDED.exists(), reason="needs the shared recordings")
def test_each_figure_agrees_with_the_recording():
    with gzip.open(RECORDED, "rt") as file:
        recorded = {row["DATE"]: float(row["CLOSE"]) for row in csv.DictReader(file)}
    rows, _ = kept()
    for day, rate in rows.select("observed_on", "rate_pct").iter_rows():
        assert recorded[f"{day:%Y%m%d}"] == rate


def test_a_word_where_a_rate_belongs_is_an_error():
    with pytest.raises(ParseError):
        sofr_quarter_ends.parse(BODY.replace(b",3.65,", b",about 4,", 1), HERE)


def test_a_rate_in_basis_points_is_refused():
    rows, refused = kept(BODY.replace(b",5.33,", b",533,", 1))
    assert refused["observed_on"].to_list() == [date(2024, 6, 28)]
    assert rows.height == 20
