"""RunPod: two clouds, two markets, and what is not offered."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.identity.identity import resolve_accelerator, resolve_provider
from pipeline.sources.prices import runpod
from pipeline.sources.source import Capture, ParseError, discover

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "runpod" / "gpu_types.json"
ALIASES = Path(__file__).resolve().parents[3] / "warehouse/reference/accelerator_aliases.csv"
AT = Capture("runpod", "all", runpod.URL, datetime(2026, 11, 20, 12, tzinfo=UTC), "")
H100 = {
    "id": "NVIDIA H100 80GB HBM3",
    "displayName": "H100 SXM",
    "memoryInGb": 80,
    "secureCloud": True,
    "communityCloud": True,
    "securePrice": 3.99,
    "communityPrice": 2.69,
}
SPOT = {"secureSpotPrice": 1.75, "communitySpotPrice": 2.69}


def answer(*types: dict[str, object]) -> bytes:
    return json.dumps({"data": {"gpuTypes": list(types)}}).encode()


def priced(body: bytes) -> dict[tuple[str, str], dict[str, object]]:
    rows = runpod.parse(body, AT).to_dicts()
    return {(row["provider_raw"], row["market"]): row for row in rows}


def test_secure_and_community_are_two_providers():
    frame = runpod.parse(FIXTURE.read_bytes(), AT).filter(accelerator_raw=H100["id"])
    # runpod.io/pricing, 2026-11-09: H100 SXM 3.99 secure, 2.69 community.
    assert frame.select("provider_raw", "price_in_currency_per_gpu_hour").rows() == [
        ("runpod", 3.99),
        ("runpod-community", 2.69),
    ]
    assert frame["memory_gib"].to_list() == [80.0, 80.0]
    assert frame["region"].to_list() == ["global", "global"]


def test_zero_and_null_mean_not_offered():
    rows = priced(answer(H100 | {"securePrice": 0, "communityPrice": None}))
    assert [row["reason"] for row in rows.values()] == ["not_offered", "not_offered"]


@pytest.mark.parametrize("price", [0.35, 0.5, 3.0])
def test_a_price_beside_a_cloud_that_does_not_offer_the_card_is_none(price):
    # A40 community 0.35, RTX PRO 6000 Max-Q secure 0.50: printed, and nobody can pay them.
    for flag, cloud in (("secureCloud", "runpod"), ("communityCloud", "runpod-community")):
        rows = priced(answer(H100 | {flag: False, "securePrice": price, "communityPrice": price}))
        reasons = {name: row["reason"] for (name, _), row in rows.items()}
        assert reasons.pop(cloud) == "not_offered"
        assert set(reasons.values()) == {None}


def test_a_community_price_is_not_measured_by_a_secure_price_that_is_not_offered():
    rows = priced(answer(H100 | {"secureCloud": False, "securePrice": 9.0, "communityPrice": 0.12}))
    assert rows["runpod-community", "on_demand"]["reason"] is None


def test_a_cloud_that_does_not_offer_the_card_has_no_spot_either():
    rows = priced(answer(H100 | SPOT | {"communityCloud": False}))
    assert rows["runpod-community", "spot"]["reason"] == "not_offered"


def test_a_community_price_under_a_quarter_of_secure_is_a_placeholder():
    frame = runpod.parse(FIXTURE.read_bytes(), AT)
    mi300x = frame.filter(accelerator_raw="AMD Instinct MI300X OAM")
    assert mi300x["reason"].to_list() == [None, "placeholder"]
    just_above = priced(answer(H100 | {"securePrice": 2.0, "communityPrice": 0.5}))
    assert just_above["runpod-community", "on_demand"]["reason"] is None


def test_slices_are_left_to_the_alias_table():
    frame = runpod.parse(FIXTURE.read_bytes(), AT)
    slices = frame.filter(pl.col("accelerator_raw").str.contains("MIG"))
    assert slices["reason"].to_list() == [None, "not_offered"]


def test_spot_is_administered_and_no_discount_is_flagged():
    rows = priced(answer(H100 | SPOT))
    assert rows["runpod", "spot"]["flag"] == "administered"
    assert rows["runpod-community", "spot"]["flag"] == "no_discount"
    assert rows["runpod", "spot"]["spot_kind"] == "administered"
    assert rows["runpod", "spot"]["price_in_currency_per_gpu_hour"] == 1.75
    assert len({row["offer_id"] for row in rows.values()}) == 4


def test_a_placeholder_has_no_spot_either():
    spot = {"securePrice": 2.39, "communityPrice": 0.5, "communitySpotPrice": 0.4}
    rows = priced(answer(H100 | SPOT | spot))
    assert rows["runpod-community", "spot"]["reason"] == "placeholder"


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -1.0, 1e308])
def test_numbers_that_are_no_prices_reach_the_judge(price: float):
    assert runpod.parse(answer(H100 | {"securePrice": price}), AT)["reason"][0] is None


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "a\x00b", "x" * 10_000_000])
def test_hostile_text_survives_as_text(name: str):
    assert runpod.parse(answer(H100 | {"id": name}), AT)["accelerator_raw"][0] == name


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"<html><body>Just a moment</body></html>", "not JSON"),
        (b'{"data": {"gpuTypes": [', "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b"[]", "not an object"),
        (b'{"errors": [{"message": "Cannot query field x"}]}', "Cannot query field x"),
        (b'{"errors": "no"}', "GraphQL errors: no"),
        (b'{"data": null}', "gpuTypes"),
        (b'{"data": {"gpuTypes": {}}}', "gpuTypes"),
        (b'{"data": {"gpuTypes": []}}', "is empty"),
        (answer({"id": "x", "memoryInGb": 1, "securePrice": 1}), "communityPrice missing"),
        (answer(H100 | SPOT, H100, H100 | {"id": "x"}), "secureSpotPrice missing in 2 of 3"),
        (answer({k: v for k, v in H100.items() if k != "secureCloud"}), "secureCloud missing"),
        (answer(H100 | {"communityCloud": "yes"}), "communityCloud"),
        (answer(H100 | {"securePrice": "3.99"}), "field securePrice"),
        (answer(H100 | {"securePrice": True}), "field securePrice"),
        (answer(H100 | {"id": None}), "field id is null"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        runpod.parse(body, AT)


def test_one_query_asks_for_every_field_that_is_read(monkeypatch):
    asked: list[str] = []

    def post(url: str, *, json: dict[str, str], **_: object) -> http.Response:
        asked.append(json["query"])
        return http.Response(url, 200, {}, b"{}", AT.captured_at)

    monkeypatch.setattr(http, "post", post)
    [part] = runpod.fetch(lambda _: {})
    assert part.name == "all"
    assert all(name in asked[0] for name in runpod.REQUIRED | runpod.SPOT)


@pytest.mark.skipif(not ALIASES.exists(), reason="needs the alias table")
def test_every_type_is_identified_or_a_slice():
    tables = {
        source.name: source.parse((ALIASES.parent / source.file).read_bytes(), AT)
        for source in discover()
        if source.name in ("accelerator_aliases", "providers")
    }
    offers = resolve_provider(runpod.parse(FIXTURE.read_bytes(), AT), tables["providers"])
    offers = resolve_accelerator(offers, tables["accelerator_aliases"])
    assert set(offers["provider"]) == {"runpod", "runpod-community"}
    lost = offers.filter(pl.col("accelerator").is_null())
    assert set(lost["accelerator_reason"]) == {"fractional"}
