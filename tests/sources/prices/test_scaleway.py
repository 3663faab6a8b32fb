"""Scaleway: euro without saying so, memory per GPU, a list on several pages."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.sources.prices import scaleway
from pipeline.sources.source import Capture, ParseError
from tests.given.reference_tables import RATE, prepared

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "scaleway" / "fr-par-2.json"
URL = f"{scaleway.API}/fr-par-2/products/servers"
AT = Capture("scaleway", "fr-par-2", URL, datetime(2026, 11, 20, 12, tzinfo=UTC), "")
L4: dict[str, Any] = {
    "gpu": 1,
    "gpu_info": {"gpu_manufacturer": "NVIDIA", "gpu_name": "L4", "gpu_memory": 25769803776},
    "mig_profile": None,
    "monthly_price": 574.875,
    "hourly_price": 0.7875,
    "end_of_service": False,
}
CPU = {"gpu": 0, "gpu_info": None, "hourly_price": 0.01}


def answer(**types: object) -> bytes:
    return json.dumps({"servers": types}, indent=1).encode()


def recorded() -> pl.DataFrame:
    return scaleway.parse(FIXTURE.read_bytes(), AT)


def test_a_list_price_anybody_can_look_up():
    # scaleway.com/en/pricing/gpu: H100-SXM-8-80G EUR 25.3308 an hour, for eight GPUs.
    row = recorded().row(by_predicate=pl.col("instance_type") == "H100-SXM-8-80G", named=True)
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(3.16635)
    assert (row["currency"], row["gpu_count"], row["region"]) == ("EUR", 8, "fr-par-2")


def test_trap_16_euro_is_not_labelled_and_converted_at_the_rate_of_the_day():
    frame = prepared(recorded()).filter(instance_type="RENDER-S")
    assert frame["price_in_currency_per_gpu_hour"].item() == 1.221
    assert frame["price_usd_per_gpu_hour"].item() == pytest.approx(1.221 * RATE)


def test_trap_12_memory_is_per_gpu():
    memory = dict(recorded().select("instance_type", "memory_gib").iter_rows())
    assert memory["H100-SXM-8-80G"] == 80.0
    assert memory["B300-SXM-8-288G"] == 288.0


def test_trap_1_sxm_and_pcie_are_told_apart():
    frame = prepared(recorded())
    assert frame["reason"].null_count() == frame.height
    assert dict(frame.select("instance_type", "accelerator").iter_rows()) == {
        "B300-SXM-8-288G": "nvidia-b300-sxm-288gb",
        "H100-1-80G": "nvidia-h100-pcie-80gb",
        "H100-SXM-8-80G": "nvidia-h100-sxm-80gb",
        "L40S-1-48G": "nvidia-l40s-48gb",
        "RENDER-S": "nvidia-p100-16gb",
    }
    assert set(frame["region"]) == {"global"}  # one list, whatever zone is printed beside it


def test_trap_6_a_slice_is_fractional():
    slices = answer(MIG=L4 | {"mig_profile": "1g.10gb"}, HALF=L4 | {"gpu": 0.5})
    assert scaleway.parse(slices, AT)["reason"].to_list() == ["fractional", "fractional"]


def test_trap_19_zero_and_nothing_are_no_prices():
    frame = scaleway.parse(answer(A=L4 | {"hourly_price": 0}, B=L4 | {"hourly_price": None}), AT)
    assert frame["reason"].to_list() == ["not_priced_yet", "not_priced_yet"]


def test_trap_27_the_monthly_price_is_no_term():
    assert recorded()["term_months"].null_count() == recorded().height
    assert set(recorded()["market"]) == {"on_demand"}


def test_a_type_at_its_end_is_not_offered():
    assert scaleway.parse(answer(A=L4 | {"end_of_service": True}), AT)["reason"].item() == (
        "not_offered"
    )


def test_trap_37_a_full_page_is_not_the_whole_list():
    full = answer(**{f"T{n}": CPU for n in range(99)}, L4=L4)
    with pytest.raises(ParseError, match="last page is full"):
        scaleway.parse(full, AT)
    assert scaleway.parse(full + b"\n" + answer(X=CPU), AT).height == 1


def test_types_without_gpus_are_no_offers():
    assert "DEV1-S" not in recorded()["instance_type"].to_list()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"<html><body>Just a moment</body></html>", "not JSON"),
        (FIXTURE.read_bytes()[:500], "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b"[]", "no object in `servers`"),
        (b'{"message": "not found", "type": "not_found"}', "not found"),
        (b'{"servers": []}', "no object in `servers`"),
        (b'{"servers": {}}', "no type with GPUs"),
        (answer(A=CPU), "no type with GPUs"),
        (answer(A={"hourly_price": 1}), "without the field `gpu`"),
        (answer(A=1), "without the field `gpu`"),
        (answer(A=L4) + answer(A=L4), "on two pages"),
        (answer(A=L4 | {"gpu_info": None}), "gpu_info or hourly_price is missing"),
        (answer(A={"gpu": 1, "gpu_info": {}}), "gpu_info or hourly_price is missing"),
        (answer(A=L4 | {"hourly_price": "0.7"}), "servers: hourly is "),
        (answer(A=L4 | {"hourly_price": True}), "true or false"),
        (answer(A=L4 | {"gpu": "1"}), "servers: gpu is "),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        scaleway.parse(body, AT)


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -1.0])
def test_numbers_that_are_no_prices_reach_the_judge(price: float):
    frame = prepared(scaleway.parse(answer(A=L4 | {"hourly_price": price}), AT))
    assert frame["reason"].item() in ("non_finite_price", "price_not_positive")


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "a\x00b", "x" * 10_000_000])
def test_hostile_text_goes_to_quarantine(name: str):
    frame = prepared(scaleway.parse(answer(**{name: L4}), AT))
    assert str(frame["reason"].item()).endswith(
        (": formula_text", ": nul_byte", ": oversized_text")
    )


def served(monkeypatch, *bodies: bytes | http.UpstreamError) -> tuple[list[str], list[Any]]:
    asked: list[str] = []

    def get(url: str, *, params: dict[str, str], **_: object) -> http.Response:
        asked.append(params["page"])
        body = bodies[min(int(params["page"]), len(bodies)) - 1]
        if isinstance(body, http.UpstreamError):
            raise body
        return http.Response(url, 200, {"etag": "of one page"}, body, AT.captured_at)

    monkeypatch.setattr(http, "get", get)
    monkeypatch.setattr(scaleway, "ZONES", ("fr-par-2",))
    parts = list(scaleway.fetch(lambda _: {}))
    assert [part.name for part in parts] == ["fr-par-2"]
    return asked, [part.response for part in parts]


def test_all_pages_of_a_zone_are_one_capture(monkeypatch):
    full = answer(**{f"T{n}": CPU for n in range(100)})
    asked, [response] = served(monkeypatch, full, answer(L4=L4))
    assert asked == ["1", "2"]
    assert response.url == URL
    assert scaleway.parse(response.body, AT)["instance_type"].to_list() == ["L4"]


def test_a_page_that_fails_fails_its_zone(monkeypatch):
    gone = http.UpstreamError("HTTP 500", url=URL, status=500)
    _, [response] = served(monkeypatch, answer(**{f"T{n}": CPU for n in range(100)}), gone)
    assert response is gone


def test_a_list_without_end_is_cut(monkeypatch):
    asked, [response] = served(monkeypatch, answer(**{f"T{n}": CPU for n in range(100)}))
    assert len(asked) == scaleway.MAX_PAGES
    assert isinstance(response, http.UpstreamError)


def test_an_error_page_is_kept_for_parse_to_refuse(monkeypatch):
    _, [response] = served(monkeypatch, b"[]")
    with pytest.raises(ParseError):
        scaleway.parse(response.body, AT)
