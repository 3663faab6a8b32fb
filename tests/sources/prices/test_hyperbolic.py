"""Hyperbolic: a catalog written for SkyPilot."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources.prices import hyperbolic
from pipeline.sources.source import Capture, ParseError
from tests.given.keyed import captured

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "hyperbolic" / "catalog.json"
AT = Capture("hyperbolic", "all", hyperbolic.URL, datetime(2026, 11, 20, 12, tzinfo=UTC), "")
EIGHT = json.loads(FIXTURE.read_bytes())["vms"][0]


def answer(**changes: Any) -> bytes:
    return json.dumps({"vms": [EIGHT | changes]}).encode()


def by_offer() -> dict[str, dict[str, Any]]:
    return {row["offer_id"]: row for row in hyperbolic.parse(FIXTURE.read_bytes(), AT).to_dicts()}


def test_trap_13_the_price_is_of_the_whole_machine():
    row = by_offer()["8x-H100-SXM5-192-1440/us-central-1/on_demand"]
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(1.49)  # 11.92 / 8
    assert row["gpu_count"] == 8


def test_trap_22_spot_equal_to_on_demand_is_flagged():
    rows = by_offer()
    assert rows["1x-H100-SXM5-24-180/us-central-1/spot"]["flag"] == "no_discount"
    assert rows["1x-RTX-4090-24-180/us-central-1/spot"]["flag"] == "administered"
    assert "8x-H100-SXM5-192-1440/us-central-1/spot" not in rows


def test_the_default_region_is_no_place():
    assert hyperbolic.parse(answer(Region="default"), AT)["region"].to_list() == ["global"]


def test_trap_19_zero_is_not_a_price_and_trap_38_a_fraction_is_not_a_card():
    assert by_offer()["4x-H100-96-720/global/on_demand"]["reason"] == "not_priced_yet"
    assert hyperbolic.parse(answer(AcceleratorCount=0.5), AT)["reason"].to_list() == ["fractional"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b'{"error": "unauthorized"}', "unauthorized"),
        (b'{"vms": []}', "never read as no supply"),
        (b'{"vms": [1]}', "vms"),
        (b'{"vms": [{"InstanceType": "x"}]}', "AcceleratorName missing"),
        (answer(Price="11.92"), "Price"),
        (answer(InstanceType=None), "InstanceType is null"),
        (answer(Price=True), "true or false"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        hyperbolic.parse(body, AT)


# --- the list anybody may read ---------------------------------------------------------------

OPTION = {
    "costPerHourCents": 1992,
    "gpuCount": 8,
    "gpuType": "h100",
    "gpuFormFactor": "sxm5",
    "region": "us-central-1",
}


def options(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    body = json.dumps([OPTION | each for each in changes]).encode()
    return hyperbolic.parse(body, AT).to_dicts()


def test_an_option_is_priced_whole_in_cents():
    [row] = options({})
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(2.49)  # 19.92 / 8
    assert (row["gpu_count"], row["accelerator_raw"]) == (8, "h100 sxm5")
    assert row["region"] == "us-central-1"


def test_an_option_of_another_card_and_region_reads_alike():
    [row] = options({"gpuType": "b200", "gpuFormFactor": None, "gpuCount": 1,
                     "costPerHourCents": 449, "region": "eu-north-1"})  # fmt: skip
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(4.49)
    assert (row["accelerator_raw"], row["region"]) == ("b200", "eu-north-1")


def test_an_option_that_is_switched_off_or_sold_out_is_not_offered():
    rows = options({"enabled": False}, {"totalAvailable": 0, "region": "x"}, {"region": "y"})
    reasons = {row["region"]: row["reason"] for row in rows}
    assert reasons == {"us-central-1": "not_offered", "x": "not_offered", "y": None}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[]", "never read as no supply"),
        (b"[1, 2]", "not a list of objects"),
        (b'[{"gpuCount": 8}]', "costPerHourCents missing"),
        (json.dumps([OPTION | {"gpuCount": "8"}]).encode(), "gpuCount"),
    ],
)
def test_a_list_of_other_things_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        hyperbolic.parse(body, AT)


def test_no_key_is_needed(store, monkeypatch, httpserver):
    httpserver.expect_request("/options").respond_with_json([OPTION])
    assert hyperbolic.SOURCE.secrets == ()
    assert captured(hyperbolic.SOURCE, store, monkeypatch, httpserver, "/options").ok
