"""Each trap of the recorded price folders, on the rows that show it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from distil import (
    SIGHTINGS,
    ccir_vast,
    cherielilili,
    cloud_gpus_com,
    cyclenerd_gcp,
    discover,
    full_stack_cloud_gpus,
    hemgo_dashboard,
    krisjiang_lambda_runpod,
    prime_intellect,
    qqqqhuhu_vast,
    toolshedlabs,
    zeno_vast_runpod,
)

PRICES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "prices"
FOLDERS = (
    "ccir_vast",
    "cherielilili",
    "cloud_gpus_com",
    "cyclenerd_gcp",
    "full_stack_cloud_gpus",
    "hemgo_dashboard",
    "krisjiang_lambda_runpod",
    "prime_intellect",
    "qqqqhuhu_vast",
    "toolshedlabs",
    "zeno_vast_runpod",
)


def usable(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("reason").is_null())


def prices(frame: pl.DataFrame) -> list[float]:
    return frame["price_usd_per_gpu_hour"].to_list()


def recorded(name: str, read: Callable[[Path], pl.DataFrame]) -> pl.DataFrame:
    if not (PRICES / name).is_dir():
        pytest.skip("the recorded prices are not on this machine")
    return read(PRICES / name)


# --- cyclenerd_gcp ---------------------------------------------------------------------------


OFFERED = pl.DataFrame(
    {
        "NAME": [
            "a2-ultragpu-1g",
            "a3-highgpu-8g",
            "a3-megagpu-8g",
            "g2-standard-24",
            "a2-megagpu-16g",
        ],
        "ZONE": ["us-central1"] * 5,
    }
)


def google(*rows: dict[str, object]) -> pl.DataFrame:
    """A change log; a row names what it wants to say and leaves the rest to these defaults."""
    usual: dict[str, object] = {
        "commit": "c0ffee",
        "region": "us-central1",
        "event": "set",
        "hour_spot": None,
        "month_1y": None,
        "month_3y": None,
    }
    schema = {
        "snapshot_ts": pl.String,
        "commit": pl.String,
        "instance_type": pl.String,
        "region": pl.String,
        "hour": pl.Float64,
        "hour_spot": pl.Float64,
        "month": pl.Float64,
        "month_1y": pl.Float64,
        "month_3y": pl.Float64,
        "event": pl.String,
    }
    full = [usual | {"month": 730 * float(row.get("hour") or 0)} | row for row in rows]
    return cyclenerd_gcp.distil(pl.DataFrame(full, schema=schema), OFFERED)


def at(day: str) -> str:
    return f"{day}T04:00:00+00:00"


def test_trap_13_the_count_comes_from_the_machine_type() -> None:
    seen = google(
        {"snapshot_ts": at("2024-09-19"), "instance_type": "g2-standard-24", "hour": 2.0},
        {"snapshot_ts": at("2024-09-19"), "instance_type": "a3-highgpu-8g", "hour": 88.49},
        {"snapshot_ts": at("2024-09-19"), "instance_type": "a2-megagpu-16g", "hour": 55.68},
    )
    by_type = dict(seen.select("instance_type", "price_usd_per_gpu_hour").iter_rows())
    assert by_type["g2-standard-24"] == pytest.approx(1.0)
    assert by_type["a3-highgpu-8g"] == pytest.approx(11.06125)
    assert by_type["a2-megagpu-16g"] == pytest.approx(3.48)


def test_trap_27_a_commitment_is_usd_per_month() -> None:
    seen = google(
        {
            "snapshot_ts": at("2024-09-19"),
            "instance_type": "a3-highgpu-8g",
            "hour": 88.49,
            "month_1y": 44810.08,
            "month_3y": 28371.0,
        }
    )
    reserved = seen.filter(pl.col("market") == "reserved").sort("term_months")
    assert reserved["term_months"].to_list() == [12, 36]
    assert prices(reserved) == pytest.approx([7.6729, 4.8581], abs=1e-4)


def test_trap_29_a_price_where_nothing_is_sold_is_rejected() -> None:
    seen = google(
        {
            "snapshot_ts": at("2024-09-19"),
            "instance_type": "a3-highgpu-8g",
            "region": "us-south1",
            "hour": 104.42,
        }
    )
    assert seen["reason"].to_list() == ["not_offered"]


def test_trap_31_the_broken_capture_is_rejected_and_the_next_version_counts() -> None:
    broken = {
        "snapshot_ts": "2024-08-17T12:14:16+02:00",
        "commit": "6df5fae0da",
        "instance_type": "a3-megagpu-8g",
        "hour": 10.12,
    }
    later = {"snapshot_ts": at("2024-08-22"), "instance_type": "a3-megagpu-8g", "hour": 92.94}
    seen = google(broken, later)
    assert seen.filter(pl.col("reason") == "broken_capture").height == 1
    assert prices(usable(seen)) == pytest.approx([92.94 / 8])


def test_trap_20_the_bundle_change_is_flagged_on_its_day_only() -> None:
    machine = {"instance_type": "a2-ultragpu-1g"}
    seen = google(
        machine | {"snapshot_ts": at("2024-05-17"), "hour": 5.0277},
        machine | {"snapshot_ts": "2024-05-21T17:58:33+02:00", "hour": 5.0688},
        {"snapshot_ts": at("2024-05-23"), "instance_type": "a3-highgpu-8g", "hour": 88.49},
    )
    seen = seen.filter(pl.col("instance_type") == "a2-ultragpu-1g").sort("seen_on")
    assert seen["flag"].to_list() == [None, "restatement", None]
    assert prices(seen) == [5.0277, 5.0688, 5.0688]


def test_trap_21_google_spot_is_an_administered_discount() -> None:
    row = {"instance_type": "a3-highgpu-8g", "hour": 88.49, "hour_spot": 50.61}
    spot = google({"snapshot_ts": at("2026-07-22")} | row).filter(pl.col("market") == "spot")
    assert spot["spot_kind"].to_list() == ["administered"]
    assert prices(spot) == pytest.approx([6.32625])


def test_a_standing_price_is_seen_at_every_version_and_no_longer_once_removed() -> None:
    seen = google(
        {"snapshot_ts": at("2024-09-19"), "instance_type": "a3-highgpu-8g", "hour": 88.49},
        {"snapshot_ts": at("2024-09-26"), "instance_type": "g2-standard-24", "hour": 2.0},
        {"snapshot_ts": at("2024-10-03"), "instance_type": "a3-highgpu-8g", "event": "removed"},
    )
    days = seen.filter(pl.col("instance_type") == "a3-highgpu-8g")["seen_on"].to_list()
    assert sorted(days) == [date(2024, 9, 19), date(2024, 9, 26)]


# --- edited tables ---------------------------------------------------------------------------


def edited(*rows: tuple[str, str, str, str | None]) -> pl.DataFrame:
    """cloud-gpus.com: day, provider, key, price as printed (None = removed)."""
    return cloud_gpus_com.distil(
        pl.DataFrame(
            [
                (at(day), "cloud_gpu.json", who, key, raw, "set" if raw else "removed")
                for day, who, key, raw in rows
            ],
            schema=["snapshot_ts", "path", "provider", "gpu_key", "price_raw", "event"],
            orient="row",
        )
    )


def test_trap_24_hyperscaler_cells_of_2022_are_spot() -> None:
    seen = edited(
        ("2021-05-20", "Amazon Web Services (AWS)", "v100", "$3.06"),
        ("2022-02-09", "Amazon Web Services (AWS)", "v100", "$0.918"),
        ("2023-02-09", "Amazon Web Services (AWS)", "a100_40", "$4.096"),
        ("2023-10-05", "Amazon AWS", "v100", "$3.06"),
        ("2023-02-09", "Google Cloud Platform (GCP)", "a100_40", "$0.88"),
    ).sort("price_usd_per_gpu_hour")
    assert seen["market"].to_list() == ["spot", "spot", "on_demand", "on_demand", "on_demand"]


def test_trap_16_an_unconverted_euro_price_is_rejected() -> None:
    assert edited(("2024-11-14", "Seeweb", "h100", "€2.10"))["reason"].item() == "foreign_currency"


def test_trap_16_a_euro_price_with_a_dollar_sign_is_rejected() -> None:
    assert edited(("2023-05-27", "Exoscale", "p100", "$1.168"))["reason"].item() == (
        "foreign_currency"
    )


def test_trap_17_google_cards_on_n1_hosts_are_components() -> None:
    seen = edited(
        ("2023-10-05", "Google Cloud", "t4", "$0.35"), ("2023-10-05", "Google Cloud", "l4", "$0.71")
    )
    assert seen["basis"].to_list() == ["gpu_component", "all_in"]


def test_runpods_cheaper_cloud_is_not_its_secure_one() -> None:
    seen = edited(
        ("2025-05-29", "RunPod", "4090", "$0.34"), ("2023-02-09", "RunPod", "a100_80", "$1.89")
    )
    assert seen.select("provider_raw", "reason").rows() == [
        ("RunPod", "pooled"),
        ("runpod-community", None),
    ]


def test_trap_18_a_typing_error_is_rejected() -> None:
    seen = edited(("2025-05-29", "Denvr", "h100", "$2.2.44"))
    assert seen["reason"].item() == "unparseable_price"


def test_trap_38_a_teaser_is_rejected_and_its_correction_kept() -> None:
    seen = edited(
        ("2025-05-29", "Paperspace", "h100", "$2.24"), ("2025-06-03", "Paperspace", "h100", "$5.95")
    )
    assert seen["reason"].to_list() == ["teaser", None]


def test_trap_19_a_dash_is_not_a_price_of_zero() -> None:
    seen = edited(("2025-06-18", "DigitalOcean", "a100_40", "$-"))
    assert seen["reason"].item() == "not_offered"
    assert prices(seen) == [None]


def test_trap_17_coreweave_before_2025_is_the_gpu_alone() -> None:
    seen = edited(
        ("2023-02-09", "CoreWeave", "a100_80", "$2.21"),
        ("2025-05-29", "CoreWeave", "h100", "$6.16"),
    )
    assert seen["basis"].to_list() == ["gpu_component", "all_in"]


def test_trap_39_only_the_rows_an_edit_touches_are_seen() -> None:
    seen = edited(
        ("2024-02-02", "Hyperstack", "h100", "$4.30"), ("2024-08-06", "Nebius", "h100", "$2.95")
    )
    days = seen.select("provider_raw", "seen_on").rows()
    assert days == [("Hyperstack", date(2024, 2, 2)), ("Nebius", date(2024, 8, 6))]


def test_trap_4_lambda_h100_of_the_table_is_the_pcie_card() -> None:
    assert (
        edited(("2023-11-01", "Lambda Cloud", "h100", "$1.99"))["accelerator_raw"]
        .item()
        .startswith("H100 PCIe")
    )


def table(*rows: dict[str, str | None]) -> pl.DataFrame:
    usual: dict[str, str | None] = {
        "snapshot_ts": at("2022-08-05"),
        "kind": "vm",
        "cloud": "Lambda",
        "gpu_type": "A100 (40 GB)",
        "gpus": "1",
        "name": None,
        "vcpus": None,
        "on_demand_usd_hr": "$1.10",
        "per_gpu_usd_hr": "$1.10",
        "spot_usd_hr": None,
        "event": "set",
    }
    schema = dict.fromkeys(usual, pl.String)
    return full_stack_cloud_gpus.distil(pl.DataFrame([usual | row for row in rows], schema=schema))


def test_trap_28_a_row_nobody_touched_again_is_seen_once() -> None:
    p4d: dict[str, str | None] = {
        "cloud": "AWS",
        "name": "p4d.24xlarge",
        "gpus": "8",
        "on_demand_usd_hr": "32.77",
        "per_gpu_usd_hr": "4.10",
        "spot_usd_hr": "9.83",
    }
    seen = table(p4d, {"snapshot_ts": at("2025-03-07"), "cloud": "Exoscale"})
    p4d_days = seen.filter(pl.col("provider_raw") == "AWS")["seen_on"].unique().to_list()
    assert p4d_days == [date(2022, 8, 5)]
    spot = seen.filter(pl.col("market") == "spot")
    assert (spot["spot_kind"].item(), prices(spot)) == ("market", [9.83 / 8])


def test_trap_38_fractional_and_serverless_offers_are_rejected() -> None:
    seen = table(
        {"cloud": "Dataoorts", "on_demand_usd_hr": "0.69", "per_gpu_usd_hr": "0.69"},
        {"cloud": "Modal", "kind": "serverless"},
    )
    assert seen["reason"].to_list() == ["fractional", "serverless"]


def test_trap_13_two_columns_that_disagree_on_the_unit_are_rejected() -> None:
    row = {"gpus": "8", "on_demand_usd_hr": "1.69", "per_gpu_usd_hr": "0.21"}
    assert table(row | {"cloud": "RunPod.io"})["reason"].item() == "unit_unclear"
    off = {"gpus": "2", "on_demand_usd_hr": "4.78", "per_gpu_usd_hr": "2.25"}
    assert table(off | {"cloud": "Oblivus Cloud"})["reason"].item() == "unit_unclear"


# --- cherielilili ----------------------------------------------------------------------------


def tracked(
    day: date, provider: str, model: str, price: float, **other: object
) -> dict[str, object]:
    return {
        "date": day,
        "provider": provider,
        "gpu_model": model,
        "gpu_count": 1,
        "region": "global",
        "rental_type": "on_demand",
        "price_min_usd": price,
        "price_median_usd": price,
        "price_max_usd": price,
        "n_offers": 1,
        "source_url": "https://getdeploying.com",
    } | other


def test_trap_14_whole_instance_rows_are_divided_until_the_unit_changed() -> None:
    rows = [
        tracked(date(2026, 2, 17), "coreweave", "H100_SXM", 49.24, gpu_count=8),
        tracked(date(2026, 2, 18), "coreweave", "H100_SXM", 49.24, gpu_count=8),
        tracked(date(2026, 2, 19), "coreweave", "H100_SXM", 6.16, gpu_count=8),
        tracked(date(2026, 2, 21), "coreweave", "H100_SXM", 6.16, gpu_count=8),
    ]
    seen = cherielilili.imported(pl.DataFrame(rows))
    assert prices(seen) == pytest.approx([6.155, 6.155, 6.16, 6.16])
    assert usable(seen).height == 4


def test_trap_14_a_row_of_the_mixed_days_that_fits_neither_side_is_rejected() -> None:
    rows = [
        tracked(date(2026, 2, 17), "lambda", "H100_SXM", 3.29),
        tracked(date(2026, 2, 19), "lambda", "H100_SXM", 1.99),
        tracked(date(2026, 2, 21), "lambda", "H100_SXM", 3.78),
    ]
    assert cherielilili.imported(pl.DataFrame(rows))["reason"].to_list() == [
        None,
        "unit_change",
        None,
    ]


def test_trap_2_small_azure_sizes_are_pcie_and_nvl() -> None:
    rows = [
        tracked(date(2026, 2, 22), "azure", "A100_SXM_80GB", 3.67),
        tracked(date(2026, 2, 22), "azure", "H100_SXM", 6.98, gpu_count=2),
        tracked(date(2026, 2, 22), "azure", "H100_SXM", 12.29, gpu_count=8),
    ]
    seen = cherielilili.imported(pl.DataFrame(rows))
    assert seen["accelerator_raw"].to_list() == ["A100 PCIE 80GB", "H100 NVL", "H100 SXM"]


def test_trap_40_one_gpu_rows_do_not_continue_a_series_of_eight() -> None:
    rows = [
        tracked(date(2026, 3, 5), "lambda", "H100_SXM", 3.44, gpu_count=8),
        tracked(date(2026, 3, 5), "lambda", "H100_SXM", 3.78),
        tracked(date(2026, 3, 25), "lambda", "H100_SXM", 4.29),
    ]
    seen = cherielilili.imported(pl.DataFrame(rows))
    assert seen.filter(pl.col("reason") == "size_changed")["seen_on"].to_list() == [
        date(2026, 3, 25)
    ]


def own(*rows: dict[str, object]) -> pl.DataFrame:
    there = {"source_url": "https://api.runpod.io/graphql"}
    return cherielilili.own(pl.DataFrame([row | there for row in rows]))


def test_trap_24_nebius_on_demand_is_its_preemptible_column() -> None:
    seen = own(tracked(date(2026, 5, 8), "nebius", "H100_SXM", 1.25))
    assert seen.select("market", "flag").row(0) == ("spot", "administered")


def test_trap_21_runpod_spot_is_the_community_cloud_and_26_its_placeholder_goes() -> None:
    day = date(2026, 7, 1)
    seen = own(
        tracked(day, "runpod", "H100_SXM", 2.69, rental_type="spot", region="community"),
        tracked(day, "runpod", "MI300X", 2.19, region="secure"),
        tracked(day, "runpod", "MI300X", 0.50, rental_type="spot", region="community"),
    )
    assert seen["market"].unique().to_list() == ["on_demand"]
    community = seen.filter(pl.col("provider_raw") == "runpod-community").sort("accelerator_raw")
    assert community["reason"].to_list() == [None, "placeholder"]


def test_trap_35_a_vast_median_of_few_offers_is_rejected() -> None:
    day = date(2026, 6, 1)
    seen = own(
        tracked(day, "vast.ai", "H200", 0.06, region="US"),
        tracked(day, "vast.ai", "RTX_4090", 0.30, region="US", n_offers=4),
        tracked(day, "vast.ai", "RTX_4090", 0.50, region="SE", n_offers=3),
    ).sort("accelerator_raw")
    assert seen["reason"].to_list() == ["thin_book", None]
    assert seen.select("price_usd_per_gpu_hour", "offer_count").row(1) == (0.30, 7)


# --- other trackers --------------------------------------------------------------------------


def dashboard(**other: object) -> pl.DataFrame:
    row: dict[str, object] = {
        "fetched_at": "2026-08-21T06:57:28Z",
        "provider": "Nebius",
        "gpu": "H200",
        "gpu_label": "H200 SXM",
        "vram_gb": 141,
        "billing": "on-demand",
        "region": "EU / US",
        "currency": "USD",
        "usd_per_hr": 4.5,
        "source_kind": "live",
    }
    return hemgo_dashboard.distil(pl.DataFrame([row | other]))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"source_kind": "list"}, "not_live"),
        ({"provider": "E2E Networks", "currency": "INR"}, "fallback"),
        ({"currency": "INR"}, "foreign_currency"),
        ({"provider": "Vast.ai"}, "cheapest_only"),
        ({"provider": "GCP"}, "component_missing"),
    ],
)
def test_trap_33_only_live_dollar_rows_of_the_dashboard_count(
    change: dict[str, object], reason: str | None
) -> None:
    assert dashboard(**change)["reason"].item() == reason


def test_trap_22_a_fixed_share_of_on_demand_is_administered() -> None:
    spot = dashboard(provider="Verda (DataCrunch)", billing="spot", usd_per_hr=2.0)
    assert spot["flag"].item() == "administered"


def test_trap_3_the_raw_label_keeps_the_variants_apart() -> None:
    labels = ["NVIDIA A100 PCIe 40 GB 30 225 GiB 512 GiB SSD", "NVIDIA H100 SXM 80 GB 208 1800 GiB"]
    seen = krisjiang_lambda_runpod.distil(
        pl.DataFrame(
            {
                "observed_at_utc": ["2026-06-29T15:08:50Z"] * 2,
                "provider": ["Lambda"] * 2,
                "market": ["on-demand"] * 2,
                "raw_label": labels,
                "price_usd_per_gpu_hour": [1.99, 3.99],
                "notes": [None, None],
            },
            schema_overrides={"notes": pl.String},
        )
    )
    assert seen["accelerator_raw"].to_list() == ["NVIDIA A100 PCIe", "NVIDIA H100 SXM"]
    assert seen.select("memory_gib", "accelerator_count").rows() == [(40.0, 1), (80.0, 8)]


def captures(*sellers: str, day: str = "2025-10-31") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "timestamp": [f"{day}T{hour:02}:00:00+00:00" for hour in range(len(sellers))],
            "gpu_type": ["H100_80GB"] * len(sellers),
            "socket_type": ["SXM5"] * len(sellers),
            "by_provider": ["{" + seller + "}" for seller in sellers],
        }
    )


def test_trap_25_a_seller_of_spot_offers_is_pooled() -> None:
    seen = prime_intellect.distil(captures('"datacrunch": {"count": 4, "min": 0.99, "avg": 1.49}'))
    assert seen["reason"].item() == "pooled"


def test_trap_34_one_seller_has_one_price_a_day_however_often_it_is_listed() -> None:
    line = '"dc_roan": {"count": 21, "min": 1.99, "avg": 2.2}'
    seen = prime_intellect.distil(captures(line, line, line))
    assert (seen["provider_raw"].item(), prices(seen)) == ("Prime Intellect", [1.99])


def test_a_day_without_the_cheapest_size_is_not_a_price_rise() -> None:
    ladder = '"lambdalabs": {"count": 3, "min": 2.99, "avg": 3.14}'
    small = '"lambdalabs": {"count": 1, "min": 3.29, "avg": 3.29}'
    seen = prime_intellect.distil(
        pl.concat([captures(ladder, day="2025-10-30"), captures(small, day="2025-10-31")])
    )
    assert seen["reason"].to_list() == [None, "size_sold_out"]


def test_a_resold_price_is_not_the_operators() -> None:
    seen = prime_intellect.distil(captures('"nebius": {"count": 4, "min": 2.12, "avg": 2.12}'))
    assert seen["flag"].item() == "reseller"


def test_a_minimum_is_a_list_price_only_where_there_is_one_list() -> None:
    feed = pl.DataFrame(
        {
            "collected_at": ["2026-10-01T13:13:26+00:00"] * 3,
            "provider": ["lambdalabs", "vastai", "runpod"],
            "gpu_key": ["H100 80GB SXM", "V100 32GB (form unstated)", "H100 80GB SXM"],
            "cheapest_usd_per_gpu_hr": [3.99, 0.2129, 2.69],
        }
    )
    seen = toolshedlabs.distil(feed)
    assert seen["flag"].to_list() == [None, "cheapest_only", None]
    assert seen["provider_raw"].to_list() == ["lambdalabs", "vastai", "runpod-community"]
    assert seen["accelerator_raw"][1] == "V100 32GB"


def test_trap_25_medians_over_variants_are_rejected() -> None:
    day = date(2026, 8, 1)
    zeno = zeno_vast_runpod.distil(
        pl.DataFrame(
            {
                "date": [day, day],
                "provider": ["runpod", "vast.ai"],
                "gpu_model": ["H100", "A100"],
                "tier": ["secure_cloud", "marketplace_on_demand"],
                "price_usd_per_gpu_hr": [2.99, 0.8],
                "n_offers": [3, 20],
            }
        )
    )
    families = {
        f"{family}_{column}": [value]
        for family in qqqqhuhu_vast.FAMILIES
        for column, value in (("median", 2.3), ("offers", 20))
    }
    summary = qqqqhuhu_vast.distil(pl.DataFrame({"date": [day]} | families))
    assert zeno["reason"].to_list() == ["pooled", "pooled"]
    assert usable(summary)["accelerator_raw"].to_list() == ["B200"]


def machines(*rows: dict[str, object]) -> pl.DataFrame:
    usual: dict[str, object] = {
        "collected_utc": "2026-02-27T15:22:46.407407+00:00",
        "machine_id": 1,
        "gpu_name": "H100 SXM",
        "num_gpus": 1,
        "gpu_ram": 81559,
        "dph_total": 2.0,
        "min_bid": 1.0,
        "rentable": True,
        "rented": False,
        "verification": "verified",
    }
    return ccir_vast.distil(pl.DataFrame([usual | row for row in rows]))


def test_trap_34_one_machine_in_four_sizes_has_one_vote() -> None:
    repeated = [{"num_gpus": size, "dph_total": 4.0 * size} for size in (1, 2, 4, 8)]
    others = [{"machine_id": number, "dph_total": 2.0} for number in (2, 3)]
    seen = machines(*repeated, *others).filter(pl.col("market") == "on_demand")
    assert seen.select("price_usd_per_gpu_hour", "host_count", "offer_count").row(0) == (2.0, 3, 6)


def test_trap_23_a_floor_above_the_price_is_rejected_and_other_floors_flagged() -> None:
    seen = machines({"min_bid": 3.0}, {"machine_id": 2}).filter(pl.col("market") == "spot")
    assert seen.sort("price_usd_per_gpu_hour").select("flag", "reason").rows() == [
        ("bid_floor", None),
        (None, "bid_above_price"),
    ]


def test_trap_35_a_card_of_two_hosts_is_flagged() -> None:
    seen = machines({}, {"machine_id": 2}).filter(pl.col("market") == "on_demand")
    assert seen["flag"].item() == "thin_book"


# --- on the recorded folders -----------------------------------------------------------------


@pytest.mark.parametrize("name", FOLDERS)
def test_every_folder_returns_sightings_and_gives_each_rejection_a_reason(name: str) -> None:
    [folder] = [folder for folder in discover() if folder.evidence.name == name]
    seen = recorded(name, folder.read)
    assert seen.schema == pl.Schema(SIGHTINGS)
    assert seen["seen_on"].null_count() == 0
    good = usable(seen)
    assert good["price_usd_per_gpu_hour"].null_count() == 0
    assert good["price_usd_per_gpu_hour"].is_between(0.01, 200).all()
    assert good.filter(pl.col("market") == "reserved")["term_months"].null_count() == 0


def test_google_h100_spot_rises_in_2026() -> None:
    seen = recorded("cyclenerd_gcp", cyclenerd_gcp.read).filter(
        pl.col("market") == "spot",
        pl.col("instance_type") == "a3-highgpu-8g",
        pl.col("region") == "us-central1",
    )
    on = dict(seen.select("seen_on", "price_usd_per_gpu_hour").iter_rows())
    assert on[date(2025, 3, 13)] * 8 == pytest.approx(20.42, abs=0.01)
    assert on[date(2026, 1, 22)] * 8 == pytest.approx(23.45, abs=0.01)
    assert on[date(2026, 7, 22)] * 8 == pytest.approx(50.61, abs=0.01)


def test_runpod_secure_h100_moves_in_may_and_july_2026() -> None:
    seen = usable(recorded("cherielilili", cherielilili.read)).filter(
        pl.col("provider_raw") == "runpod", pl.col("accelerator_raw") == "H100 SXM"
    )
    on = dict(seen.select("seen_on", "price_usd_per_gpu_hour").iter_rows())
    assert (on[date(2026, 5, 18)], on[date(2026, 5, 19)]) == (2.99, 3.29)
    assert (on[date(2026, 7, 6)], on[date(2026, 7, 7)]) == (3.29, 2.99)


def test_runpods_page_prints_the_secure_price() -> None:
    page = recorded("krisjiang_lambda_runpod", krisjiang_lambda_runpod.read).filter(
        pl.col("provider_raw") == "Runpod"
    )
    api = usable(recorded("cherielilili", cherielilili.read)).filter(
        pl.col("provider_raw") == "runpod", pl.col("accelerator_raw").is_in(["H100 NVL", "H200"])
    )
    both = page.join(api, on=["seen_on", "accelerator_raw"])
    assert both.height > 20
    assert (both["price_usd_per_gpu_hour"] == both["price_usd_per_gpu_hour_right"]).all()


def test_trap_31_other_skus_in_googles_first_machine_prices():
    committed = pl.read_csv(
        Path(__file__).parents[2] / "warehouse/reference/gpu_price_history.csv",
        schema_overrides={"term_months": pl.Int64},
        infer_schema_length=None,
    ).filter(provider="gcp", market="on_demand", basis="all_in", region="us-central1")
    ultra = committed.filter(accelerator="nvidia-a100-sxm4-80gb").sort("observed_on")
    # 1.099622 for the host and 3.92808 for the 80 GB card; 4.03353 before held the 40 GB card.
    assert ultra.row(0, named=True)["price_usd_per_gpu_hour"] == pytest.approx(5.027702)
    assert ultra.row(0, named=True)["observed_on"] == "2022-10-02"
    small = committed.filter(accelerator="nvidia-a100-sxm4-40gb").sort("observed_on")
    assert small.row(0, named=True)["price_usd_per_gpu_hour"] == pytest.approx(3.673385)
    assert small.row(0, named=True)["observed_on"] == "2022-02-16"
