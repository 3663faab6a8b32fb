"""Runs from sightings, on a few rows each."""

from datetime import date

import polars as pl
import pytest

from distil import Evidence, discover, runs, sightings
from pipeline.sources.prices.gpu_price_history import parse
from pipeline.sources.source import Capture
from tests.given.support import NOON

HERE = Capture("gpu_price_history", "all", "gpu_price_history.csv", NOON, "")

SCOPES = [None, "one_list"]
PROVIDERS = pl.DataFrame(
    {"provider": ["aws", "do"], "name": ["AWS", "DO"], "aliases": [None] * 2, "list_scope": SCOPES},
    schema_overrides={"aliases": pl.String},
)
ALIASES = pl.DataFrame(
    {
        "priority": [1],
        "pattern": ["h100"],
        "provider": [None],
        "instance_pattern": [None],
        "memory_gib_min": [None],
        "memory_gib_max": [None],
        "accelerator": ["nvidia-h100-sxm-80gb"],
        "reason": [None],
    },
    schema_overrides={
        "provider": pl.String,
        "instance_pattern": pl.String,
        "memory_gib_min": pl.Float64,
        "memory_gib_max": pl.Float64,
        "reason": pl.String,
    },
)


def evidence(name: str = "a", *, priority: int = 1, max_gap_days: int = 7) -> Evidence:
    return Evidence(name, f"https://{name}.test", "test", "high", 1, max_gap_days, priority)


def seen(day: int, price: float | None, **other: object) -> dict[str, object]:
    return {
        "provider_raw": "AWS",
        "accelerator_raw": "H100",
        "market": "on_demand",
        "basis": "all_in",
        "region": "us-east-1",
        "seen_on": date(2024, 1, day),
        "price_usd_per_gpu_hour": price,
        **other,
    }


def distilled(*folders: tuple[Evidence, list[dict[str, object]]]) -> list[tuple[object, ...]]:
    frames = [
        (who, sightings(pl.DataFrame(rows, infer_schema_length=None))) for who, rows in folders
    ]
    identified = runs.identify(runs.combine(frames), PROVIDERS, ALIASES)
    history = runs.history(identified)
    return history.select(
        pl.col("observed_on").dt.day(), pl.col("last_seen_on").dt.day(), "price_usd_per_gpu_hour"
    ).rows()


def test_equal_prices_in_a_row_are_one_run() -> None:
    rows = [seen(1, 2.0), seen(4, 2.0), seen(5, 3.0)]
    assert distilled((evidence(), rows)) == [(1, 4, 2.0), (5, 5, 3.0)]


def test_a_silence_longer_than_the_gap_ends_a_run() -> None:
    rows = [seen(1, 2.0), seen(8, 2.0), seen(16, 2.0)]
    assert distilled((evidence(max_gap_days=7), rows)) == [(1, 8, 2.0), (16, 16, 2.0)]


def test_a_run_never_spans_a_removal() -> None:
    rows = [seen(1, 2.0), seen(2, None, reason="removed"), seen(3, 2.0)]
    assert distilled((evidence(), rows)) == [(1, 1, 2.0), (3, 3, 2.0)]


def test_a_doubtful_look_is_left_out_and_ends_nothing() -> None:
    rows = [seen(1, 2.0), seen(2, 9.0, reason="flip_flop"), seen(3, 2.0)]
    assert distilled((evidence(), rows)) == [(1, 3, 2.0)]


def test_zero_is_no_price() -> None:
    assert distilled((evidence(), [seen(1, 0.0), seen(2, 2.0)])) == [(2, 2, 2.0)]


def test_the_cheapest_instance_per_accelerator_stands_for_the_key() -> None:
    rows = [
        seen(1, 2.0, instance_type="small", accelerator_count=1),
        seen(1, 2.0, instance_type="large", accelerator_count=8),
        seen(1, 3.0, instance_type="fat", accelerator_count=8),
        seen(1, 0.5, instance_type="small", market="spot", spot_kind="market"),
        seen(1, 0.9, instance_type="large", market="spot", spot_kind="market"),
    ]
    identified = runs.identify(
        runs.combine([(evidence(), sightings(pl.DataFrame(rows, infer_schema_length=None)))]),
        PROVIDERS,
        ALIASES,
    )
    history = runs.history(identified)
    assert history.select("market", "instance_type", "price_usd_per_gpu_hour").rows() == [
        ("on_demand", "large", 2.0),
        ("spot", "large", 0.9),
    ]


def test_better_evidence_covers_its_whole_stretch() -> None:
    good = [seen(2, 2.0), seen(6, 2.0)]
    poor = [seen(1, 3.0), seen(4, 3.0), seen(9, 3.0)]
    found = distilled((evidence("a", priority=1), good), (evidence("b", priority=2), poor))
    assert found == [(1, 1, 3.0), (2, 6, 2.0), (9, 9, 3.0)]


def test_rejected_sightings_are_counted_by_reason() -> None:
    rows = [seen(1, 2.0, reason="teaser"), seen(1, 2.0, accelerator_raw="Mystery")]
    frame = sightings(pl.DataFrame(rows, infer_schema_length=None))
    identified = runs.identify(runs.combine([(evidence(), frame)]), PROVIDERS, ALIASES)
    counts = runs.rejected_counts(identified)
    assert counts.rows() == [("a", "teaser", 1), ("a", "unknown_accelerator", 1)]


def test_sightings_refuses_a_frame_of_another_shape() -> None:
    with pytest.raises(ValueError, match="missing"):
        sightings(pl.DataFrame({"region": ["x"]}))
    with pytest.raises(ValueError, match="not part"):
        sightings(pl.DataFrame([seen(1, 2.0, colour="red")]))


def looked(*days: int, refresh_days: int = 1, max_gap_days: int = 31) -> list[date]:
    """Days of the sightings that the file of one price seen on these days gives back."""
    who = Evidence("a", "https://a.test", "test", "high", refresh_days, max_gap_days, 1)
    rows = sightings(pl.DataFrame([seen(day, 2.0) for day in days]))
    history = runs.history(runs.identify(runs.combine([(who, rows)]), PROVIDERS, ALIASES))
    body = history.write_csv().encode()
    return parse(body, HERE)["observed_at"].dt.date().to_list()


def test_three_looks_in_a_month_are_three_sightings_not_a_month() -> None:
    assert [day.day for day in looked(3, 28, 31)] == [3, 28, 31]


def test_looks_are_thinned_to_one_a_refresh_and_never_moved() -> None:
    assert [day.day for day in looked(1, 2, 5, 9, 16, 17, refresh_days=7)] == [1, 5, 9, 16, 17]


def test_a_flagged_price_covers_no_unflagged_one_however_well_it_was_read() -> None:
    resold = [seen(1, 2.0, flag="reseller"), seen(5, 2.0, flag="reseller")]
    own = [seen(3, 3.0)]
    found = distilled((evidence("a", priority=1), resold), (evidence("b", priority=2), own))
    assert (3, 3, 3.0) in found


def test_a_region_printed_beside_the_price_of_one_list_is_no_part_of_the_item() -> None:
    rows = [
        seen(1, 2.0, provider_raw="DO", region="tor1"),
        seen(2, 2.0, provider_raw="DO", region="global"),
        seen(1, 3.0, region="tor1"),
    ]
    frame = sightings(pl.DataFrame(rows, infer_schema_length=None))
    history = runs.history(runs.identify(runs.combine([(evidence(), frame)]), PROVIDERS, ALIASES))
    assert history.select("provider", "region", "last_seen_on").rows() == [
        ("aws", "tor1", date(2024, 1, 1)),
        ("do", "global", date(2024, 1, 2)),
    ]


def test_every_folder_module_has_its_evidence() -> None:
    names = [folder.evidence.name for folder in discover()]
    assert "skypilot_2022_2024" in names
    assert not {"skypilot_catalog_v8_v9", "runs"} & set(names)  # undated; machinery
    for folder in discover():
        assert folder.evidence.confidence in ("high", "medium", "low")
        assert folder.evidence.source_url.startswith("https://")
