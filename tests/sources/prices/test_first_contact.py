"""The inputs that gave wrong answers on first contact, and siblings that nobody handed us.

Each test has its own small input of the same shape; where the shared cases are at hand, they are
read too.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from pipeline import ingest
from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.identity import offers
from pipeline.sources.prices import (
    aws_price_list,
    azure_retail,
    gpuhunt_catalog,
    hyperbolic,
    lambda_cloud,
    runpod,
    skypilot_catalog,
    vast,
)
from pipeline.sources.rates import ecb_rates
from pipeline.sources.source import REFERENCE, Capture, Held, Part, Source, discover

CASES = Path(__file__).resolve().parents[4] / "shared" / "data" / "cases" / "prices"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
handed = pytest.mark.skipif(not CASES.exists(), reason="needs the shared cases")


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    at = Capture("x", "all", "x", NOON, "")
    found = {
        each.name: each.parse((REFERENCE / each.file).read_bytes(), at)
        for each in discover()
        if each.file and each.contract.name in GPU_OFFERS.reads
    }
    return found | {
        "exchange_rates": pl.DataFrame(
            [{"currency": "EUR", "observed_on": NOON.date(), "known_at": NOON,
              "usd_per_currency_unit": 1.1}]
        )
    }  # fmt: skip


def read(source: Source, part: str, body: bytes, tables, url: str = "https://example.org"):
    capture = Capture(source.name, part, url, NOON, "")
    if source.parse is not None:
        frame = source.parse(body, capture)
    else:
        frame = source.parse_stream(BytesIO(body), capture)
    return offers.prepare(frame.with_columns(source=pl.lit(source.name)), tables)


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


def usable(frame: pl.DataFrame) -> dict[tuple, tuple]:
    """(machine or card, provider, market, count) to (chip, dollars per chip)."""
    kept = frame.filter(pl.col("reason").is_null())
    return {
        (row["instance_type"] or row["accelerator_raw"], row["provider"], row["market"],
         row["gpu_count"]): (row["accelerator"], round(row["price_usd_per_gpu_hour"], 5))
        for row in kept.to_dicts()
    }  # fmt: skip


def azure(*items: dict[str, object]) -> bytes:
    common = {
        "currencyCode": "USD",
        "armRegionName": "westeurope",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "effectiveStartDate": "2026-07-01T00:00:00Z",
    }
    made = [
        common | {"skuName": each["armSkuName"], "meterName": each["armSkuName"]} | each
        for each in items
    ]
    return json.dumps([{"Items": made, "NextPageLink": None}]).encode()


# --- 1: Azure --------------------------------------------------------------------------------


@handed
def test_nc24ads_a100_v4_of_east_us(tables):
    frame = read(azure_retail.SOURCE, "eastus", case("azure_ncads_a100.json"), tables)
    kept = usable(frame)
    kind = "Standard_NC24ads_A100_v4"
    assert kept[kind, "azure", "on_demand", 1] == ("nvidia-a100-pcie-80gb", 3.673)
    assert kept[kind, "azure", "spot", 1] == ("nvidia-a100-pcie-80gb", 0.67877)
    aside = frame.filter(pl.col("reason").is_not_null())["reason"].to_list()
    assert set(aside) == {"windows_licence", "low_priority"}
    assert "not_a_machine" not in aside


def test_a_product_named_by_its_series_alone_is_a_machine_in_another_region(tables):
    body = azure(
        {"armSkuName": "Standard_NC48ads_A100_v4", "retailPrice": 9.5,
         "productName": "NCads A100 v4 Series Linux"},
        {"armSkuName": "Standard_NC48ads_A100_v4", "retailPrice": 15.0,
         "productName": "NCads A100 v4 Series Windows"},
        {"armSkuName": "Standard_NC96ads_A100_v4", "retailPrice": 15.0,
         "productName": "NCads A100 v4 Series Dedicated Host"},
        {"armSkuName": "Standard_NC4as_T4_v3", "retailPrice": 0.888,
         "productName": "Virtual Machines NCasT4 v3 Series CloudServices"},
        {"armSkuName": "Standard_NC4as_T4_v3", "retailPrice": 0.7, "productName": "Support"},
    )  # fmt: skip
    frame = read(azure_retail.SOURCE, "westeurope", body, tables)
    assert usable(frame) == {
        ("Standard_NC48ads_A100_v4", "azure", "on_demand", 2): ("nvidia-a100-pcie-80gb", 4.75)
    }
    aside = frame.filter(pl.col("reason").is_not_null())
    assert aside["reason"].value_counts().sort("reason").rows() == [
        ("not_a_machine", 3),
        ("windows_licence", 1),
    ]


@handed
def test_new_azure_sizes(tables):
    frame = read(azure_retail.SOURCE, "eastus", case("azure_new_sizes.json"), tables)
    kept = {kind: (count, *value) for (kind, _, _, count), value in usable(frame).items()}
    six = "nvidia-rtx-pro-6000-96gb"
    assert kept["Standard_NC144ds_xl_RTXPRO6000BSE_v6"] == (1, six, 6.38)
    assert kept["Standard_NC288ds_xl_RTXPRO6000BSE_v6"] == (2, six, 5.5)
    assert kept["Standard_ND96ams_A100_v4"][:2] == (8, "nvidia-a100-sxm4-80gb")
    assert kept["Standard_ND96is_noIB_H100_v5"][:2] == (8, "nvidia-h100-sxm-80gb")
    small = frame.filter(instance_type="Standard_NC36lds_xl_RTXPRO6000BSE_v6")
    assert small["reason"].to_list() == ["fractional"]
    assert len(kept) == frame.height - 1


@handed
def test_azure_zero_twice_and_cloud_services(tables):
    frame = read(azure_retail.SOURCE, "eastus", case("azure_bugs.json"), tables)
    assert list(usable(frame)) == [("Standard_NC4as_T4_v3", "azure", "on_demand", 1)]
    reasons = frame.filter(pl.col("reason").is_not_null())["reason"].value_counts().rows()
    assert dict(reasons) == {"not_priced_yet": 1, "several_prices": 2, "not_a_machine": 2}


def test_a_new_size_of_a_known_chip_is_kept_with_the_price_of_the_whole(tables):
    body = azure(
        {"armSkuName": "Standard_ND96xyz_B300_v7", "retailPrice": 142.4,
         "productName": "NDxyz B300 v7 Series"},
        {"armSkuName": "Standard_NX96_Q900_v1", "retailPrice": 9.0,
         "productName": "Virtual Machines NX Series"},
    )  # fmt: skip
    rows = {r["instance_type"]: r for r in
            read(azure_retail.SOURCE, "westeurope", body, tables).to_dicts()}  # fmt: skip
    new = rows["Standard_ND96xyz_B300_v7"]
    assert (new["reason"], new["accelerator"]) == ("unknown_count", "nvidia-b300-sxm-288gb")
    assert new["price_usd_per_instance_hour"] == 142.4
    assert (new["gpu_count"], new["price_usd_per_gpu_hour"]) == (None, None)
    assert rows["Standard_NX96_Q900_v1"]["reason"] == "unknown_accelerator"


# --- 2: RunPod -------------------------------------------------------------------------------


@handed
def test_cards_that_runpod_prices_and_does_not_offer(tables):
    frame = read(runpod.SOURCE, "all", case("runpod_cloud_flags.json"), tables)
    prices = {(card.removeprefix("NVIDIA "), who): price
              for (card, who, _, _), (_, price) in usable(frame).items()}  # fmt: skip
    assert prices == {
        ("A40", "runpod"): 0.44,
        ("GeForce RTX 5080", "runpod-community"): 0.39,
        ("L4", "runpod"): 0.39,
        ("RTX A2000", "runpod-community"): 0.12,
        ("RTX PRO 4500 Blackwell", "runpod"): 0.74,
        ("RTX PRO 6000 Blackwell Max-Q Workstation Edition", "runpod-community"): 1.64,
    }
    assert set(frame.filter(pl.col("reason").is_not_null())["reason"]) == {"not_offered"}


# --- 3: SkyPilot -----------------------------------------------------------------------------


@handed
@pytest.mark.parametrize(
    ("cloud", "provider", "currency_of"),
    [("daytona", "daytona", "B300"), ("lium", "lium", "B200"), ("yotta", "yotta-labs", "RTX5090")],
)
def test_operators_that_cost_a_capture(tables, cloud, provider, currency_of):
    frame = read(skypilot_catalog.SOURCE, cloud, case(f"sky_{cloud}.csv"), tables)
    kept = frame.filter(pl.col("reason").is_null())
    assert set(kept["provider"]) == {provider}
    assert currency_of in set(kept["accelerator_raw"])
    assert set(frame["reason"].drop_nulls()) <= {"ambiguous_form_factor", "not_priced_yet"}


CATALOG = (
    "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,SpotPrice,Region,"
    "UpstreamCloudId\n"
)


def test_an_operator_nobody_described_sets_its_rows_aside(tables):
    body = (CATALOG + "1x,H100-SXM,1,8,100,2.0,1.0,earth,\n").encode()
    frame = read(skypilot_catalog.SOURCE, "newcloud", body, tables)
    assert frame["reason"].to_list() == ["unknown_provider"] * 2


def test_an_operator_lands_once_it_is_described_and_until_then_costs_no_capture(
    store, db, tmp_path, monkeypatch
):
    """End to end, without a line of code: one line of providers.csv is all that changes."""
    files = {each.name: each for each in discover() if each.file}
    for name in GPU_OFFERS.reads:
        ingest.register(db, files.get(name, ecb_rates.SOURCE))
        if name in files:
            ingest.land(files[name], store, db)
    body = (CATALOG + "1x,H100-SXM,1,8,100,2.0,1.0,earth,\n").encode()

    def fetch(_: Held) -> Iterator[Part]:
        for hours, cloud in enumerate(("newcloud", "lium")):
            moment = NOON + timedelta(hours=hours)
            yield Part(cloud, http.Response("https://example.org/x", 200, {}, body, moment))

    source = replace(skypilot_catalog.SOURCE, fetch=fetch)
    ingest.register(db, source)
    ingest.capture(source, store, {})
    landed = ingest.land(source, store, db)
    assert [(each.part, each.outcome, each.rows, each.quarantined) for each in landed] == [
        ("newcloud", "landed", 0, 2),
        ("lium", "landed", 2, 0),
    ]
    aside = "select distinct reason, row_raw ->> 'provider_raw' from staging.quarantine"
    assert db.execute(aside).fetchall() == [("unknown_provider", "newcloud")]

    here = tmp_path / "reference"
    here.mkdir()
    for each in REFERENCE.iterdir():
        (here / each.name).symlink_to(each)
    text = (REFERENCE / "providers.csv").read_text(encoding="utf-8")
    (here / "providers.csv").unlink()
    new = "newcloud,Newcloud,neocloud,,,,https://example.org/,2026-11-20,2026-11-20T00:00:00Z"
    (here / "providers.csv").write_text(f"{text}{new},2026-11-20,low\n", encoding="utf-8")
    monkeypatch.setattr(ingest, "REFERENCE", here)
    for each in (files["providers"], source):
        ingest.land(each, store, db)
    prices = "select provider, market from staging.gpu_offers order by all"
    assert db.execute(prices).fetchall() == [
        (provider, market) for provider in ("lium", "newcloud") for market in ("on_demand", "spot")
    ]
    assert db.execute(aside).fetchall() == []


@pytest.mark.parametrize(
    ("cloud", "kind", "name", "upstream", "sku"),
    [
        ("primeintellect", "dc_roan__8xH100", "H100", "h100-sxm5-80gb_eth", "h100-sxm-80gb"),
        ("primeintellect", "nebius__1x", "H100", "gpu-h100-sxm_1gpu-16vcpu", "h100-sxm-80gb"),
        ("primeintellect", "lambda__8x", "A100-80GB", "gpu_8x_a100_80gb_sxm4", "a100-sxm4-80gb"),
        ("primeintellect", "oblivus__1x", "A100-80GB", "A100_PCIE_80GB", "a100-pcie-80gb"),
        ("primeintellect", "datacrunch__1x", "H100", "1H100.80S.30V", "h100-sxm-80gb"),
        ("cudo", "epyc-genoa-a100-pcie_1x2v4gb", "A100-80GB", "", "a100-pcie-80gb"),
        ("cudo", "intel-ice-lake-a800-pci_1x2v4gb", "A800", "", "a800-pcie-80gb"),
        ("shadeform", "crusoe_A100-80G-sxm4x8", "A100-80GB", "", "a100-sxm4-80gb"),
        ("shadeform", "lambdalabs_H100-sxm5x2", "H100", "", "h100-sxm-80gb"),
        ("mithril", "h100-80gb.sxm.8x", "H100", "", "h100-sxm-80gb"),
        ("vast", "1x-H100_NVL-32-65536", "H100", "", "h100-nvl-94gb"),
        # NVLink joins PCIe cards as well, and a name that says the form keeps it.
        ("primeintellect", "hyperstack__8x", "H100", "n3-H100x8-NVLink", None),
        ("spheron", "gpu_1x_a100_SXM4_us", "A100_80G_PCIE", "", "a100-pcie-80gb"),
    ],
)
def test_the_form_of_a_card_is_read_where_it_stands(tables, cloud, kind, name, upstream, sku):
    body = (CATALOG + f"{kind},{name},1,8,100,2.0,1.0,earth,{upstream}\n").encode()
    frame = read(skypilot_catalog.SOURCE, cloud, body, tables)
    [chip] = frame.filter(market="spot")["accelerator"].to_list()
    assert chip == (sku and f"nvidia-{sku}")


def test_mithrils_prices_are_bid_floors_and_no_offers(tables):
    body = (CATALOG + "h100-80gb.sxm.8x,H100,8,168,1814,8.0,8.0,us-central2-a,\n").encode()
    rows = read(skypilot_catalog.SOURCE, "mithril", body, tables).to_dicts()
    assert {r["market"]: (r["reason"], r["flag"], r["spot_kind"]) for r in rows} == {
        "on_demand": ("bid_floor", None, None),
        "spot": (None, "bid_floor", "bid_floor"),
    }


# --- 4: gpuhunt ------------------------------------------------------------------------------

HUNTED = "https://dstack-gpu-pricing.s3.eu-west-1.amazonaws.com/v3/runpod/20261120-7/catalog.zip"


@handed
def test_a_cluster_is_set_apart_from_the_ordinary_machine(tables):
    body = case("gpuhunt_runpod_cluster.zip")
    frame = read(gpuhunt_catalog.SOURCE, "runpod", body, tables, HUNTED)
    seen = {(row["accelerator_raw"], row["flag"]): round(row["price_usd_per_gpu_hour"], 4)
            for row in frame.filter(pl.col("reason").is_null()).to_dicts()}  # fmt: skip
    assert seen["NVIDIA H100 80GB HBM3", None] == 2.99
    assert seen["NVIDIA H100 80GB HBM3", "cluster"] == 3.19
    assert seen["NVIDIA B200", None] == 5.99
    assert frame["offer_id"].is_unique().all()


@handed
def test_totals_of_eight_are_divided_by_eight(tables):
    frame = read(gpuhunt_catalog.SOURCE, "runpod", case("gpuhunt_runpod_multi.zip"), tables, HUNTED)
    h100 = frame.filter(accelerator_raw="NVIDIA H100 80GB HBM3", market="on_demand")
    assert h100["price_usd_per_gpu_hour"].to_list() == [2.99, 2.99]


# --- 5 to 7 ----------------------------------------------------------------------------------


@handed
def test_aws_g7_is_known(tables):
    kept = usable(read(aws_price_list.SOURCE, "us-east-1", case("aws_g7.csv"), tables))
    g7 = {kind: (count, *value) for (kind, _, _, count), value in kept.items()}
    assert g7["g7.2xlarge"] == (1, "nvidia-rtx-pro-4500-32gb", 1.9)
    assert g7["g7.48xlarge"] == (8, "nvidia-rtx-pro-4500-32gb", round(16.3 / 8, 5))
    assert g7["p6-b300.48xlarge"][:2] == (8, "nvidia-b300-sxm-288gb")


@handed
def test_vast_offers_of_b300_are_read_and_asked_for(tables):
    frame = read(vast.SOURCE, "blackwell", case("vast_b300.json"), tables)
    b300 = frame.filter(accelerator="nvidia-b300-sxm-288gb", market="on_demand")
    assert b300["price_usd_per_gpu_hour"].round(4).to_list() == [7.5010, 7.5005]
    assert "B300" in {name for names in vast.GROUPS.values() for name in names}


@handed
def test_hyperbolics_public_list(tables):
    kept = usable(read(hyperbolic.SOURCE, "all", case("hyperbolic_castle.json"), tables))
    [((_, provider, market, count), value)] = kept.items()
    assert (provider, market, count) == ("hyperbolic", "on_demand", 8)
    assert value == ("nvidia-h100-sxm-80gb", 2.49)


@handed
def test_a_lambda_type_without_its_count(tables):
    kept = usable(read(lambda_cloud.SOURCE, "all", case("lambda_no_gpus.json"), tables))
    assert kept == {("gpu_1x_a100_sxm4", "lambda", "on_demand", 1): ("nvidia-a100-sxm4-40gb", 1.1)}
