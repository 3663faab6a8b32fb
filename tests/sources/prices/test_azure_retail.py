"""Azure retail prices: machine types to accelerators, and which of many meters is the price."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.capture import http
from pipeline.identity.identity import resolve_accelerator, resolve_provider, resolve_region
from pipeline.sources.prices import azure_retail
from pipeline.sources.source import Capture, ParseError, discover

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "azure_retail" / "eastus.json"
REFERENCE = Path(__file__).resolve().parents[3] / "warehouse" / "reference"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = Capture("azure_retail", "eastus", azure_retail.URL, NOON, "")
PAGES = json.loads(FIXTURE.read_bytes())
ITEM = PAGES[0]["Items"][0]
RESERVED = {"type": "Reservation", "reservationTerm": "1 Year", "retailPrice": 350_400.0}


def page(*items: dict[str, object], **fields: object) -> bytes:
    return json.dumps([{"Items": list(items), "NextPageLink": None} | fields]).encode()


def read(*changes: dict[str, object]) -> pl.DataFrame:
    """The H100 item, changed."""
    return azure_retail.parse(page(*(ITEM | each for each in changes)), AT)


def recorded() -> pl.DataFrame:
    return azure_retail.parse(FIXTURE.read_bytes(), AT)


def the(frame: pl.DataFrame, **values: object) -> dict[str, object]:
    [row] = frame.filter(**values).to_dicts()
    return row


def usable(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("reason").is_null())


def test_h100_costs_12_29_a_gpu_hour_in_eastus():
    kind = "Standard_ND96isr_H100_v5"
    row = the(usable(recorded()), instance_type=kind, market="on_demand")
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(98.32 / 8) == 12.29
    assert (row["gpu_count"], row["currency"], row["region"]) == (8, "USD", "eastus")
    assert row["offer_id"] == "eastus/Standard_ND96isr_H100_v5/on_demand/-"


def test_every_item_is_a_row_and_every_offer_has_its_own_id():
    frame = recorded()
    assert frame.height == sum(len(each["Items"]) for each in PAGES)
    assert usable(frame)["offer_id"].is_unique().all()


@pytest.mark.parametrize(
    ("kind", "sku"),
    [
        ("Standard_NC40ads_H100_v5", "nvidia-h100-nvl-94gb"),
        ("Standard_NCC40ads_H100_v5", "nvidia-h100-nvl-94gb"),
        ("Standard_ND96isr_H100_v5", "nvidia-h100-sxm-80gb"),
        ("Standard_NC24ads_A100_v4", "nvidia-a100-pcie-80gb"),
        ("Standard_ND96asr_v4", "nvidia-a100-sxm4-40gb"),
        ("Standard_ND128isr_NDR_GB200_v6", "nvidia-gb200-nvl72"),
    ],
)
def test_trap_2_the_machine_type_tells_the_form_factor(kind, sku):
    tables = reference("accelerator_aliases", "providers")
    frame = resolve_provider(usable(recorded()), tables["providers"])
    named = resolve_accelerator(frame, tables["accelerator_aliases"])
    assert named.filter(instance_type=kind)["accelerator"].unique().to_list() == [sku]


@pytest.mark.parametrize(
    ("kind", "count"), [("ND96is_MI300X_v5", 8), ("ND128isr_GB300_v6", 4), ("ND96isrf_H200_v5", 8)]
)
def test_trap_8_machine_types_without_an_accelerator_name_are_counted(kind, count):
    row = the(read({"armSkuName": f"Standard_{kind}"}))
    assert (row["gpu_count"], row["reason"]) == (count, None)
    tables = reference("accelerator_aliases", "providers")
    frame = resolve_provider(read({"armSkuName": f"Standard_{kind}"}), tables["providers"])
    if kind != "ND96isrf_H200_v5":  # seen in public code, no rule names it yet
        named = resolve_accelerator(frame, tables["accelerator_aliases"])
        assert named["accelerator"].null_count() == 0


def test_trap_10_digits_of_a_name_are_no_count():
    row = the(read({"armSkuName": "Standard_ND96xyz_B300_v7"}))
    assert (row["gpu_count"], row["reason"]) == (1, "unknown_count")


def test_trap_6_a_share_of_a_gpu_is_fractional_and_an_fpga_is_none():
    frame = recorded()
    assert the(frame, instance_type="Standard_NV12ads_A10_v5")["reason"] == "fractional"
    assert the(frame, instance_type="Standard_NP10s")["reason"] == "not_an_accelerator"


@pytest.mark.parametrize("price", [0.0, None])
def test_trap_19_zero_is_not_priced_yet(price):
    # NC40ads_H100_v5 stood at 0.0 on 2023-12-08, listed before it was priced.
    assert the(read({"retailPrice": price}))["reason"] == "not_priced_yet"


def test_trap_21_spot_is_administered():
    row = the(recorded(), instance_type="Standard_ND96isr_H100_v5", market="spot")
    assert row["price_in_currency_per_gpu_hour"] == pytest.approx(18.169536 / 8)
    assert (row["spot_kind"], row["flag"]) == ("administered", "administered")


def test_trap_22_spot_at_the_list_price_is_no_discount():
    row = the(recorded(), instance_type="Standard_ND128isr_NDR_GB200_v6", market="spot")
    assert row["flag"] == "no_discount"


@pytest.mark.parametrize("field", ["skuName", "meterName"])
def test_spot_is_said_in_either_name(field):
    assert the(read({field: "ND96isrH100v5 Spot"}))["market"] == "spot"


def test_trap_32_of_two_meters_the_primary_and_newest_holds():
    # spaincentral had two Linux Spot meters of NC40ads_H100_v5 at once: 2.7975 and 2.2376.
    old, new = {"retailPrice": 2.7975}, {"retailPrice": 2.2376}
    frame = read(old, new | {"effectiveStartDate": "2026-07-01T00:00:00Z"})
    assert the(usable(frame))["price_in_currency_per_gpu_hour"] == pytest.approx(2.2376 / 8)
    assert frame["reason"].to_list() == [None, "superseded"]
    later = {"effectiveStartDate": "2026-07-01T00:00:00Z", "isPrimaryMeterRegion": False}
    assert read(old, new | later)["reason"].to_list() == [None, "secondary_meter"]


def test_trap_32_two_prices_at_once_are_none():
    frame = read({"retailPrice": 3.673}, {"retailPrice": 4.777})
    assert frame["reason"].to_list() == ["several_prices"] * 2
    assert read({}, {"meterId": "another"}).height == 1


def test_trap_32_a_price_is_reported_as_each_capture_says():
    prices = [3.673, 4.777, 3.673]
    kind = {"armSkuName": "Standard_NC24ads_A100_v4"}
    seen = [the(read(kind | {"retailPrice": each})) for each in prices]
    assert [row["price_in_currency_per_gpu_hour"] for row in seen] == prices
    assert {row["offer_id"] for row in seen} == {"eastus/Standard_NC24ads_A100_v4/on_demand/-"}


def test_a_price_of_the_future_waits():
    assert the(read({"effectiveStartDate": "2026-12-01T00:00:00Z"}))["reason"] == "not_yet_in_force"


def test_trap_27_a_reservation_is_the_total_of_its_term():
    three = {"reservationTerm": "3 Years", "retailPrice": 630_720.0}
    frame = read({}, RESERVED, RESERVED | three).sort("term_months")
    assert frame["market"].to_list() == ["on_demand", "reserved", "reserved"]
    assert frame["term_months"].to_list() == [None, 12, 36]
    # 350,400 / 8,760 h / 8 and 630,720 / 26,280 h / 8.
    assert frame["price_in_currency_per_gpu_hour"].to_list() == [12.29, 5.0, 3.0]
    assert usable(read(RESERVED | {"unitOfMeasure": "1 Year"})).height == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"productName": "Virtual Machines NDsr H100 v5 Series Windows"}, "windows_licence"),
        ({"productName": "Virtual Machines NCCadsv5 Srs Win"}, "windows_licence"),
        ({"meterName": "ND96isrH100v5 Low Priority"}, "low_priority"),
        ({"type": "DevTestConsumption"}, "not_for_everybody"),
        ({"productName": "Cloud Services NC Series"}, "not_a_machine"),
        ({"unitOfMeasure": "1/Month"}, "unknown_unit"),
        ({"tierMinimumUnits": 100.0}, "volume_discount"),
        (RESERVED | {"reservationTerm": "5 Years"}, "unknown_term"),
        (RESERVED | {"reservationTerm": None}, "unknown_term"),
    ],
)
def test_what_is_no_price_for_linux_keeps_its_reason(changes, reason):
    assert the(read(changes))["reason"] == reason


@pytest.mark.parametrize("price", [-1.0, 1e308])
def test_numbers_that_are_no_prices_reach_the_judge(price):
    assert the(read({"retailPrice": price}))["reason"] is None


BROKEN = {
    "empty": (b"", "not JSON"),
    "an error page": (b"<html>503</html>", "not JSON"),
    "one page alone": (json.dumps(PAGES[1]).encode(), "not a list of pages"),
    "no pages": (b"[]", "not a list of pages"),
    "an error answer": (b'[{"Error": {"Code": "BadRequest"}}]', "no list of objects"),
    "no items": (page(), "no items"),
    "cut off paging": (json.dumps(PAGES[:1]).encode(), "page 1 of 1"),
    "a page too many": (json.dumps([PAGES[1], PAGES[1]]).encode(), "page 1 of 2"),
    "cut off page": (page(ITEM, Count=1000), "1 items, said to be 1000"),
    "another region": (page(ITEM | {"armRegionName": "westus"}), "has westus, not eastus"),
    "a field missing": (page({k: v for k, v in ITEM.items() if k != "type"}), "field type"),
    "a null name": (page(ITEM | {"armSkuName": None}), "field armSkuName"),
    "a price as text": (page(ITEM | {"retailPrice": "98.32"}), "field retailPrice"),
    "a price as truth": (page(ITEM | {"retailPrice": True}), "field retailPrice"),
    "no date": (page(ITEM | {"effectiveStartDate": "soon"}), "effectiveStartDate"),
    "deep": (b"[" * 100_000, "not JSON"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_damage_is_refused_by_name(name):
    body, message = BROKEN[name]
    with pytest.raises(ParseError, match=message):
        azure_retail.parse(body, AT)


@pytest.mark.parametrize("cell", ["\x00", "=cmd|' /C calc'!A0", "x" * 1_000_000])
def test_hostile_text_survives_as_text(cell):
    assert the(read({"armSkuName": cell}))["instance_type"] == cell


# --- what is asked ---------------------------------------------------------------------------


def behind(monkeypatch: pytest.MonkeyPatch, *bodies: bytes) -> list[tuple[str, object]]:
    asked: list[tuple[str, object]] = []

    def get(url: str, *, expects: str, params: object = None) -> http.Response:
        assert expects == "json"
        asked.append((url, params))
        if len(asked) > len(bodies):
            raise http.UpstreamError("HTTP 429", url=url, status=429, retryable=True)
        return http.Response(url, 200, {"etag": "x"}, bodies[len(asked) - 1], NOON)

    monkeypatch.setattr(http, "get", get)
    monkeypatch.setattr(azure_retail, "REGIONS", ("eastus",))
    return asked


def test_a_region_is_one_part_of_all_its_pages_as_received(monkeypatch):
    bodies = [json.dumps(each, indent=3).encode() for each in PAGES]
    asked = behind(monkeypatch, *bodies)
    [part] = azure_retail.fetch(lambda _: {})
    assert part.name == "eastus"
    assert part.response.body == b"[" + bodies[0] + b",\n" + bodies[1] + b"]"
    assert azure_retail.parse(part.response.body, AT).equals(recorded())
    assert "armRegionName eq 'eastus'" in asked[0][1]["$filter"]
    assert asked[1] == (PAGES[0]["NextPageLink"], None)


def test_a_page_that_fails_fails_its_region_and_no_part_of_it_is_kept(monkeypatch):
    behind(monkeypatch, json.dumps(PAGES[0]).encode())
    [part] = azure_retail.fetch(lambda _: {})
    assert isinstance(part.response, http.UpstreamError)
    assert part.response.status == 429


@pytest.mark.parametrize(
    "link", ["https://example.org/?page=2", "https://prices.azure.com.example.org/", "ftp://x"]
)
def test_a_next_page_elsewhere_is_not_followed(monkeypatch, link):
    asked = behind(monkeypatch, page(ITEM, NextPageLink=link)[1:-1], b"{}")
    [part] = azure_retail.fetch(lambda _: {})
    assert isinstance(part.response, http.UpstreamError)
    assert len(asked) == 1


def test_pages_without_end_end(monkeypatch):
    monkeypatch.setattr(azure_retail, "MAX_PAGES", 3)
    endless = json.dumps(PAGES[0]).encode()
    asked = behind(monkeypatch, *[endless] * 9)
    [part] = azure_retail.fetch(lambda _: {})
    assert "over 3 pages" in str(part.response)
    assert len(asked) == 3


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"null", b"[" * 100_000])
def test_a_page_that_cannot_be_read_is_kept_for_parse_to_refuse(monkeypatch, body):
    behind(monkeypatch, body)
    [part] = azure_retail.fetch(lambda _: {})
    with pytest.raises(ParseError):
        azure_retail.parse(part.response.body, AT)


def reference(*names: str) -> dict[str, pl.DataFrame]:
    return {
        source.name: source.parse((REFERENCE / source.file).read_bytes(), AT)
        for source in discover()
        if source.name in names
    }


def test_every_region_is_on_the_map():
    regions = pl.DataFrame({"region": azure_retail.REGIONS}).with_columns(
        provider=pl.lit("azure"), country=pl.lit(None, pl.String)
    )
    mapped = resolve_region(regions, reference("regions")["regions"])
    assert mapped.filter(region_group="unmapped").is_empty()
    assert mapped["country"].null_count() == 0
