"""Google Cloud: machines put together from parts, and parts that must not be put together."""

import copy
import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.identity.identity import resolve_accelerator, resolve_provider
from pipeline.sources.prices import gcp_billing
from pipeline.sources.source import Capture, ParseError, discover
from tests.given.keyed import SECRET, captured, skipped

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "gcp_billing" / "skus.json"
REFERENCE = Path(__file__).resolve().parents[3] / "warehouse" / "reference"
ZONES = Path(__file__).resolve().parents[4] / "shared/data/prices/cyclenerd_gcp"
AT = Capture("gcp_billing", "all", gcp_billing.URL, datetime(2026, 11, 20, 12, tzinfo=UTC), "")
PAGES = json.loads(FIXTURE.read_bytes())
SKUS = [sku for page in PAGES for sku in page["skus"]]


def answer(*skus: dict[str, Any]) -> bytes:
    return json.dumps([{"skus": list(skus), "nextPageToken": ""}]).encode()


def sku(description: str, **changes: Any) -> dict[str, Any]:
    """The fixture's SKU of that description; `unit` and `price` change its first offer."""
    found = copy.deepcopy(next(each for each in SKUS if each["description"] == description))
    offer = found["pricingInfo"][0]["pricingExpression"]
    offer["usageUnit"] = changes.pop("unit", offer["usageUnit"])
    offer["tieredRates"][-1]["unitPrice"] |= changes.pop("price", {})
    return found | changes


def rows(body: bytes = FIXTURE.read_bytes()) -> dict[str, dict[str, Any]]:
    return {row["offer_id"]: row for row in gcp_billing.parse(body, AT).to_dicts()}


HOST = [sku("A2 Instance Core running in Americas"), sku("A2 Instance Ram running in Americas")]
A100 = sku("Nvidia Tesla A100 GPU running in Americas")


def test_trap_17_a_machine_is_the_sum_of_its_parts():
    # Cyclenerd pricing.yml, us-central1: a2-highgpu-1g 3.673385 = 0.739477 host + 2.933908 GPU.
    machine = rows()["a2-highgpu-1g/us-central1/on_demand"]
    alone = rows()["A100/us-central1/on_demand"]
    assert machine["price_in_currency_per_gpu_hour"] == pytest.approx(3.673385, abs=1e-9)
    assert machine["basis"] == "all_in"
    assert alone["price_in_currency_per_gpu_hour"] == pytest.approx(2.933908, abs=1e-9)
    assert (alone["basis"], alone["instance_type"]) == ("gpu_component", None)


@pytest.mark.parametrize(
    ("offer", "price"),
    [
        ("a2-highgpu-8g/us-central1/on_demand", 29.38708 / 8),
        ("a2-megagpu-16g/us-central1/on_demand", 55.739504 / 16),
        ("a2-ultragpu-1g/us-central1/on_demand", 5.06879789041096),
        ("a2-highgpu-1g/us-central1/spot", 1.92802),
        ("a2-megagpu-16g/us-central1/spot", 29.25568 / 16),
        ("a2-highgpu-1g/us-central1/reserved-12m", 1689.3711392 / 730),
        ("a2-highgpu-1g/us-central1/reserved-36m", 938.56707798 / 730),
        ("a4-highgpu-8g/us-central1/on_demand", 16.11),
        ("T4/us-central1/on_demand", 0.35),
    ],
)
def test_prices_anybody_can_look_up(offer: str, price: float):
    assert rows()[offer]["price_in_currency_per_gpu_hour"] == pytest.approx(price, abs=1e-8)
    assert rows()[offer]["reason"] is None


def test_trap_20_bundled_disks_are_part_of_the_machine():
    without = answer(*(each for each in SKUS if "Local Storage" not in each["description"]))
    offer = "a2-ultragpu-1g/us-central1/on_demand"
    assert rows(without)[offer]["reason"] == "component_missing"
    assert rows(without)["a2-highgpu-1g/us-central1/on_demand"]["reason"] is None


@pytest.mark.parametrize("part", range(3))
def test_trap_31_a_missing_part_is_no_cheaper_machine(part: int):
    parts = [each for index, each in enumerate([*HOST, A100]) if index != part]
    frame = gcp_billing.parse(answer(*parts, sku("Nvidia Tesla T4 GPU running in Americas")), AT)
    machine = frame.filter(offer_id="a2-highgpu-1g/us-central1/on_demand")
    assert machine["reason"].to_list() == ["component_missing"]
    assert machine["price_in_currency_per_gpu_hour"].to_list() == [None]
    assert rows()["a3-megagpu-8g/us-central1/on_demand"]["reason"] == "component_missing"


def test_trap_29_a_price_where_nothing_is_sold_is_set_aside():
    assert rows()["a2-highgpu-1g/africa-south1/on_demand"]["reason"] == "not_offered"
    assert rows()["TpuV5e/asia-south2/on_demand"]["reason"] == "not_offered"


@pytest.mark.skipif(not ZONES.exists(), reason="needs the shared data")
def test_trap_29_places_are_those_of_the_compute_api():
    sold: dict[str, set[str]] = {}
    for name in ("machinetyperegion_accel_2026-08.csv", "acceleratortyperegion_2026-08.csv"):
        for row in csv.DictReader((ZONES / name).open(), delimiter=";"):
            sold.setdefault(row["NAME"], set()).add(row["ZONE"])
    alone = {name: f"nvidia-tesla-{name.lower()}" for name in ("T4", "V100", "P100", "P4")}
    alone |= {"TpuV5e": "ct5lp", "TpuV5p": "ct5p", "TpuV6e": "ct6e", "TPU7x": "tpu7x"}
    for product in gcp_billing.products():
        if name := product.machine or alone.get(product.chip):
            assert gcp_billing._places(product) == sold[name], name


@pytest.mark.skipif(not ZONES.exists(), reason="needs the shared data")
def test_machine_types_hold_what_the_compute_api_says():
    lines = csv.DictReader((ZONES / "machinetyperegion_accel_2026-08.csv").open(), delimiter=";")
    held = {row["NAME"]: (int(row["CPUS"]), float(row["MEMORY_GB"])) for row in lines}
    for product in gcp_billing.products():
        if product.machine and product.family:
            assert (product.cores, product.gib) == held[product.machine]


def test_trap_9_tpu_parts_are_chips_or_uncertain():
    chip = rows()["TpuV5e/us-central1/on_demand"]
    assert chip["price_in_currency_per_gpu_hour"] == pytest.approx(1.2)
    assert (chip["gpu_count"], chip["basis"], chip["memory_gib"]) == (1, "all_in", None)
    assert rows()["TpuV5e/asia-southeast1/spot"]["price_in_currency_per_gpu_hour"] == 0.78
    assert rows()["TpuV5p/europe-west4/reserved-36m"]["term_months"] == 36
    uncertain = [row for row in rows().values() if row["reason"] == "unit_uncertain"]
    assert [row["accelerator_raw"] for row in uncertain] == ["Tpu-v3 Pod Accelerator"]


def test_another_unit_is_uncertain():
    by_month = answer(*HOST, sku(A100["description"], unit="mo"))
    assert rows(by_month)["A100/us-central1/on_demand"]["reason"] == "unit_uncertain"
    assert rows(by_month)["a2-highgpu-1g/us-central1/on_demand"]["reason"] == "unit_uncertain"


def test_trap_27_other_ways_to_buy_are_no_list_price():
    mega = rows()["H100-MEGA/us-central1/on_demand"]
    assert mega["price_in_currency_per_gpu_hour"] == pytest.approx(10.344275712)
    terms = {row["term_months"] for row in rows().values() if row["market"] == "reserved"}
    assert terms == {12, 36}


def test_trap_21_spot_is_administered_whatever_its_tag():
    spot = rows()["a4-highgpu-8g/us-central1/spot"]  # tagged OnDemand in the catalog
    assert spot["price_in_currency_per_gpu_hour"] == pytest.approx(4.9542)
    assert (spot["spot_kind"], spot["flag"]) == ("administered", "administered")


def test_trap_22_spot_equal_to_on_demand_is_flagged():
    money = A100["pricingInfo"][0]["pricingExpression"]["tieredRates"][0]["unitPrice"]
    same = "Nvidia Tesla A100 GPU attached to Spot Preemptible VMs running in Americas"
    found = rows(answer(A100, sku(same, price=money)))
    assert found["A100/us-central1/spot"]["flag"] == "no_discount"


def test_two_prices_of_one_part_are_ambiguous():
    other = sku(A100["description"], price={"units": "3"})
    found = rows(answer(*HOST, A100, other))
    assert found["A100/us-central1/on_demand"]["reason"] == "ambiguous_component"
    assert rows(answer(*HOST, A100, A100))["A100/us-central1/on_demand"]["reason"] is None


def test_trap_19_zero_is_not_a_price():
    free = sku(A100["description"], price={"units": "0", "nanos": 0})
    assert rows(answer(free))["A100/us-central1/on_demand"]["reason"] == "not_priced_yet"


def test_the_last_tier_is_the_price():
    first = sku(A100["description"])
    tiers = first["pricingInfo"][0]["pricingExpression"]["tieredRates"]
    tiers.insert(0, {"unitPrice": {"currencyCode": "USD", "units": "0", "nanos": 0}})
    assert rows(answer(first))["A100/us-central1/on_demand"]["reason"] is None


def test_every_offer_has_its_own_name_and_is_identified():
    offers = gcp_billing.parse(FIXTURE.read_bytes(), AT)
    assert offers["offer_id"].is_unique().all()
    tables = {
        source.name: source.parse((REFERENCE / source.file).read_bytes(), AT)
        for source in discover()
        if source.name in ("accelerator_aliases", "providers")
    }
    offers = resolve_provider(offers, tables["providers"])
    offers = resolve_accelerator(offers, tables["accelerator_aliases"])
    lost = offers.filter(pl.col("accelerator").is_null())
    assert set(lost["accelerator_raw"]) <= {"Tpu-v3 Pod Accelerator"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b'[{"error": {"code": 400, "message": "API key not valid"}}]', "API key not valid"),
        (b'[{"skus": []}]', "no `skus`"),
        (b"[]", "truncated"),
        (json.dumps([PAGES[0]]).encode(), "truncated: 18 SKUs and a next page"),
        (answer(*HOST), "no accelerator"),
        (answer({"description": "x"}), "KeyError"),
        (answer(sku(A100["description"], serviceRegions=None)), "TypeError"),
        (answer(sku(A100["description"], price={"units": "many"})), "ValueError"),
        (answer(sku(A100["description"], price={"currencyCode": "EUR"})), "priced in EUR"),
    ],
)
def test_damage_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(ParseError, match=message):
        gcp_billing.parse(body, AT)


def test_without_a_key_it_is_skipped_in_one_line(store):
    assert skipped(gcp_billing.SOURCE, store).reason == "set GOOGLE_CLOUD_API_KEY"


def test_every_page_is_kept_in_one_body_and_the_key_never(store, monkeypatch, httpserver):
    for page, token in zip(PAGES, ({}, {"pageToken": "next"}), strict=True):
        httpserver.expect_request(
            "/skus",
            query_string={"pageSize": "5000", **token},
            headers={"X-Goog-Api-Key": SECRET},
        ).respond_with_json(page)
    captured(gcp_billing.SOURCE, store, monkeypatch, httpserver, "/skus")
    [kept] = store.raw.captures("gcp_billing")
    assert json.loads(store.raw.body(kept)) == PAGES
