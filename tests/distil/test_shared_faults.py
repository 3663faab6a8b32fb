"""Faults that several records share: the case that was found, and one that nobody handed over."""

from datetime import date

import polars as pl
import pytest

from distil import Evidence, _corrections, sightings
from distil.runs import attach

B200, GB200 = "nvidia-b200-sxm-180gb", "nvidia-gb200-nvl72"
B300, GB300 = "nvidia-b300-sxm-288gb", "nvidia-gb300-nvl72"
H200, T4 = "nvidia-h200-sxm-141gb", "nvidia-t4-16gb"


def corrected(
    *rows: tuple[str, str, float, str, str],
    sizes: list[int] | None = None,
    machines: list[str] | None = None,
) -> pl.DataFrame:
    """Provider, accelerator, price, confidence and region of a sighting a day, corrected."""
    frame = pl.DataFrame(
        [
            {
                "provider_raw": provider,
                "accelerator_raw": accelerator,
                "market": "on_demand",
                "basis": "all_in",
                "region": region,
                "seen_on": date(2026, 2, 1 + number),
                "price_usd_per_gpu_hour": price,
                "confidence": confidence,
                "accelerator_count": sizes[number] if sizes else None,
                "instance_type": machines[number] if machines else None,
            }
            for number, (provider, accelerator, price, confidence, region) in enumerate(rows)
        ]
    )
    who = Evidence("a", "https://a.test", "test", "low", 1, 7, 1)
    return _corrections.corrected(
        attach(sightings(frame), who).with_columns(
            provider="provider_raw", accelerator="accelerator_raw"
        )
    )


@pytest.mark.parametrize(
    ("seller", "chip", "board", "own", "wrong"),
    [
        ("oci", B200, GB200, 14.0, 16.0),
        ("coreweave", B200, GB200, 8.6, 10.5),
        ("nobody-in-particular", B300, GB300, 7.5, 8.62),
    ],
)
def test_a_chip_at_the_price_of_the_board_that_carries_it_is_that_board(
    seller, chip, board, own, wrong
) -> None:
    seen = corrected(
        (seller, chip, own, "high", "global"),
        (seller, chip, wrong, "low", "global"),
        (seller, board, wrong, "medium", "global"),
    )
    assert seen["reason"].to_list() == [None, "superchip_price", None]


def test_a_seller_that_asks_the_same_for_both_is_believed() -> None:
    seen = corrected(("x", B200, 8.0, "high", "global"), ("x", GB200, 8.0, "high", "global"))
    assert seen["reason"].to_list() == [None, None]


def test_a_chip_that_only_an_edited_table_saw_at_a_big_cloud_is_not_sold_there() -> None:
    a5000 = "nvidia-rtx-a5000-24gb"
    seen = corrected(
        ("oci", a5000, 0.41, "low", "global"),
        ("oci", B200, 14.0, "low", "global"),
        ("oci", B200, 14.0, "high", "global"),
        ("jarvislabs", a5000, 0.41, "low", "global"),  # a small seller has no other record
    )
    assert seen["reason"].to_list() == ["not_sold_there", None, None, None]


def test_a_price_without_a_region_above_the_cheapest_region_is_a_larger_machine() -> None:
    seen = corrected(
        ("aws", T4, 0.526, "high", "us-east-1"),
        ("aws", T4, 2.18, "medium", "global"),
        ("aws", T4, 0.53, "medium", "global"),
        ("azure", H200, 10.6, "high", "eastus"),
        ("azure", H200, 14.0, "medium", "global"),
    )
    assert seen["reason"].to_list() == [None, "larger_machine", None, None, "larger_machine"]


def test_googles_calendar_price_is_no_on_demand_price() -> None:
    frame = corrected(
        ("gcp", B200, 11.277, "high", "us-central1"), ("gcp", B200, 16.11, "high", "us-east1")
    ).drop("reason")
    calendar = frame.head(1).with_columns(
        market=pl.lit("calendar_block"), reason=pl.lit("other_product")
    )
    rows = pl.concat([frame.with_columns(reason=pl.lit(None, pl.String)), calendar], how="diagonal")
    assert _corrections.corrected(rows)["reason"].to_list() == [
        "queued_price",
        None,
        "other_product",
    ]


def test_a_price_in_cents_gets_back_the_fraction_a_better_record_holds() -> None:
    seen = corrected(
        ("coreweave", H200, 6.305, "high", "global"),
        ("coreweave", H200, 6.30, "low", "global"),
        ("coreweave", H200, 6.31, "low", "global"),
        ("coreweave", H200, 6.32, "low", "global"),
        ("aws", T4, 0.526, "high", "us-east-1"),
        ("aws", T4, 0.53, "low", "us-east-1"),
    )
    assert seen["price_usd_per_gpu_hour"].to_list() == [6.305, 6.305, 6.305, 6.32, 0.526, 0.526]


def test_a_record_without_the_smallest_machine_is_no_price_rise() -> None:
    small, large = (("gcp", H200, price, "high", "europe-west4") for price in (12.17, 12.85))
    seen = corrected(
        small, small, large, small, machines=["high-8g", "high-8g", "mega-8g", "high-8g"]
    )
    assert seen["reason"].to_list() == [None, None, "larger_type", None]


def test_another_size_alone_is_no_price_move() -> None:
    eight, one = (("lambda", H200, price, "high", "global") for price in (3.99, 4.29))
    seen = corrected(eight, eight, one, eight, sizes=[8, 8, 1, 8])
    assert seen["reason"].to_list() == [None, None, "other_size", None]


def test_sizes_that_cost_the_same_are_one_item() -> None:
    row = ("verda", H200, 3.99, "high", "global")
    assert corrected(row, row, row, sizes=[8, 1, 8])["reason"].to_list() == [None] * 3


def test_a_record_that_goes_to_and_fro_settles_on_its_last_price() -> None:
    prices = [2.56, 2.56, 2.40, 2.56, 2.40, 2.56, 2.40, 2.40]
    seen = corrected(*(("together", H200, price, "low", "global") for price in prices))
    assert seen["reason"].to_list() == [
        None,
        None,
        None,
        "alternating",
        None,
        "alternating",
        None,
        None,
    ]


def test_a_price_that_falls_and_comes_back_once_is_a_price() -> None:
    prices = [2.56, 2.40, 2.56, 2.56]
    seen = corrected(*(("together", H200, price, "low", "global") for price in prices))
    assert seen["reason"].to_list() == [None] * 4
