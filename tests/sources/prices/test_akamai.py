"""Akamai (Linode): the card stands in the label, the list on several pages."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.sources.prices import akamai
from pipeline.sources.source import Capture, ParseError
from tests.given.reference_tables import prepared

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "akamai" / "types.json"
AT = Capture("akamai", "all", akamai.URL, datetime(2026, 11, 20, 12, tzinfo=UTC), "")
ADA: dict[str, Any] = {
    "id": "g2-gpu-rtx4000a1-s",
    "label": "RTX4000 Ada x1 Small",
    "class": "gpu",
    "gpus": 1,
    "price": {"hourly": 0.52, "monthly": 350.0},
    "region_prices": [],
}


def answer(*types: object, page: int = 1, pages: int = 1, results: int | None = None) -> bytes:
    count = len(types) if results is None else results
    return json.dumps(
        {"data": types, "page": page, "pages": pages, "results": count}, indent=1
    ).encode()


def test_a_list_price_anybody_can_look_up():
    # linode.com/pricing: RTX4000 Ada x1 Small 0.52 an hour; RTX6000 x2 3.00, so 1.50 a GPU.
    frame = prepared(akamai.parse(FIXTURE.read_bytes(), AT))
    prices = frame.select("instance_type", "price_usd_per_gpu_hour", "gpu_count", "reason")
    assert prices.rows() == [
        ("g1-gpu-rtx6000-1", 1.5, 1, None),
        ("g1-gpu-rtx6000-2", 1.5, 2, None),
        ("g2-gpu-rtx4000a1-s", 0.52, 1, None),
        ("g3-gpu-rtxpro6000-blackwell-1", 2.5, 1, None),
    ]
    assert set(frame["provider"]) == {"linode"}


def test_trap_1_the_card_is_cut_from_the_label():
    frame = prepared(akamai.parse(FIXTURE.read_bytes(), AT))
    assert dict(frame.select("accelerator_raw", "accelerator").iter_rows()) == {
        "RTX6000": "nvidia-quadro-rtx-6000-24gb",
        "RTX4000 Ada": "nvidia-rtx-4000-ada-20gb",
        "RTX PRO 6000 Blackwell": "nvidia-rtx-pro-6000-96gb",
    }


def test_a_label_of_another_form_stays_whole():
    other = prepared(akamai.parse(answer(ADA | {"label": "Blackwell something"}), AT))
    assert other.select("accelerator_raw", "reason").row(0) == (
        "Blackwell something",
        "unknown_accelerator",
    )


def test_trap_13_prices_are_of_the_whole_plan():
    four = ADA | {"gpus": 4, "price": {"hourly": 2.96, "monthly": 1976}}
    frame = akamai.parse(answer(four), AT)
    assert frame["price_in_currency_per_gpu_hour"].item() == 0.74


def test_trap_19_zero_and_nothing_are_no_prices():
    rows = [
        akamai.parse(answer(ADA | {"price": {"hourly": hourly, "monthly": None}}), AT)
        for hourly in (0, None)
    ]
    assert [each["reason"].item() for each in rows] == ["not_priced_yet"] * 2


def test_trap_27_the_monthly_price_is_a_cap_and_no_term():
    frame = akamai.parse(FIXTURE.read_bytes(), AT)
    assert set(frame["market"]) == {"on_demand"}
    assert frame["term_months"].null_count() == frame.height


def test_a_region_with_a_price_of_its_own_is_a_row():
    dear = ADA | {"region_prices": [{"id": "id-cgk", "hourly": 0.62, "monthly": 420.0}]}
    frame = prepared(akamai.parse(answer(dear), AT))
    assert frame.select("region", "price_usd_per_gpu_hour", "country").rows() == [
        ("global", 0.52, None),
        ("id-cgk", 0.62, "ID"),
    ]


def test_trap_37_a_list_that_lacks_plans_is_refused():
    with pytest.raises(ParseError, match="1 plans where 90 are announced"):
        akamai.parse(answer(ADA, results=90), AT)
    first = answer(ADA, pages=2, results=2)
    with pytest.raises(ParseError, match="1 plans where 2 are announced"):
        akamai.parse(first, AT)
    second = answer(ADA | {"id": "other"}, page=2, pages=2, results=2)
    assert akamai.parse(first + b"\n" + second, AT).height == 2


def test_video_cards_are_no_accelerators():
    names = akamai.parse(FIXTURE.read_bytes(), AT)["instance_type"].to_list()
    assert not any("netint" in name or "nanode" in name for name in names)


def test_a_gpu_plan_without_gpus_has_no_count():
    assert akamai.parse(answer(ADA | {"gpus": 0}), AT)["reason"].item() == "unknown_count"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"<html><body>Just a moment</body></html>", "not JSON"),
        (FIXTURE.read_bytes()[:500], "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b"[]", "no list of objects"),
        (b'{"errors": [{"reason": "Too many requests"}]}', "Too many requests"),
        (b'{"data": {}}', "no list of objects"),
        (answer(), "no plan with GPUs"),
        (answer(ADA | {"gpus": "1"}), "gpus is '1'"),
        (answer(ADA | {"gpus": True}), "gpus is True"),
        (answer({"id": "x"}), "gpus is None"),
        (answer(ADA | {"label": None}), "without id, label or price"),
        (answer(ADA | {"price": None}), "without id, label or price"),
        (answer(ADA | {"price": {"hourly": True}}), "price"),
        (answer(ADA | {"price": {"hourly": "0.52"}}), "types: hourly is "),
        (answer(ADA | {"region_prices": {}}), "region_prices"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        akamai.parse(body, AT)


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -1.0])
def test_numbers_that_are_no_prices_reach_the_judge(price: float):
    frame = prepared(akamai.parse(answer(ADA | {"price": {"hourly": price}}), AT))
    assert frame["reason"].item() in ("non_finite_price", "price_not_positive")


@pytest.mark.parametrize("label", ["=cmd|' /C calc'!A0", "a\x00b", "x" * 10_000_000])
def test_hostile_text_goes_to_quarantine(label: str):
    frame = prepared(akamai.parse(answer(ADA | {"label": label}), AT))
    assert frame.filter(pl.col("reason").str.starts_with("accelerator_raw: ")).height == 1


def served(monkeypatch, *bodies: bytes | http.UpstreamError) -> tuple[list[str], Any]:
    asked: list[str] = []

    def get(url: str, *, params: dict[str, str], **_: object) -> http.Response:
        asked.append(params["page"])
        body = bodies[min(int(params["page"]), len(bodies)) - 1]
        if isinstance(body, http.UpstreamError):
            raise body
        return http.Response(url, 200, {"etag": "of one page"}, body, AT.captured_at)

    monkeypatch.setattr(http, "get", get)
    [part] = akamai.fetch(lambda _: {})
    return asked, part.response


def test_all_pages_are_one_capture(monkeypatch):
    pages = answer(ADA, pages=2, results=2), answer(ADA | {"id": "b"}, page=2, pages=2, results=2)
    asked, response = served(monkeypatch, *pages)
    assert asked == ["1", "2"]
    assert akamai.parse(response.body, AT).height == 2
    assert response.headers == {}


def test_a_page_that_fails_fails_the_list(monkeypatch):
    gone = http.UpstreamError("HTTP 500", url=akamai.URL, status=500)
    _, response = served(monkeypatch, answer(ADA, pages=2, results=2), gone)
    assert response is gone


def test_a_list_without_end_is_cut(monkeypatch):
    asked, response = served(monkeypatch, answer(ADA, pages=10_000, results=2))
    assert len(asked) == akamai.MAX_PAGES
    assert isinstance(response, http.UpstreamError)


def test_an_unreadable_page_is_kept_for_parse_to_refuse(monkeypatch):
    _, response = served(monkeypatch, b"[]")
    with pytest.raises(ParseError):
        akamai.parse(response.body, AT)
