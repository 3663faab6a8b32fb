"""DigitalOcean: whole Droplets, paged."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources.prices import digitalocean
from pipeline.sources.source import Capture, ParseError
from tests.given.keyed import SECRET, captured, skipped

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "digitalocean" / "sizes.json"
AT = Capture("digitalocean", "all", digitalocean.URL, datetime(2026, 11, 20, 12, tzinfo=UTC), "")
PAGES = json.loads(FIXTURE.read_bytes())
MI300X = PAGES[0]["sizes"][1]


def answer(*sizes: dict[str, Any], total: int | None = None) -> bytes:
    meta = {"total": len(sizes) if total is None else total}
    return json.dumps([{"sizes": list(sizes), "links": {}, "meta": meta}]).encode()


def size(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(MI300X) | changes


def reasons() -> dict[str, str | None]:
    frame = digitalocean.parse(FIXTURE.read_bytes(), AT)
    return dict(frame.select("instance_type", "reason").iter_rows())


def test_trap_13_the_price_is_of_the_whole_droplet():
    # digitalocean.com/pricing/gpu-droplets: eight MI300X at 15.92, 1.99 per GPU.
    [row] = digitalocean.parse(answer(MI300X), AT).to_dicts()
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(1.99)
    assert (row["gpu_count"], row["region"]) == (8, "nyc1")


def test_trap_12_memory_is_of_the_whole_droplet():
    [row] = digitalocean.parse(answer(MI300X), AT).to_dicts()
    assert row["memory_gib"] == 192.0  # 1536 / 8


def test_one_row_per_region_and_none_without_accelerators():
    frame = digitalocean.parse(FIXTURE.read_bytes(), AT)
    assert frame.filter(instance_type="gpu-mi300x1-192gb")["region"].to_list() == ["nyc2", "atl1"]
    assert frame.height == 8
    assert frame["offer_id"].is_unique().all()


def test_sizes_sold_nowhere_and_contracts_are_set_aside():
    assert reasons()["gpu-h200x1-141gb"] == "not_offered"
    assert reasons()["gpu-h100x8-640gb-contracted"] == "unknown_term"
    [row] = digitalocean.parse(answer(size(available=False)), AT).to_dicts()
    assert row["reason"] == "not_offered"


def test_trap_21_a_spot_size_is_administered():
    frame = digitalocean.parse(FIXTURE.read_bytes(), AT)
    [spot] = frame.filter(market="spot").to_dicts()
    assert (spot["spot_kind"], spot["flag"]) == ("administered", "administered")


def test_trap_37_fewer_sizes_than_announced_are_refused():
    with pytest.raises(ParseError, match="truncated: 1 sizes of 164"):
        digitalocean.parse(answer(MI300X, total=164), AT)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b'[{"id": "unauthorized", "message": "Unable to authenticate you"}]', "unauthorized"),
        (answer(size(slug="s-1", gpu_info=None)), "no GPU size"),
        (answer(size(gpu_info=None)), "gpu_info"),
        (answer(size(regions=None)), "regions"),
        (answer(size(price_hourly="15.92")), "price_hourly"),
        (answer(size(price_hourly=None)), "price_hourly is null"),
        (answer(size(price_hourly=True)), "true or false"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        digitalocean.parse(body, AT)


def test_without_a_token_it_is_skipped_in_one_line(store):
    assert skipped(digitalocean.SOURCE, store).reason == "set DIGITALOCEAN_TOKEN"


def test_every_page_is_kept_in_one_body_and_the_token_never(store, monkeypatch, httpserver):
    for number, page in enumerate(PAGES, start=1):
        httpserver.expect_request(
            "/sizes",
            query_string={"per_page": "200", "page": str(number)},
            headers={"Authorization": f"Bearer {SECRET}"},
        ).respond_with_json(page)
    captured(digitalocean.SOURCE, store, monkeypatch, httpserver, "/sizes")
    [kept] = store.raw.captures("digitalocean")
    assert json.loads(store.raw.body(kept)) == PAGES


def test_a_page_that_fails_costs_the_capture(store, monkeypatch, httpserver):
    first = {"query_string": {"per_page": "200", "page": "1"}}
    httpserver.expect_request("/sizes", **first).respond_with_json(PAGES[0])
    httpserver.expect_request("/sizes").respond_with_data("no", status=403)
    attempt = captured(digitalocean.SOURCE, store, monkeypatch, httpserver, "/sizes")
    assert (attempt.outcome, store.raw.captures("digitalocean")) == ("refused", [])
