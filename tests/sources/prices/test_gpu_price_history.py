import random
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipeline.contracts.reference import PROVIDERS
from pipeline.sources.committed import read_reference
from pipeline.sources.prices.gpu_price_history import COLUMNS, parse, read_days, write_days
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
    "seen_again": "1x3",
    "price_usd_per_gpu_hour": "12.29",
    "refresh_days": "1",
    "source_url": "https://example.org",
    "licence": "facts",
    "confidence": "high",
    "read_on": "2026-11-23",
}


def body(**cells: str) -> bytes:
    row = RUN | cells
    return (",".join(COLUMNS) + "\n" + ",".join(row.get(name, "") for name in COLUMNS)).encode()


def test_a_run_is_seen_on_the_days_it_states_and_on_no_other():
    daily = parse(body(), HERE)
    assert daily["observed_at"].dt.date().to_list() == [date(2025, 6, day) for day in (1, 2, 3, 4)]
    some = parse(body(last_seen_on="2025-06-17", seen_again="1 14 1", refresh_days="7"), HERE)
    assert [each.day for each in some["observed_at"]] == [1, 2, 16, 17]


def test_a_run_seen_once_states_no_days():
    assert parse(body(last_seen_on="2025-06-01", seen_again=""), HERE).height == 1


@pytest.mark.parametrize("days", ["", "1x2", "1x4", "0 3", "1,2", "1x", "three", "-1 4", "1  2"])
def test_days_that_do_not_lead_to_the_last_one_are_an_error(days):
    with pytest.raises(ParseError):
        parse(body(seen_again=days), HERE)


def test_days_are_read_back_as_they_were_written():
    generator = random.Random(13)
    for _ in range(200):
        days = sorted(generator.sample(range(400), generator.randint(1, 60)))
        written = write_days([date(2025, 1, 1) + timedelta(days=day) for day in days])
        assert read_days(written) == [day - days[0] for day in days]


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
    assert frame["observed_at"].min() >= datetime(2021, 1, 18, tzinfo=UTC)
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
