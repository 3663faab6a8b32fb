"""Oracle's price list: prices of GPUs among prices of everything else."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.sources.prices import oci_price_list
from pipeline.sources.source import Capture, ParseError
from tests.given.reference_tables import prepared

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "oci_price_list" / "products.json"
AT = Capture(
    "oci_price_list", "all", oci_price_list.URL, datetime(2026, 11, 20, 12, tzinfo=UTC), ""
)


def product(value: Any = 10, **fields: Any) -> dict[str, Any]:
    local = {"currencyCode": "USD", "prices": [{"model": "PAY_AS_YOU_GO", "value": value}]}
    return {
        "partNumber": "B98415",
        "displayName": "Oracle Cloud Infrastructure - Compute - GPU - H100",
        "metricName": "GPU Per Hour",
        "serviceCategory": "Compute - GPU",
        "currencyCodeLocalizations": [local],
    } | fields


def answer(*items: dict[str, Any]) -> bytes:
    return json.dumps({"lastUpdated": "2026-08-14T09:09:55.872Z", "items": items}).encode()


def recorded() -> pl.DataFrame:
    return oci_price_list.parse(FIXTURE.read_bytes(), AT)


def test_a_list_price_anybody_can_look_up():
    # oracle.com/cloud/price-list, B98415: 10.00 a GPU-hour, 80.00 for BM.GPU.H100.8.
    row = prepared(recorded()).row(by_predicate=pl.col("offer_id") == "B98415", named=True)
    assert row["price_usd_per_gpu_hour"] == 10.0
    assert row["price_usd_per_instance_hour"] == 80.0
    assert (row["instance_type"], row["region"]) == ("BM.GPU.H100.8", "global")


def test_trap_13_the_number_is_per_gpu_already():
    frame = recorded().filter(offer_id="B110979")
    assert frame["price_in_currency_per_gpu_hour"].item() == 16.0
    assert frame["gpu_count"].item() == 4


def test_trap_1_part_numbers_tell_the_card():
    frame = prepared(recorded()).filter(pl.col("reason").is_null())
    assert dict(frame.select("offer_id", "accelerator").iter_rows()) == {
        "B98415": "nvidia-h100-sxm-80gb",
        "B95907": "nvidia-a100-sxm4-80gb",
        "B92740": "nvidia-a100-sxm4-40gb",
        "B89734": "nvidia-v100-sxm2-16gb",
        "B95909": "nvidia-a10-24gb",
        "B110979": "nvidia-gb200-nvl72",
        "B110978": "nvidia-b200-sxm-180gb",
        "B111758": "amd-mi355x-288gb",
        "B112613": "nvidia-rtx-pro-6000-96gb",
    }


@pytest.mark.parametrize("part", oci_price_list.SHAPES)
def test_every_known_part_comes_to_an_accelerator(part: str):
    known = oci_price_list.SHAPES[part]
    name = f"OCI - Compute - GPU - {known.token.replace('6000', 'RTX PRO 6000')}"
    frame = oci_price_list.parse(answer(product(partNumber=part, displayName=name)), AT)
    row = prepared(frame).row(0, named=True)
    assert row["reason"] is None
    assert row["accelerator"] is not None


def test_trap_7_a_b200_is_no_gb200():
    names = {"B110978": "GB200", "B110979": "B200"}
    items = [
        product(partNumber=part, displayName=f"OCI - Compute - GPU - {name}")
        for part, name in names.items()
    ]
    frame = oci_price_list.parse(answer(*items), AT)
    assert set(frame["reason"]) == {"name_changed"}


def test_a_part_number_under_another_name_is_not_trusted():
    other = product(displayName="OCI - Compute - GPU - H100T")
    assert oci_price_list.parse(answer(other), AT)["reason"].item() == "name_changed"


def test_a_variant_nobody_knows_is_unknown():
    frame = prepared(recorded()).filter(offer_id="B109480")
    assert frame["reason"].to_list() == ["unknown_accelerator"]


def test_what_is_no_rental_of_a_gpu_is_set_aside():
    frame = recorded().drop_nulls("reason")
    assert dict(frame.select("offer_id", "reason").iter_rows()) == {
        "B111824": "software_licence",
        "B110965": "not_public_cloud",
    }
    new_line = product(partNumber="B1", serviceCategory="SuperCluster Appliance")
    assert oci_price_list.parse(answer(new_line), AT)["reason"].item() == "unknown_category"


def test_prices_per_node_are_no_prices_per_gpu():
    assert "B108806" not in recorded()["offer_id"].to_list()


def test_trap_21_half_the_price_by_rule_is_not_derived():
    assert set(recorded()["market"]) == {"on_demand"}
    listed = product(5, displayName="OCI - Compute - GPU - H100 - Preemptible")
    row = oci_price_list.parse(answer(listed), AT).row(0, named=True)
    assert (row["market"], row["spot_kind"], row["flag"]) == (
        "spot",
        "administered",
        "administered",
    )
    assert row["price_in_currency_per_gpu_hour"] == 5.0


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (product(0), "not_priced_yet"),
        (product(None), "not_priced_yet"),
        (product(currencyCodeLocalizations=[]), "not_priced_yet"),
        (
            product(currencyCodeLocalizations=[{"currencyCode": "USD", "prices": []}]),
            "not_priced_yet",
        ),
        (product("2.2.44"), "unparseable_price"),
        (product("10"), "unparseable_price"),
        (product(True), "unparseable_price"),
    ],
)
def test_traps_18_and_19_what_is_no_price(item: dict[str, Any], reason: str):
    assert oci_price_list.parse(answer(item), AT)["reason"].item() == reason


def test_a_committed_price_beside_the_list_price_is_not_read():
    prices = [{"model": "ANNUAL_COMMIT", "value": 7}, {"model": "PAY_AS_YOU_GO", "value": 10}]
    local = [{"currencyCode": "USD", "prices": prices}]
    frame = oci_price_list.parse(answer(product(currencyCodeLocalizations=local)), AT)
    assert frame["price_in_currency_per_gpu_hour"].to_list() == [10.0]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e308])
def test_numbers_that_are_no_prices_reach_the_judge(value: float):
    assert prepared(oci_price_list.parse(answer(product(value)), AT))["reason"].item() in (
        "non_finite_price",
        "price_not_positive",
        None,
    )


EURO = [{"currencyCode": "EUR", "prices": [{"model": "PAY_AS_YOU_GO", "value": 9}]}]
DOLLAR = product()["currencyCodeLocalizations"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"<html><body>Just a moment</body></html>", "not JSON"),
        (FIXTURE.read_bytes()[:1000], "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b"[]", "items"),
        (b'{"items": {}}', "items"),
        (b'{"items": []}', "no part with the metric"),
        (answer(product(metricName="OCPU Per Hour")), "no part with the metric"),
        (answer(product(displayName=None)), "without number, name or category"),
        (answer(product(currencyCodeLocalizations=EURO)), "not in US dollars"),
        (answer(product(currencyCodeLocalizations=DOLLAR + EURO)), "prices in"),
        (answer(product(currencyCodeLocalizations=[{"currencyCode": "USD"}])), "no list of prices"),
        (
            answer(
                product(
                    currencyCodeLocalizations=[
                        {"currencyCode": "USD", "prices": DOLLAR[0]["prices"] * 2}
                    ]
                )
            ),
            "2 pay-as-you-go prices",
        ),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        oci_price_list.parse(body, AT)


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "a\x00b", "x" * 10_000_000])
def test_hostile_text_goes_to_quarantine(name: str):
    frame = oci_price_list.parse(answer(product(partNumber="B1", displayName=name)), AT)
    assert str(prepared(frame)["reason"].item()).startswith("accelerator_raw: ")


def test_one_currency_is_asked_for(monkeypatch):
    asked: list[object] = []

    def get(url: str, *, params: dict[str, str], **options: object) -> http.Response:
        asked.append((url, params, options["validators"]))
        return http.Response(url, 200, {}, b"{}", AT.captured_at)

    monkeypatch.setattr(http, "get", get)
    [part] = oci_price_list.fetch(lambda _: {"etag": '"x"'})
    assert part.name == "all"
    assert asked == [(oci_price_list.URL, {"currencyCode": "USD"}, {"etag": '"x"'})]
