"""Folders of the common shape: each trap on a row that shows it."""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from distil import (
    aws_capacity_blocks,
    aws_gpu_regions,
    coreweave_docs,
    ddbit_2024,
    digitalocean_sizes,
    eu_cloud_prices,
    ewyluda,
    gpuhunt_2024_2025,
    gpurentalprices,
    kms_hoangdao,
    markrusch_eucri,
    opencomputeprices,
    recent_price_points,
    sooddvs_terms,
    tardellirs,
    toolshedlabs_sep,
    webarchive_ratecards,
)
from distil._extract import printed

USUAL: dict[str, object] = {
    "observed_at": "2026-05-24T12:00:00Z",
    "provider": "lambda",
    "provider_region": None,
    "accelerator_raw": "H100 SXM",
    "memory_gb": 80,
    "count": 1,
    "instance_type": None,
    "market": "on_demand",
    "term_months": None,
    "price": 3.99,
    "unit": "per GPU-hour",
    "currency": "USD",
    "note": None,
}
PER_MACHINE = "per instance-hour"


@pytest.fixture
def rows(tmp_path) -> Callable[..., pl.DataFrame]:
    """What `printed` reads of a folder with these rows; a row says what is not usual."""

    def folder(*changed: dict[str, object]) -> pl.DataFrame:
        pl.DataFrame([USUAL | row for row in changed], infer_schema_length=None).write_csv(
            tmp_path / "observations.csv"
        )
        return printed(tmp_path)

    return folder


def reasons(frame: pl.DataFrame) -> list[str | None]:
    return frame["reason"].to_list()


def test_a_machine_is_divided_by_its_gpus_and_a_gpu_price_is_not(rows) -> None:
    seen = webarchive_ratecards.distil(
        rows({"count": 8, "price": 31.92, "unit": PER_MACHINE}, {"provider": "crusoe", "count": 8})
    )
    assert seen["price_usd_per_gpu_hour"].to_list() == [3.99, 3.99]


def test_a_from_price_without_a_term_is_no_term(rows) -> None:
    reserved = {"provider": "hyperstack", "market": "reserved", "price": 2.04}
    seen = webarchive_ratecards.distil(rows(reserved, reserved | {"term_months": 12}))
    assert reasons(seen) == ["no_term", None]
    assert seen["term_months"].to_list() == [None, 12]


def test_a_gpu_without_its_host_is_a_component(rows) -> None:
    alone = "per GPU-hour, GPU only (host CPU and memory billed on top)"
    seen = webarchive_ratecards.distil(rows({"provider": "coreweave", "unit": alone}))
    assert seen["basis"].item() == "gpu_component"


def test_a_promotion_is_a_teaser_and_a_pair_of_cards_another_item(rows) -> None:
    seen = webarchive_ratecards.distil(
        rows(
            {"provider": "fluidstack", "note": "promotional price"},
            {"provider": "hyperstack", "accelerator_raw": "NVIDIA H100 NVLink"},
        )
    )
    assert reasons(seen) == ["teaser", "paired_cards"]


def test_a_capture_stands_until_the_next_one_within_a_month() -> None:
    evidence = webarchive_ratecards.EVIDENCE
    assert evidence.refresh_days + 3 <= 31


def test_runpods_two_clouds_are_two_sellers_and_its_placeholder_no_price(rows) -> None:
    community = {"provider": "runpod", "instance_type": "NVIDIA B200 community"}
    seen = ewyluda.distil(
        rows(community, community | {"price": 0.50}, {"provider": "runpod", "price": 0.50})
    )
    assert seen["provider_raw"].to_list() == ["runpod-community", "runpod-community", "runpod"]
    assert reasons(seen) == [None, "placeholder", None]


def test_a_change_point_is_seen_every_day_to_the_next_and_not_beyond_the_last_look(rows) -> None:
    size = {"provider": "digitalocean", "instance_type": "gpu-h100x1-80gb"}
    size |= {"provider_region": "tor1"}
    seen = digitalocean_sizes.distil(
        rows(
            size
            | {"observed_at": "2026-07-30T01:00:00Z", "price": 3.39, "provider_region": "tor1"},
            size
            | {"observed_at": "2026-08-01T01:00:00Z", "price": 4.41, "provider_region": "nyc2"},
        )
    )
    assert seen["seen_on"].min() == date(2026, 7, 30)
    assert seen["seen_on"].max() == date(2026, 8, 22)
    assert seen.filter(pl.col("price_usd_per_gpu_hour") == 3.39).height == 2
    assert set(seen["region"]) == {"global"}


def test_serverless_and_googles_bare_gpu_are_no_machine_prices(rows) -> None:
    seen = gpurentalprices.distil(
        rows(
            {"provider": "modal", "market": "serverless"},
            {"provider": "gcp", "accelerator_raw": "h100", "price": 9.7966},
            {"provider": "digitalocean", "accelerator_raw": "mi325x", "price": 2.29},
            {"provider": "spheron"},
            {"provider": "vultr", "market": "spot"},
        )
    )
    assert reasons(seen) == ["other_product", None, "contract_price", "reseller", "prepaid"]
    assert seen["basis"][1] == "gpu_component"


def test_points_are_single_looks_and_a_server_year_is_eight_times_8760_hours(rows) -> None:
    yearly = {
        "provider": "qubrid",
        "market": "reserved",
        "term_months": 12,
        "price": 133_414.8,
        "unit": "per server-year",
    }
    seen = recent_price_points.distil(
        rows(yearly, {"provider": "akash"}, {"provider": "gcp", "note": "recorder adds up SKUs"})
    )
    assert seen["price_usd_per_gpu_hour"][0] == pytest.approx(1.9038, abs=1e-4)
    assert reasons(seen) == [None, "cheapest_only", "component_missing"]
    assert recent_price_points.EVIDENCE.max_gap_days == 1


def test_a_machine_votes_once_and_unverified_hosts_do_not(rows) -> None:
    vast = {"provider": "vast", "unit": PER_MACHINE, "verification": "verified"}
    offers = [
        vast | {"instance_type": f"machine {number} host 1", "count": size, "price": price * size}
        for number, price, sizes in ((1, 2.0, (1, 2, 4)), (2, 3.0, (1, 8)), (3, 9.0, (1,)))
        for size in sizes
    ]
    cheap = vast | {"instance_type": "machine 4 host 2", "price": 0.3, "verification": "unverified"}
    seen = kms_hoangdao.distil(rows(*offers, cheap))
    assert seen.select("price_usd_per_gpu_hour", "host_count", "offer_count", "flag").rows() == [
        (3.0, 3, 6, None)
    ]


def test_capacity_blocks_and_queued_starts_are_no_on_demand(rows) -> None:
    block = {"provider": "aws", "market": "capacity_block", "provider_region": "us-east-1"}
    assert reasons(aws_capacity_blocks.distil(rows(block))) == ["other_product"]
    queued = {"provider": "GCP", "market": "flex_start", "instance_type": "attached to DWS"}
    assert reasons(sooddvs_terms.distil(rows(queued))) == ["other_product"]


def test_the_machine_type_decides_what_aws_labels_gb200(rows) -> None:
    seen = aws_gpu_regions.distil(
        rows({"provider": "aws", "instance_type": "p6-b200.48xlarge", "accelerator_raw": "GB200"})
    )
    assert seen["accelerator_raw"].item() == "B200"


def test_oracles_second_part_is_the_board_with_grace(rows) -> None:
    seen = sooddvs_terms.distil(
        rows({"provider": "OCI", "accelerator_raw": "B200", "instance_type": "B110979"})
    )
    assert seen["accelerator_raw"].item() == "GB200"


def test_googles_parts_are_told_apart_by_chip_and_memory(rows) -> None:
    part = {"provider": "GCP", "instance_type": "Nvidia Tesla A100 80GB GPU running in Americas"}
    h100 = "Nvidia H100 80GB GPU running in Americas"
    seen = sooddvs_terms.distil(
        rows(
            part | {"accelerator_raw": "A100"},
            part | {"accelerator_raw": "A100", "instance_type": "Nvidia Tesla A100 GPU running in"},
            part | {"instance_type": h100},
        )
    )
    assert seen["accelerator_raw"].to_list() == ["A100 SXM 80GB", "A100 SXM 40GB", "H100 SXM"]
    assert set(seen["basis"]) == {"gpu_component"}


def test_a_reservation_total_is_spread_over_its_hours(rows) -> None:
    total = {
        "provider": "azure",
        "market": "reserved",
        "term_months": 12,
        "count": 2,
        "price": 42_066.0,
        "unit": "per instance for the whole term",
        "source_url": "https://prices.azure.com/api/retail/prices",
    }
    seen = opencomputeprices.distil(rows(total))
    assert seen["price_usd_per_gpu_hour"].item() == pytest.approx(42_066 / 8_760 / 2)


def test_a_catalog_of_old_hand_refreshes_is_stale(rows) -> None:
    catalog = {"source_url": "https://github.com/skypilot-org/skypilot-catalog"}
    assert reasons(opencomputeprices.distil(rows(catalog))) == ["stale"]


def test_euro_figures_and_typed_constants_are_set_aside(rows) -> None:
    euro = {"provider": "scaleway", "currency": "EUR"}
    assert reasons(markrusch_eucri.distil(rows(euro, {"provider": "nebius"}))) == [
        "foreign_currency",
        "constant",
    ]
    assert reasons(eu_cloud_prices.distil(rows(euro))) == ["foreign_currency"]


def test_spot_above_on_demand_and_fractions_are_no_prices_of_a_card(rows) -> None:
    card = {"provider": "runpod", "accelerator_raw": "NVIDIA H100 SXM SXM", "price": 3.29}
    seen = tardellirs.distil(
        rows(card, card | {"market": "spot", "price": 4.76}, {"provider": "dataoorts"})
    )
    assert reasons(seen) == [None, "spot_above_on_demand", "fractional"]


def test_a_model_read_page_counts_only_with_a_witness(rows) -> None:
    seen = ddbit_2024.distil(
        rows(
            {
                "provider": "lambda labs",
                "accelerator_raw": "2x NVIDIA A100 PCIe",
                "count": 2,
                "price": 2.58,
                "market": "unstated",
            },
            {"provider": "hyperstack", "market": "unstated", "price": 2.06},
        )
    )
    assert reasons(seen) == [None, "market_unstated"]
    assert seen["price_usd_per_gpu_hour"][0] == pytest.approx(1.29)


def test_a_ladder_without_a_count_is_not_divided(rows) -> None:
    seen = gpuhunt_2024_2025.distil(
        rows(
            {"provider": "runpod", "count": None, "market": None, "price": 27.92},
            {"provider": "nebius", "accelerator_raw": "H100", "price": 2.95, "unit": PER_MACHINE},
            {"provider": "aws", "count": 8, "price": 98.32, "unit": PER_MACHINE},
        )
    )
    assert reasons(seen) == ["unknown_count", None, "region_unknown"]


def test_the_hosts_documentation_prices_the_gpu_alone(rows) -> None:
    seen = coreweave_docs.distil(
        rows(
            {
                "provider": "coreweave",
                "accelerator_raw": "NVIDIA A100 for NVLINK",
                "note": "GPU component only; CPU and memory billed on top",
            }
        )
    )
    assert seen.select("basis", "accelerator_raw").row(0) == ("gpu_component", "NVIDIA A100 SXM")


def test_the_feed_of_six_more_days_follows_the_rules_of_the_first_three(tmp_path) -> None:
    pl.DataFrame(
        [USUAL | {"provider": "vast", "accelerator_raw": "H100 80GB SXM", "price": 2.1}]
    ).write_csv(tmp_path / "cheapest.csv")
    assert toolshedlabs_sep.read(tmp_path)["flag"].item() == "cheapest_only"
