"""Hyperbolic: a catalog written for SkyPilot."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources.prices import hyperbolic
from pipeline.sources.source import Capture, ParseError
from tests.given.keyed import SECRET, captured, skipped

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


def test_without_a_key_it_is_skipped_in_one_line(store):
    assert skipped(hyperbolic.SOURCE, store).reason == "set HYPERBOLIC_API_KEY"


def test_the_key_goes_in_a_header_and_is_never_kept(store, monkeypatch, httpserver):
    asked = httpserver.expect_request("/vms", headers={"Authorization": f"Bearer {SECRET}"})
    asked.respond_with_data(FIXTURE.read_bytes())
    attempt = captured(hyperbolic.SOURCE, store, monkeypatch, httpserver, "/vms")
    assert attempt.outcome == "captured"
