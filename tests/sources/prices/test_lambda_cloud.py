"""Lambda: cents per instance, chips named in the description."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources.prices import lambda_cloud
from pipeline.sources.source import Capture, ParseError
from tests.given.keyed import SECRET, captured, skipped

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "lambda_cloud" / "instance_types.json"
AT = Capture("lambda_cloud", "all", lambda_cloud.URL, datetime(2026, 11, 20, 12, tzinfo=UTC), "")
H100 = json.loads(FIXTURE.read_bytes())["data"]["gpu_8x_h100_sxm5"]


def answer(**changes: Any) -> bytes:
    entry = copy.deepcopy(H100)
    for name, value in changes.items():
        entry["instance_type"][name] = value
    return json.dumps({"data": {"gpu_8x_h100_sxm5": entry}}).encode()


def row(body: bytes) -> dict[str, Any]:
    [only] = lambda_cloud.parse(body, AT).to_dicts()
    return only


def parsed(body: bytes) -> list[dict[str, Any]]:
    return lambda_cloud.parse(body, AT).to_dicts()


def test_trap_15_cents_of_the_whole_instance():
    # lambda.ai/instances, 2026-09-20: 8x H100 SXM at 31.92, 3.99 per GPU.
    h100 = row(answer())
    assert h100["price_in_currency_per_gpu_hour"] == pytest.approx(3.99)
    assert (h100["gpu_count"], h100["memory_gib"]) == (8, 80.0)
    assert h100["accelerator_raw"] == "H100 (80 GB SXM5)"


def test_one_row_per_type_with_accelerators_wherever_it_is_free():
    frame = lambda_cloud.parse(FIXTURE.read_bytes(), AT)
    assert frame.height == 7
    assert "cpu_4x_general" not in frame["instance_type"].to_list()
    assert set(frame["region"]) == {"global"}
    assert frame["available_count"].to_list() == [0, None, 0, 0, 0, None, 0]
    assert frame["reason"].null_count() == 7


def test_trap_5_a_count_in_the_name_that_disagrees_is_not_used():
    assert row(answer(description="4x H100 (80 GB SXM5)"))["reason"] == "unknown_count"
    assert row(answer(specs={"gpus": -1}))["reason"] == "unknown_count"


def test_trap_19_zero_is_not_a_price():
    assert row(answer(price_cents_per_hour=0))["reason"] == "not_priced_yet"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"<html>Just a moment</html>", "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b"[]", "no object in `data`"),
        (b'{"error": {"code": "global/invalid-api-key"}}', "invalid-api-key"),
        (b'{"data": {}}', "is empty"),
        (b'{"data": {"x": {"price": 1}}}', "instance_type"),
        (answer(price_cents_per_hour="3192"), "price_cents_per_hour"),
        (answer(price_cents_per_hour=None), "is null"),
        (answer(price_cents_per_hour=True), "true or false"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        lambda_cloud.parse(body, AT)


def test_a_type_without_its_count_has_it_in_its_name():
    """One such type refused the whole answer."""
    a100 = {"name": "gpu_1x_a100_sxm4", "description": "1x A100 SXM4 (40 GB)"}
    kind = row(answer(**a100, price_cents_per_hour=110, specs={"vcpus": 24}))
    assert (kind["gpu_count"], kind["reason"]) == (1, None)
    assert kind["price_in_currency_per_gpu_hour"] == pytest.approx(1.10)
    gh200 = {"name": "gpu_2x_gh200", "description": "2x GH200 (96 GB)"}
    two = row(answer(**gh200, price_cents_per_hour=458, specs={}))
    assert (two["gpu_count"], two["price_in_currency_per_gpu_hour"]) == (2, pytest.approx(2.29))


def test_a_type_whose_name_does_not_count_is_set_aside_and_the_rest_lands():
    odd = copy.deepcopy(H100)
    odd["instance_type"] |= {"name": "cluster_h100", "specs": {}}
    body = json.dumps({"data": {"a": H100, "b": odd}}).encode()
    reasons = {each["instance_type"]: each["reason"] for each in parsed(body)}
    assert reasons == {"gpu_8x_h100_sxm5": None, "cluster_h100": "unknown_count"}


def test_without_a_key_it_is_skipped_in_one_line(store):
    assert skipped(lambda_cloud.SOURCE, store).reason == "set LAMBDA_API_KEY"


def test_the_key_goes_in_a_header_and_is_never_kept(store, monkeypatch, httpserver):
    asked = httpserver.expect_request("/types", headers={"Authorization": f"Bearer {SECRET}"})
    asked.respond_with_data(FIXTURE.read_bytes())
    attempt = captured(lambda_cloud.SOURCE, store, monkeypatch, httpserver, "/types")
    assert attempt.outcome == "captured"


def test_a_refusal_that_repeats_the_key_is_recorded_without_it(store, monkeypatch, httpserver):
    httpserver.expect_request("/types").respond_with_data(f"bad key {SECRET}", status=403)
    attempt = captured(lambda_cloud.SOURCE, store, monkeypatch, httpserver, "/types")
    assert attempt.outcome == "refused"
