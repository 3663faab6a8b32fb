"""Vultr: shares of GPUs, preemptible list prices, plans in stock nowhere."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.sources.prices import vultr
from pipeline.sources.prices._machines import gpu_counts, gpu_names
from pipeline.sources.source import Capture, ParseError
from tests.given.reference_tables import prepared

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "vultr"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CLOUD = Capture("vultr", "plans", vultr.LISTS["plans"], NOON, "")
METAL = Capture("vultr", "plans_metal", vultr.LISTS["plans_metal"], NOON, "")
L40S: dict[str, Any] = {
    "id": "vcg-l40s-16c-180g-48vram",
    "type": "vcg",
    "hourly_cost": 1.671,
    "monthly_cost": 1219.83,
    "locations": ["ewr"],
    "gpu_vram_gb": 48,
    "gpu_type": "NVIDIA_L40S",
}


def answer(*plans: object, total: int | None = None, cursor: str = "", key: str = "plans") -> bytes:
    count = len(plans) if total is None else total
    meta = {"total": count, "links": {"next": cursor, "prev": ""}}
    return json.dumps({key: plans, "meta": meta}, indent=1).encode()


def cloud(**changes: object) -> pl.DataFrame:
    return vultr.parse(answer(L40S | changes), CLOUD)


def recorded(at: Capture) -> pl.DataFrame:
    return vultr.parse((FIXTURES / f"{at.part}.json").read_bytes(), at)


def test_a_list_price_anybody_can_look_up():
    # vultr.com/pricing, 8 x MI300X in Chicago: 17.52 an hour = 2.19 a GPU; preemptible 14.72.
    frame = prepared(recorded(METAL)).filter(accelerator="amd-mi300x-192gb")
    assert frame.select("market", "price_usd_per_gpu_hour", "gpu_count", "region").rows() == [
        ("on_demand", pytest.approx(2.19), 8, "global"),
        ("spot", pytest.approx(1.84), 8, "global"),
    ]
    assert set(frame["country"]) == {None}  # one list: Chicago is no part of it


def test_trap_1_the_h100_plan_is_sxm():
    # Prime Intellect listed the same seller's H100 as SXM at 2.99 in 2025-11.
    frame = prepared(recorded(METAL)).filter(
        pl.col("instance_type").str.contains("h100"), market="on_demand"
    )
    assert frame["accelerator"].to_list() == ["nvidia-h100-sxm-80gb"]
    assert frame["price_usd_per_gpu_hour"].item() == pytest.approx(2.99)


def test_trap_4_an_a100_without_its_form_is_not_guessed():
    frame = prepared(recorded(CLOUD)).filter(instance_type="vcg-a100-12c-120g-80vram")
    assert frame["reason"].item() == "ambiguous_form_factor"
    named = prepared(cloud(gpu_type="NVIDIA_A100_SXM", gpu_vram_gb=640, gpu_count=8))
    assert named["accelerator"].item() == "nvidia-a100-sxm4-80gb"


def test_trap_38_shares_of_a_gpu_are_fractional():
    frame = recorded(CLOUD)
    assert frame.filter(reason="fractional")["instance_type"].to_list() == [
        "vcg-a100-1c-6g-4vram",
        "vcg-a100-6c-60g-40vram",
    ]
    assert cloud(gpu_count="1/8", gpu_vram_gb=None)["reason"].item() == "fractional"
    # A share is declared as one GPU, too: its memory tells.
    assert cloud(gpu_count=1, gpu_vram_gb=6)["reason"].item() == "fractional"


def test_trap_5_the_count_is_declared_or_follows_from_memory():
    frame = recorded(CLOUD).filter(instance_type="vcg-l40s-32c-375g-96vram")
    assert frame["gpu_count"].item() == 2
    assert frame["price_in_currency_per_gpu_hour"].item() == pytest.approx(1.671)
    assert frame["memory_gib"].item() == 48.0
    assert cloud(gpu_count="4", gpu_vram_gb=192)["gpu_count"].item() == 4


def test_a_count_that_contradicts_the_memory_is_unknown():
    assert cloud(gpu_count=1, gpu_vram_gb=96)["reason"].item() == "unknown_count"
    blank = {"gpu_type": None, "gpu_vram_gb": None, "type": "vdm"}
    disputed = cloud(id="vcg-mi325x-252c-2872g-1536vram", **blank)
    assert disputed["reason"].item() == "unknown_count"


@pytest.mark.parametrize("plan", gpu_counts("vultr"))
def test_a_plan_that_leaves_its_gpu_out_is_known_by_name(plan: str):
    frame = cloud(id=plan, type="vdm", gpu_type=None, gpu_vram_gb=None)
    assert frame["reason"].item() is None
    assert frame["gpu_count"].item() == gpu_counts("vultr")[plan]
    a100 = gpu_names("vultr")[plan].startswith("A100")
    assert (prepared(frame)["accelerator"].item() is None) == a100


def test_trap_13_prices_are_of_the_whole_plan():
    frame = cloud(gpu_count=8, gpu_vram_gb=384, hourly_cost=13.37)
    assert frame["price_in_currency_per_gpu_hour"].item() == pytest.approx(13.37 / 8)


def test_trap_27_the_monthly_cap_is_not_a_term():
    mi300x = json.loads((FIXTURES / "plans_metal.json").read_bytes())["plans_metal"][1]
    assert mi300x["monthly_cost"] == pytest.approx(672 * mi300x["hourly_cost"])
    frame = recorded(METAL)
    assert set(frame["market"]) == {"on_demand", "spot"}
    assert frame["term_months"].null_count() == frame.height


def test_trap_21_preemptible_is_a_list_discount():
    spot = recorded(METAL).filter(market="spot")
    assert set(spot["spot_kind"]) == {"administered"}
    assert set(spot["flag"]) == {"administered"}


def test_trap_22_preemptible_at_the_list_price_is_no_discount():
    assert cloud(hourly_cost_preemptible=1.671).filter(market="spot")["flag"].item() == (
        "no_discount"
    )


def test_trap_19_zero_and_nothing_are_no_prices():
    assert cloud(hourly_cost=0)["reason"].item() == "not_priced_yet"
    assert cloud(hourly_cost=None)["reason"].item() == "not_priced_yet"
    assert cloud(hourly_cost_preemptible=0)["reason"].to_list() == [None, "not_offered"]


def test_a_price_that_cannot_be_had_is_not_offered():
    only_spot = cloud(hourly_cost_preemptible=1.49, deploy_ondemand=False, deploy_preemptible=True)
    assert only_spot.select("market", "reason").rows() == [
        ("on_demand", "not_offered"),
        ("spot", None),
    ]
    never = cloud(hourly_cost_preemptible=1.49, deploy_preemptible=False)
    assert never["reason"].to_list() == [None, "not_offered"]


def test_trap_29_a_plan_in_stock_nowhere_stays_out_of_levels():
    frame = recorded(CLOUD).filter(instance_type="vcg-l40s-32c-375g-96vram")
    assert frame.select("region", "flag", "reason").row(0) == ("global", "sold_out", None)
    assert cloud(locations=[""])["flag"].item() == "sold_out"


def test_a_location_may_have_a_price_of_its_own():
    frame = cloud(
        locations=["ewr", "sao"],
        location_cost={"sao": {"hourly_cost": 2.0, "hourly_cost_preemptible": 1.9}},
    )
    prices = frame.select("region", "market", "price_in_currency_per_gpu_hour").rows()
    assert prices == [
        ("ewr", "on_demand", 1.671),
        ("sao", "on_demand", 2.0),
        ("sao", "spot", 1.9),
    ]
    assert cloud(location_cost=[]).height == 1


def test_trap_37_a_list_that_lacks_plans_is_refused():
    first = answer(L40S, total=2, cursor="abc")
    with pytest.raises(ParseError, match="1 plans where 2 are announced"):
        vultr.parse(first, CLOUD)
    second = answer(L40S | {"id": "vcg-b"}, total=2)
    assert vultr.parse(first + b"\n" + second, CLOUD).height == 2


def test_plans_without_gpus_are_no_offers():
    plans = set(recorded(CLOUD)["instance_type"]) | set(recorded(METAL)["instance_type"])
    assert not plans & {"vc2-1c-1gb", "vbm-4c-32gb"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"<html><body>Just a moment</body></html>", "not JSON"),
        ((FIXTURES / "plans.json").read_bytes()[:500], "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b"[]", "no objects in `plans`"),
        (b'{"error": "Too many requests", "status": 429}', "Too many requests"),
        (b'{"plans": {}}', "no objects in `plans`"),
        (answer(L40S, key="plans_metal"), "no objects in `plans`"),
        (json.dumps({"plans": [L40S]}).encode(), "1 plans where None are announced"),
        (answer(), "no plan with GPUs"),
        (answer({"type": "vcg", "id": "x"}), "without id, locations or price"),
        (answer(L40S | {"locations": None}), "without id, locations or price"),
        (answer(L40S | {"hourly_cost": "1.671"}), "plans: on_demand is "),
        (answer(L40S | {"hourly_cost": True}), "true or false"),
        (answer(L40S | {"gpu_count": "a/b"}), "gpu_count"),
        (answer(L40S | {"gpu_count": "1/0"}), "gpu_count"),
        (answer(L40S | {"gpu_vram_gb": "48"}), "plans: vram_gb is "),
        (answer(L40S | {"location_cost": {"ewr": 1}}), "location_cost"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        vultr.parse(body, CLOUD)


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -1.0])
def test_numbers_that_are_no_prices_reach_the_judge(price: float):
    frame = prepared(cloud(hourly_cost=price))
    assert frame["reason"].item() in ("non_finite_price", "price_not_positive")


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "a\x00b", "x" * 10_000_000])
def test_hostile_text_goes_to_quarantine(name: str):
    assert str(prepared(cloud(id=name))["reason"].item()).endswith(
        (": formula_text", ": nul_byte", ": oversized_text")
    )


def served(
    monkeypatch, pages: dict[str, bytes | http.UpstreamError]
) -> tuple[list[Any], list[Any]]:
    asked: list[Any] = []

    def get(url: str, *, params: dict[str, str], **_: object) -> http.Response:
        asked.append((url, params.get("cursor", "")))
        body = pages.get(params.get("cursor", ""), b"{}")
        if isinstance(body, http.UpstreamError):
            raise body
        return http.Response(url, 200, {"etag": "of one page"}, body, NOON)

    monkeypatch.setattr(http, "get", get)
    parts = list(vultr.fetch(lambda _: {}))
    assert [part.name for part in parts] == ["plans", "plans_metal"]
    return asked, [part.response for part in parts]


def test_the_cursor_is_followed_and_all_pages_are_one_capture(monkeypatch):
    pages = {
        "": answer(L40S, total=2, cursor="bmV4dF9f"),
        "bmV4dF9f": answer(L40S | {"id": "b"}, total=2),
    }
    asked, [plans, _] = served(monkeypatch, pages)
    assert [cursor for _, cursor in asked] == ["", "bmV4dF9f"] * 2
    assert vultr.parse(plans.body, CLOUD).height == 2
    assert plans.url == vultr.LISTS["plans"]


def test_a_page_that_fails_fails_the_list(monkeypatch):
    gone = http.UpstreamError("HTTP 500", url=vultr.API, status=500)
    _, answers = served(monkeypatch, {"": answer(L40S, total=2, cursor="x"), "x": gone})
    assert answers == [gone, gone]


def test_a_cursor_that_turns_in_circles_is_cut(monkeypatch):
    page = answer(L40S, total=2, cursor="x")
    asked, [plans, _] = served(monkeypatch, {"": page, "x": page})
    assert len(asked) == 2 * vultr.MAX_PAGES
    assert isinstance(plans, http.UpstreamError)
