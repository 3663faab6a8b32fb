"""The published index: it sees rises in gaps, stands still when panels move, and never restates."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.methods import price_movement

START = date(2025, 1, 5)
Price = tuple[int, str, float]


def weekly(prices: Iterable[Price], tier: str = "neocloud", roots: dict[str, str] | None = None):
    """Items of one market from (week, provider or provider/item, USD per GPU-hour)."""
    rows = [
        {
            "period": "week",
            "accelerator": "nvidia-h100-sxm-80gb",
            "tier": tier,
            "market": "on_demand",
            "term_months": 0,
            "basis": "all_in",
            "period_end_on": START + timedelta(weeks=week),
            "provider": name.partition("/")[0],
            "item": name.partition("/")[2] or "any",
            "item_root": (roots or {}).get(name, name.partition("/")[2] or "any"),
            "log_price": float(np.log(price)),
            "host_count": None,
            "last_observed_on": START + timedelta(weeks=week),
            "known_at": datetime(2025, 1, 6, tzinfo=UTC) + timedelta(weeks=week),
        }
        for week, name, price in prices
    ]
    schema = {"host_count": pl.Int64, "term_months": pl.Int64}
    return pl.DataFrame(rows, schema_overrides=schema, infer_schema_length=None)


def index(prices: Iterable[Price], **kwargs) -> list[float | None]:
    return price_movement.fit(weekly(prices, **kwargs))["multilateral_price_index"].to_list()


def rent(prices: Iterable[Price], **kwargs) -> list[float]:
    return np.exp(price_movement.fit(weekly(prices, **kwargs))["log_rent"].to_numpy()).tolist()


def test_a_panel_that_grows_from_7_to_28_cheap_sellers_does_not_fall():
    old = [(week, f"old{n}", 4.0 + n / 10) for week in range(6) for n in range(7)]
    new = [(week, f"new{n}", 2.0) for week in range(3, 6) for n in range(21)]
    made = price_movement.fit(weekly(old + new))
    assert made["multilateral_price_index"].to_list() == pytest.approx([100] * 6)
    entry = made["entry_log_change"].to_list()
    assert entry[3] == pytest.approx(made["level_log_change"][3])
    assert made["level_log_change"][3] < -0.4
    assert rent(old + new) == pytest.approx([4.3] * 6)  # the median of the first seven


@pytest.mark.parametrize("seed", range(20))
def test_a_rise_of_30_pct_in_everybodys_gap_shows_whole(seed):
    # Twelve sellers, each looked at now and then; each raises by 30 % on a day nobody looked.
    rng = np.random.default_rng(seed)
    prices = []
    for n in range(12):
        raised = rng.integers(10, 30)
        base = rng.uniform(2, 5)
        for week in range(40):
            near = abs(week - raised) <= 2
            if not near and (rng.random() < 0.4 or week in (0, 39)):
                noise = np.exp(rng.normal(scale=0.01))
                prices.append((week, f"seller{n}", base * noise * (1.3 if week > raised else 1)))
    made = price_movement.fit(weekly(sorted(prices)))
    made = made.filter(pl.col("publication_status") == "published")
    assert made["chain_started_on"].n_unique() == 1
    # What the first of them say before the others have spoken is never restated: a point is lost.
    assert made["multilateral_price_index"][-1] == pytest.approx(130, abs=3)


@pytest.mark.parametrize("seed", range(20))
def test_prices_that_return_give_100_again(seed):
    # The market swings, sellers enter, leave and are overlooked; at the end all is as it was.
    rng = np.random.default_rng(seed)
    swing = np.concatenate([np.linspace(0, rng.normal(), 20), np.linspace(0, 0, 1)])
    seen = rng.random((21, 10)) < 0.6
    seen[:, :3] = True
    levels = rng.uniform(1, 6, size=10)
    prices = [
        (week, f"seller{n}", levels[n] * float(np.exp(swing[week])))
        for week in range(21)
        for n in range(10)
        if seen[week, n]
    ]
    assert index(prices)[-1] == pytest.approx(100, abs=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_parts_sum_to_the_change_of_level_and_the_past_is_never_restated(seed):
    rng = np.random.default_rng(seed)
    prices, roots = [], {}
    for n in range(9):
        first, last = sorted(rng.integers(0, 80, size=2).tolist())
        for week in range(first, last + 1):
            if rng.random() < 0.6:
                item = f"seller{n}/{'r1' if week > 40 else 'r0'}"
                roots[item] = "r"
                prices.append((week, item, float(rng.uniform(1, 8))))
    prices.sort()
    made = price_movement.fit(weekly(prices, roots=roots))
    parts = (
        "log_change", "entry_log_change", "exit_log_change", "restatement_log_change",
        "revision_log_change",
    )  # fmt: skip
    moved = made.drop_nulls("level_log_change")
    assert moved.select(pl.sum_horizontal(parts)).to_series().to_list() == pytest.approx(
        moved["level_log_change"].to_list(), abs=1e-9
    )
    for cut in (20, 41, 60):
        early = price_movement.fit(weekly([p for p in prices if p[0] <= cut], roots=roots))
        assert_frame_equal(made.head(early.height), early, check_exact=True)


def test_a_bundle_that_changed_is_a_restatement_and_no_move_of_the_market():
    prices = [(week, f"seller{n}", 3.0) for week in range(2) for n in range(3)]
    prices += [(0, "other/r0", 3.0), (1, "other/r1", 2.0)]
    roots = {"other/r0": "r", "other/r1": "r"}
    made = price_movement.fit(weekly(sorted(prices), roots=roots)).row(1, named=True)
    assert made["multilateral_price_index"] == pytest.approx(100)
    assert made["restatement_log_change"] == pytest.approx(np.log(2 / 3) / 4)
    assert made["entry_log_change"] == pytest.approx(0, abs=1e-12)


def test_two_sellers_in_common_start_the_index_anew():
    prices = [(0, f"seller{n}", 3.0) for n in range(4)]
    prices += [(5, name, 4.0) for name in ("seller0", "seller1", "a", "b")]
    made = price_movement.fit(weekly(prices))
    assert made["multilateral_price_index"].to_list() == [100, 100]
    assert made["chain_started_on"].to_list() == made["period_end_on"].to_list()


def test_a_reader_of_one_period_more_than_13_months_later_finds_a_new_chain():
    prices = [(week, f"seller{n}", 3.0) for week in (0, 57) for n in range(4)]
    assert price_movement.fit(weekly(prices))["chain_started_on"].n_unique() == 2


def test_fewer_than_three_neoclouds_are_withheld_and_one_hyperscaler_is_not():
    two = [(0, "a", 3.0), (0, "b", 3.0)]
    assert price_movement.fit(weekly(two))["withheld_reason"].to_list() == [
        "fewer than 3 providers"
    ]
    one = price_movement.fit(weekly([(0, "aws/us-east-1", 7.0)], tier="hyperscaler"))
    assert one["multilateral_price_index"].to_list() == [100]
    assert one["log_rent_standard_error"].to_list() == [None]


def test_each_january_the_reference_panel_is_renewed_and_the_step_is_shown():
    # Two dear sellers join in June: they count in the rent from January on, not before.
    prices = [(week, f"seller{n}", 3.0) for week in range(60) for n in range(3)]
    prices += [(week, f"dear{n}", 6.0) for week in range(22, 60) for n in range(4)]
    made = price_movement.fit(weekly(sorted(prices)))
    dear = made.filter(pl.col("log_rent").exp() > 4)
    assert dear["period_end_on"].min() == date(2026, 1, 4)
    assert dear["rebase_log_change"][0] == pytest.approx(np.log(2))
    assert made["multilateral_price_index"].to_list() == pytest.approx([100] * 60)
