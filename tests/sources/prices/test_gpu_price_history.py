from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipeline.contracts.reference import PROVIDERS
from pipeline.sources.committed import read_reference
from pipeline.sources.prices.gpu_price_history import COLUMNS, parse
from pipeline.sources.source import Capture, ParseError
from tests.given.support import NOON

HERE = Capture("gpu_price_history", "all", "gpu_price_history.csv", NOON, "")
RUN = {
    "provider": "aws",
    "accelerator": "nvidia-h100-sxm-80gb",
    "market": "on_demand",
    "basis": "all_in",
    "region": "us-east-1",
    "instance_type": "p5.48xlarge",
    "observed_on": "2025-06-01",
    "last_seen_on": "2025-06-04",
    "price_usd_per_gpu_hour": "12.29",
    "refresh_days": "1",
    "source_url": "https://example.org",
    "provider_url": "https://aws.amazon.com/ec2/pricing/",
    "licence": "facts",
    "confidence": "high",
    "read_on": "2026-11-23",
}


def body(**cells: str) -> bytes:
    row = RUN | cells
    return (",".join(COLUMNS) + "\n" + ",".join(row.get(name, "") for name in COLUMNS)).encode()


def test_a_run_is_seen_once_every_refresh_and_on_its_last_day():
    daily = parse(body(), HERE)
    assert daily["observed_at"].dt.date().to_list() == [date(2025, 6, day) for day in (1, 2, 3, 4)]
    weekly = parse(body(last_seen_on="2025-06-17", refresh_days="7"), HERE)
    days = [each.day for each in weekly["observed_at"]]
    assert days == [1, 8, 15, 17]


def test_a_single_sighting_is_one_row():
    assert parse(body(last_seen_on="2025-06-01"), HERE).height == 1


def test_a_sighting_is_known_from_the_end_of_its_day_and_read_when_the_file_says():
    row = parse(body(), HERE).row(0, named=True)
    assert row["known_at"] == datetime(2025, 6, 2, tzinfo=UTC)
    assert row["captured_at"] == datetime(2026, 11, 23, tzinfo=UTC)


def test_series_are_told_apart_by_term():
    ids = {
        parse(body(market="reserved", term_months=term), HERE)["offer_id"].item(0)
        for term in ("12", "36")
    }
    assert len(ids) == 2


def test_a_file_of_other_columns_is_an_error():
    with pytest.raises(ParseError, match="missing"):
        parse(b"provider,price\naws,1\n", HERE)


def test_sightings_of_the_committed_file_are_unique_and_dated():
    from pipeline.sources import source

    frame = parse((source.REFERENCE / "gpu_price_history.csv").read_bytes(), HERE)
    assert frame.select(pl.struct("offer_id", "observed_at").is_unique().all()).item()
    assert frame["observed_at"].min() >= datetime(2021, 5, 1, tzinfo=UTC)
    assert frame.filter(pl.col("known_at") <= pl.col("observed_at")).is_empty()


def test_no_provider_is_known_later_than_its_first_price():
    # A mart joins both: a provider known too late would hide its own history from a vintage.
    from pipeline.sources import source

    history = parse((source.REFERENCE / "gpu_price_history.csv").read_bytes(), HERE)
    providers = read_reference((source.REFERENCE / "providers.csv").read_bytes(), PROVIDERS).select(
        "provider", provider_known_at="known_at"
    )
    first = history.group_by("provider_raw").agg(pl.col("known_at").min())
    late = first.join(providers, left_on="provider_raw", right_on="provider").filter(
        pl.col("provider_known_at") > pl.col("known_at")
    )
    assert late.is_empty()
