"""Prime Intellect: boxes of many sellers, and answers that come back empty."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources.prices import prime_intellect
from pipeline.sources.source import Capture, ParseError
from tests.given.keyed import SECRET, captured, skipped

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "prime_intellect" / "gpus.json"
AT = Capture(
    "prime_intellect", "all", prime_intellect.URL, datetime(2026, 11, 20, 12, tzinfo=UTC), ""
)
ITEMS = json.loads(FIXTURE.read_bytes())[0]["items"]
H100 = ITEMS[0]


def answer(*items: dict[str, Any], total: object = None) -> bytes:
    total = len(items) if total is None else total
    return json.dumps([{"items": list(items), "totalCount": total}]).encode()


def offer(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(H100) | changes


def by_cloud() -> dict[str, dict[str, Any]]:
    rows = prime_intellect.parse(FIXTURE.read_bytes(), AT).to_dicts()
    return {row["offer_id"].split("/")[1]: row for row in rows}


def test_trap_13_the_price_is_of_the_whole_box():
    # Lambda's 8x H100 SXM5 at 31.92, 3.99 per GPU (lambda.ai/instances, 2026-09-20).
    row = by_cloud()["gpu_8x_h100_sxm5"]
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(3.99)
    assert (row["accelerator_raw"], row["gpu_count"]) == ("H100_80GB SXM5", 8)


def test_trap_12_memory_is_of_the_whole_box():
    rows = by_cloud()
    assert rows["gpu_8x_h100_sxm5"]["memory_gib"] == 80.0
    assert rows["rtxpro6000x2"]["memory_gib"] == 96.0


def test_resold_capacity_is_flagged_and_its_own_is_not():
    rows = by_cloud()
    assert rows["gpu_8x_h100_sxm5"]["flag"] == "reseller"
    assert rows["rtxpro6000x2"]["flag"] is None
    assert {row["provider_raw"] for row in rows.values()} == {"prime-intellect"}


def test_trap_34_one_seller_repeats_one_price_as_one_operator():
    rows = by_cloud()
    sizes = [rows["8xH100_80GB"], rows["16xH100_80GB"]]
    assert {row["operator_id"] for row in sizes} == {"dc_roan"}
    assert [row["price_in_currency_per_gpu_hour"] for row in sizes] == [1.99, 1.99]
    frame = prime_intellect.parse(answer(H100, H100, offer(prices={"onDemand": 40.0})), AT)
    assert frame["price_in_currency_per_gpu_hour"].to_list() == [pytest.approx(3.99), 5.0]
    assert frame["offer_id"].is_unique().all()


def test_trap_25_spot_and_on_demand_are_two_markets():
    row = by_cloud()["8V.H100"]
    assert (row["market"], row["spot_kind"], row["region"]) == (
        "spot",
        "administered",
        "FIN-01, FI",
    )


def test_no_price_is_no_price_and_cpu_nodes_are_left_out():
    rows = by_cloud()
    assert rows["gpu-soon"]["reason"] == "not_priced_yet"
    assert "cpu-node" not in rows


def test_trap_37_no_items_is_never_no_supply():
    with pytest.raises(ParseError, match="never read as no supply"):
        prime_intellect.parse(answer(), AT)


def test_trap_37_fewer_offers_than_announced_are_refused():
    with pytest.raises(ParseError, match="truncated: 1 offers of 170"):
        prime_intellect.parse(answer(H100, total=170), AT)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b'[{"detail": "Invalid API key"}]', "Invalid API key"),
        (answer(H100, total="all"), "totalCount"),
        (answer(offer(prices=None)), "prices"),
        (answer(offer(prices={"onDemand": "31.92"})), "onDemand"),
        (answer(offer(gpuCount=None)), "gpuCount is null"),
        (answer(offer(gpuCount=True)), "true or false"),
        (answer(offer(gpuType="CPU_NODE")), "no offer with an accelerator"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        prime_intellect.parse(body, AT)


def test_without_a_key_it_is_skipped_in_one_line(store):
    assert skipped(prime_intellect.SOURCE, store).reason == "set PRIME_INTELLECT_API_KEY"


def test_every_page_is_kept_in_one_body_and_the_key_never(store, monkeypatch, httpserver):
    full = [offer(cloudId=f"c{number}") for number in range(prime_intellect.PAGE)]
    pages = [{"items": full, "totalCount": 101}, {"items": [H100], "totalCount": 101}]
    for number, page in enumerate(pages, start=1):
        httpserver.expect_request(
            "/gpus",
            query_string={"page": str(number), "page_size": "100"},
            headers={"Authorization": f"Bearer {SECRET}"},
        ).respond_with_json(page)
    captured(prime_intellect.SOURCE, store, monkeypatch, httpserver, "/gpus")
    [kept] = store.raw.captures("prime_intellect")
    assert prime_intellect.parse(store.raw.body(kept), kept).height == 101
