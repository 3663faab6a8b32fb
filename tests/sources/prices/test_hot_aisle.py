"""Hot Aisle: cents per machine, and an account that stays out of what is kept."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources.prices import hot_aisle
from pipeline.sources.source import Capture, ParseError
from tests.given.keyed import SECRET, captured, skipped

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "hot_aisle" / "available.json"
AT = Capture("hot_aisle", "all", hot_aisle.URL, datetime(2026, 11, 20, 12, tzinfo=UTC), "")
TWO = json.loads(FIXTURE.read_bytes())[1]


def answer(**changes: Any) -> bytes:
    specs = {**TWO["Specs"], **{k: v for k, v in changes.items() if k in TWO["Specs"]}}
    return json.dumps([{**TWO, **changes, "Specs": changes.get("Specs", specs)}]).encode()


def test_trap_15_cents_of_the_whole_machine():
    # hotaisle.xyz/pricing: MI300X at 1.99 per hour; two of them 398 cents.
    one, two = hot_aisle.parse(FIXTURE.read_bytes(), AT).to_dicts()
    assert one["price_in_currency_per_gpu_hour"] == pytest.approx(1.99)
    assert two["price_in_currency_per_gpu_hour"] == pytest.approx(1.99)
    assert (two["gpu_count"], two["available_count"], one["available_count"]) == (2, 2, 2)


def test_several_kinds_of_accelerator_and_zero_are_set_aside():
    kinds = TWO["Specs"]["gpus"] * 2
    assert hot_aisle.parse(answer(gpus=kinds), AT)["reason"].to_list() == ["unknown_count"]
    assert hot_aisle.parse(answer(OnDemandPrice=0), AT)["reason"].to_list() == ["not_priced_yet"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b'{"detail": "Invalid token"}', "Invalid token"),
        (b"[1]", "Specs"),
        (b"[]", "never read as no supply"),
        (answer(gpus=[]), "never read as no supply"),
        (answer(Specs={}), "gpus"),
        (answer(OnDemandPrice="398"), "OnDemandPrice"),
        (answer(OnDemandPrice=None), "OnDemandPrice is null"),
        (answer(Quantity=True), "true or false"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        hot_aisle.parse(body, AT)


def test_without_a_token_it_is_skipped_in_one_line(store):
    reason = skipped(hot_aisle.SOURCE, store).reason
    assert reason == "set HOT_AISLE_TOKEN and HOT_AISLE_TEAM"


@pytest.mark.parametrize(("status", "outcome"), [(200, "captured"), (403, "refused")])
def test_neither_token_nor_team_is_kept(store, monkeypatch, httpserver, status, outcome):
    asked = httpserver.expect_request(
        f"/teams/{SECRET}/available/", headers={"Authorization": f"Token {SECRET}"}
    )
    asked.respond_with_data(FIXTURE.read_bytes(), status=status)
    attempt = captured(hot_aisle.SOURCE, store, monkeypatch, httpserver, "/teams/TEAM/available/")
    assert attempt.outcome == outcome
