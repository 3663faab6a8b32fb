"""Shadeform: a reseller's prices, in cents."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.sources.prices import shadeform
from pipeline.sources.source import Capture, ParseError
from tests.given.keyed import SECRET, captured, skipped

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "shadeform" / "types.json"
AT = Capture("shadeform", "all", shadeform.URL, datetime(2026, 11, 20, 12, tzinfo=UTC), "")
B200 = json.loads(FIXTURE.read_bytes())["instance_types"][0]


def answer(*types: dict[str, Any]) -> bytes:
    return json.dumps({"instance_types": list(types)}).encode()


def machine(**changes: Any) -> dict[str, Any]:
    kind = copy.deepcopy(B200)
    kind["configuration"] |= {k: v for k, v in changes.items() if k in kind["configuration"]}
    return kind | {k: v for k, v in changes.items() if k not in kind["configuration"]}


def test_trap_15_cents_of_the_whole_machine():
    frame = shadeform.parse(FIXTURE.read_bytes(), AT)
    b200 = frame.filter(instance_type="lambdalabs_B200x8", region="us-west-1").to_dicts()[0]
    assert b200["price_in_currency_per_gpu_hour"] == 4.0  # 3200 cents / 100 / 8
    assert b200["memory_gib"] == 180.0


def test_the_reseller_sells_and_the_cloud_operates():
    frame = shadeform.parse(FIXTURE.read_bytes(), AT)
    assert set(frame["provider_raw"]) == {"shadeform"}
    assert set(frame["operator_id"]) == {"lambdalabs", "hyperstack", "massedcompute"}
    assert set(frame["flag"]) == {"reseller"}


def test_trap_1_the_form_of_a_chip_is_part_of_its_name():
    frame = shadeform.parse(FIXTURE.read_bytes(), AT)
    assert "A100_80G pcie" in frame["accelerator_raw"].to_list()


def test_a_region_without_stock_is_not_offered_and_cpus_are_left_out():
    frame = shadeform.parse(FIXTURE.read_bytes(), AT)
    assert frame.filter(region="us-east-1")["reason"].to_list() == ["not_offered"]
    assert frame.height == 6
    assert frame.filter(pl.col("accelerator_raw").str.contains("CPU")).is_empty()


def test_trap_34_a_machine_listed_twice_is_one_and_two_prices_are_two():
    frame = shadeform.parse(answer(B200, B200, machine(hourly_price=3600)), AT)
    here = frame.filter(region="us-west-1").sort("offer_id")
    assert here["price_in_currency_per_gpu_hour"].to_list() == [4.0, 4.5]
    assert here["offer_id"].str.ends_with("#2").to_list() == [False, True]


def test_trap_19_zero_is_not_a_price():
    assert shadeform.parse(answer(machine(hourly_price=0)), AT)["reason"][0] == "not_offered"
    free = shadeform.parse(answer(machine(hourly_price=0)), AT).filter(region="us-west-1")
    assert free["reason"].to_list() == ["not_priced_yet"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b'{"error": "unauthorized"}', "unauthorized"),
        (b'{"instance_types": {}}', "no list"),
        (b'{"instance_types": [1]}', "configuration"),
        (answer(machine(configuration=None)), "configuration"),
        (answer(machine(availability=["us"])), "availability"),
        (answer(machine(hourly_price="3200")), "hourly_price"),
        (answer(machine(hourly_price=None)), "hourly_price is null"),
        (answer(machine(num_gpus=True)), "true or false"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        shadeform.parse(body, AT)


def test_trap_37_an_empty_list_is_never_no_supply():
    with pytest.raises(ParseError, match="never read as no supply"):
        shadeform.parse(answer(), AT)


def test_without_a_key_it_is_skipped_in_one_line(store):
    assert skipped(shadeform.SOURCE, store).reason == "set SHADEFORM_API_KEY"


def test_the_key_goes_in_a_header_and_is_never_kept(store, monkeypatch, httpserver):
    asked = httpserver.expect_request("/types", headers={"X-API-KEY": SECRET})
    asked.respond_with_data(FIXTURE.read_bytes())
    attempt = captured(shadeform.SOURCE, store, monkeypatch, httpserver, "/types")
    assert attempt.outcome == "captured"
