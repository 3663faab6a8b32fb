"""Change logs in the SkyPilot layout, rebuilt to what each file said on each day."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from distil import _skypilot, anycloud, ericpauley_aws_spot, list_price_points

SCHEMA = {
    "path": pl.String,
    "cloud": pl.String,
    "instance_type": pl.String,
    "accelerator_name": pl.String,
    "accelerator_count": pl.Float64,
    "region": pl.String,
    "availability_zone": pl.String,
    "price": pl.Float64,
    "spot_price": pl.Float64,
    "event": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "snapshot_ts": pl.String,
    "commit": pl.String,
}


def event(day: int, price: float | None, hour: int = 0, **other: object) -> dict[str, object]:
    return {
        "path": "catalogs/v5/aws/vms.csv",
        "cloud": "aws",
        "instance_type": "p5.48xlarge",
        "accelerator_name": "H100",
        "accelerator_count": 8.0,
        "region": "us-east-1",
        "availability_zone": "us-east-1a",
        "price": price,
        "spot_price": None,
        "event": "set" if price is not None else "removed",
        "at": datetime(2024, 1, day, hour, tzinfo=UTC),
    } | other


def log(*events: dict[str, object]) -> pl.DataFrame:
    frame = pl.DataFrame(list(events), schema=SCHEMA)
    return frame.with_columns(day=pl.col("at").dt.date())


def priced(*events: dict[str, object]) -> pl.DataFrame:
    return _skypilot.per_accelerator(_skypilot.daily(log(*events)))


def days(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    return (
        rows.sort("seen_on")
        .select(pl.col("seen_on").dt.day(), "price_usd_per_gpu_hour", "reason")
        .rows()
    )


def test_an_unchanged_row_is_seen_at_every_commit_of_its_own_file_only() -> None:
    other_row = {"region": "us-west-2"}
    other_file = {"path": "catalogs/v5/lambda/vms.csv", "cloud": "lambda"}
    rows = priced(
        event(1, 80.0), event(1, 80.0, **other_row), event(3, 72.0, **other_row),
        event(2, 24.0, **other_file),
    )  # fmt: skip
    east = _skypilot.on_demand(rows).filter(
        pl.col("region") == "us-east-1", pl.col("provider_raw") == "aws"
    )
    assert days(east) == [(1, 10.0, None), (3, 10.0, None)]


def test_the_last_value_of_a_day_counts_and_a_removal_is_told_once() -> None:
    other_row = {"region": "us-west-2"}
    rows = priced(
        event(1, 80.0), event(1, 72.0, hour=7), event(2, None), event(3, 8.0, **other_row)
    )
    east = _skypilot.on_demand(rows).filter(pl.col("region") == "us-east-1")
    assert days(east) == [(1, 9.0, None), (2, None, "removed")]


def test_a_row_removed_and_set_in_one_commit_is_still_there() -> None:
    rows = priced(event(1, 80.0), event(2, 80.0), event(2, None))
    assert days(_skypilot.on_demand(rows)) == [(1, 10.0, None), (2, 10.0, None)]


def test_a_moved_file_is_no_look() -> None:
    old = {"path": "catalogs/v4/aws/vms.csv"}
    moved = _skypilot.daily(log(event(1, 80.0, **old), event(5, 80.0)))
    assert set(_skypilot.without_copies(moved)["day"]) == {date(2024, 1, 1)}
    changed = _skypilot.daily(log(event(1, 80.0, **old), event(5, 72.0)))
    assert set(_skypilot.without_copies(changed)["day"]) == {date(2024, 1, 1), date(2024, 1, 5)}


def test_an_import_sets_the_state_and_is_no_look() -> None:
    events = log(event(1, 80.0), event(1, 80.0, region="us-west-2"), event(4, 72.0, hour=1))
    imports = events.filter(pl.col("day") == date(2024, 1, 1)).select("path", "at").unique()
    rows = _skypilot.per_accelerator(_skypilot.daily(events, imports=imports))
    west = _skypilot.on_demand(rows).filter(pl.col("region") == "us-west-2")
    assert days(west) == [(4, 10.0, None)]


def test_a_price_of_zero_or_none_is_not_priced_yet() -> None:
    rows = priced(event(1, 0.0), event(2, None, event="set"))
    assert {reason for *_, reason in days(_skypilot.on_demand(rows))} == {"not_priced_yet"}


def test_a_tpu_slice_counts_chips_and_the_smallest_slice_stands() -> None:
    google = {"cloud": "gcp", "instance_type": None, "accelerator_count": 1.0}
    rows = priced(
        event(1, 12.88, accelerator_name="tpu-v4-8", **google),
        event(1, 99.0, accelerator_name="tpu-v4-16", **google),
    )
    row = _skypilot.on_demand(rows).row(0, named=True)
    assert row["price_usd_per_gpu_hour"] == pytest.approx(3.22)
    assert (row["instance_type"], row["accelerator_count"]) == ("tpu-v4-8", 4)
    assert row["basis"] == "all_in"


def test_a_google_row_without_a_machine_is_a_component() -> None:
    rows = priced(event(1, 23.47, cloud="gcp", instance_type=None, accelerator_name="A100"))
    assert _skypilot.on_demand(rows)["basis"].to_list() == ["gpu_component"]


def test_azures_h100_machine_has_eight_not_twelve() -> None:
    machine = {"cloud": "azure", "instance_type": "Standard_ND96isr_H100_v5"}
    rows = priced(event(1, 98.32, accelerator_count=12.0, **machine))
    assert days(_skypilot.on_demand(rows)) == [(1, pytest.approx(12.29), None)]


def test_weekly_spot_is_the_median_over_zones_and_days_dated_by_the_last_day_read() -> None:
    # 2024-01-01 is a Monday, 2024-01-07 the Sunday.
    rows = priced(
        event(1, 80.0, spot_price=16.0),
        event(1, 80.0, spot_price=24.0, availability_zone="us-east-1b"),
        event(7, 80.0, spot_price=40.0, availability_zone="us-east-1b"),
    )
    row = _skypilot.weekly_spot(rows).row(0, named=True)
    assert row["price_usd_per_gpu_hour"] == 2.5  # of 2, 3, 2, 5
    assert (row["seen_on"], row["refresh_days"]) == (date(2024, 1, 7), 7)
    assert row["flag"] is None


def test_spot_at_the_list_price_has_no_discount() -> None:
    rows = priced(event(1, 80.0, spot_price=80.0))
    assert _skypilot.weekly_spot(rows)["flag"].to_list() == ["no_discount"]


def test_a_day_without_the_spot_price_is_told() -> None:
    rows = priced(event(1, 80.0, spot_price=16.0), event(2, 80.0), event(3, None))
    assert days(_skypilot.spot(rows, kind="administered")) == [
        (1, 2.0, None),
        (2, None, "not_priced_yet"),
        (3, None, "removed"),
    ]
    assert _skypilot.spot(priced(event(1, 80.0)), kind="administered").is_empty()


def test_one_price_in_all_regions_is_global() -> None:
    rows = pl.concat(
        [
            _skypilot.on_demand(priced(event(1, 80.0))),
            _skypilot.on_demand(priced(event(1, 80.0, region="us-west-2"))),
        ]
    )
    assert _skypilot.everywhere(rows)["region"].to_list() == ["global"]
    assert _skypilot.everywhere(rows.head(1))["region"].to_list() == ["us-east-1"]


def azure_reasons(*prices: tuple[int, int, float]) -> dict[int, str | None]:
    machine = {"cloud": "azure", "instance_type": "Standard_NC24ads_A100_v4"}
    events = [
        event(day, price, hour, accelerator_name="A100-80GB", accelerator_count=1.0, **machine)
        for day, hour, price in prices
    ]
    rows = anycloud.azure(log(*events)).filter(pl.col("market") == "on_demand")
    return {day: reason for day, _, reason in days(rows)}


def test_a_price_that_flips_within_a_day_is_not_used() -> None:
    found = azure_reasons(
        (1, 0, 3.673), (1, 7, 3.673), (2, 0, 4.777), (2, 1, 4.777), (2, 2, 3.673), (3, 0, 3.673)
    )
    assert found == {1: None, 2: "flip_flop", 3: None}


def test_a_price_seen_once_between_two_equal_days_is_not_used() -> None:
    found = azure_reasons((1, 0, 3.673), (2, 0, 4.777), (2, 7, 4.777), (3, 0, 3.673), (4, 0, 3.673))
    assert found[2] == "flip_flop"


def test_a_step_confirmed_by_the_next_commit_is_used() -> None:
    found = azure_reasons((1, 0, 3.673), (1, 7, 3.673), (2, 0, 4.777), (3, 0, 4.777))
    assert found == {1: None, 2: None, 3: None}


def test_a_google_price_far_below_other_regions_is_a_misjoin() -> None:
    h100 = {"path": "gcp/vms.csv", "cloud": "gcp", "instance_type": None}
    rows = anycloud.rest(
        log(
            event(2, 33.6, region="us-central1", spot_price=27.652, **h100),
            event(2, 82.75, region="us-central1", **h100 | {"accelerator_name": "H100-MEGA"}),
            event(2, 88.27, region="us-east5", **h100),
            event(2, 90.75, region="asia-east1", **h100),
            event(2, 10.0, path="lambda/vms.csv", cloud="lambda"),
        )
    )
    listed = rows.filter(pl.col("market") == "on_demand", pl.col("region") == "us-central1")
    reasons = dict(listed.select("accelerator_raw", "reason").rows())
    assert reasons == {"H100": "component_misjoin", "H100-MEGA": "peer_in_doubt"}
    spot = rows.filter(pl.col("market") == "spot").row(0, named=True)
    assert (spot["reason"], spot["flag"]) == (None, "administered")


def test_points_keep_their_own_address_and_capacity_blocks_stay_out() -> None:
    point = {
        "as_of": "2026-08-06",
        "provider": "AWS",
        "sku": "p5en.48xlarge us-east-1",
        "gpu_model": "H200",
        "gpu_count": 8,
        "price_type": "spot",
        "instance_usd_hr": 27.1988,
        "source_url": "https://example.test/1",
    }
    block = point | {"provider": "AWS Capacity Blocks", "price_type": "reservation"}
    rows = list_price_points.points(pl.DataFrame([point, block]))
    first = rows.row(0, named=True)
    assert (first["instance_type"], first["region"]) == ("p5en.48xlarge", "us-east-1")
    assert first["price_usd_per_gpu_hour"] == pytest.approx(3.39985)
    assert (first["spot_kind"], first["source_url"]) == ("market", "https://example.test/1")
    assert rows["reason"].to_list() == [None, "capacity_block"]


def test_only_tpu_prices_of_certain_unit_are_kept() -> None:
    cell = {"us-central2": {"On Demand (USD)": 3.22, "Spot (USD)": 3.686}}
    rows = list_price_points.tpus({"TPU v4 pod": cell, "TPU v6e": cell})
    assert set(rows.select("accelerator_raw", "reason").rows()) == {
        ("TPU v4 pod", "unit_uncertain"),
        ("TPU v6e", None),
    }


def test_zone_ids_name_their_region_and_only_linux_is_read(tmp_path) -> None:
    lines = [
        "use1-az5\tp4d.24xlarge\tLinux/UNIX\t9.8318\t2022-05-31T18:20:41+00:00",
        "use1-az5\tp4d.24xlarge\tWindows\t14.2478\t2022-05-31T18:20:41+00:00",
        "euw3-az2\tg4dn.4xlarge\tLinux/UNIX\t0.4664\t2022-05-31T18:20:41+00:00",
    ]
    (tmp_path / "aws_spot_gpu_2022-05-31.tsv").write_text("\n".join(lines) + "\n")
    rows = ericpauley_aws_spot.read(tmp_path).sort("region")
    assert rows["region"].to_list() == ["eu-west-3", "us-east-1"]
    assert rows["price_usd_per_gpu_hour"].to_list() == [0.4664, 1.229]
