"""Google Cloud: list prices of accelerator machines, put together from the Billing Catalog's parts.

Grain: Google bills a machine as parts: each GPU, each core, each GiB of memory, bundled local SSD.
`gpu_component` rows are GPUs alone, the only way T4, V100, P100, P4 and K80 are sold (on a host of
one's choice); `all_in` rows are machine types, the sum of their parts in one region. B200 and TPU
chips are sold with their host in one part. Per region on demand, spot, and committed for 1 and 3
years (`reserved`).
Units: US dollars per hour and unit; local SSD per GiB-month of 730 hours. A row is per accelerator,
per chip for a TPU.
Clock: the catalog of the moment; Google changes spot prices about monthly.
Limits: 5,000 SKUs a page, some ten pages, kept together as one JSON list. The key goes in a header
(https://cloud.google.com/docs/authentication/api-keys-use), never in the address.
Terms: https://cloud.google.com/terms; the catalog is public, an API key is free.

Machine types: https://cloud.google.com/compute/docs/accelerator-optimized-machines, bundled disks:
https://cloud.google.com/compute/docs/disks/local-ssd#lssd_disks_fixed (read 2026-11-23). Checked:
12 x 0.031611 + 85 x 0.004237 + 2.933908 = 3.673385, a2-highgpu-1g in us-central1.

Traps: a part names regions where the machine is not sold, so places outside OFFERED are
`not_offered`; a new place waits there until the table is updated. A machine whose GPU, core, memory
or disk has no price is `component_missing`, never the sum of the rest. Several prices for one part:
`ambiguous_component`. Capacity bought otherwise (DWS, calendar mode, sole tenancy, workstations)
has parts of its own that are no list price and are left out. A spot B200 is tagged OnDemand: the
description decides. A GPU or TPU part in words not known here is `unit_uncertain`, since a `Pod` or
a `slice` may be eight cores.
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.guards import read_json
from pipeline.sources.prices._answers import provenance, untold
from pipeline.sources.prices._machines import RULES, gpu_counts, gpu_names
from pipeline.sources.prices._pages import all_pages
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

URL = "https://cloudbilling.googleapis.com/v1/services/6F81-5844-456A/skus"
KEY = "GOOGLE_CLOUD_API_KEY"
PAGE = 5000
MAX_PAGES = 40
HOURS_PER_MONTH = 730
SPOT_VMS = r"attached to (?:Spot )?Preemptible VMs(?: running)?"
YEARS = r"for (?P<years>[13]) years?"
FORMS = (  # the first that fits; nothing else is a list price
    ("commit", re.compile(rf"(?i)Commitment v1: (?P<what>.+?)(?: running)? in .+ {YEARS}")),
    ("spot", re.compile(r"(?i)Spot Preemptible (?P<what>.+?) running in .+")),
    ("spot", re.compile(rf"(?i)(?P<what>.+?) {SPOT_VMS}(?: in .+)?")),
    ("on_demand", re.compile(r"(?i)(?P<what>.+?) running in .+")),
    ("on_demand", re.compile(r"(?i)(?P<what>SSD backed Local Storage)(?: in .+)?")),
)
OTHERWISE = re.compile(
    r"(?i)\b(?:Reserved|DWS|Calendar Mode|Sole Tenancy|Virtual Workstation|Commit\w*)\b"
)
HOST = re.compile(r"(?i)(A2|A3|A3Plus|A3Ultra|G2|G4)(?: Instance)? (?:(Ram)|Core|Cpu)")
SSD = re.compile(r"(?i)SSD backed Local Storage|Local SSD")
UNITS = {  # resource group, unit it must be priced in -> hours of it in one
    ("GPU", "h"): 1,
    ("TPU", "h"): 1,
    ("CPU", "h"): 1,
    ("RAM", "GiBy.h"): 1,
    ("LocalSSD", "GiBy.h"): 1,
    ("LocalSSD", "GiBy.mo"): HOURS_PER_MONTH,
}
GROUPS = {group for group, _ in UNITS}
# As described, without `Nvidia`, `Tesla` and `GPU` -> as rows name it.
CARDS = {
    "a100": "A100",
    "a100 80gb": "A100-80GB",
    "h100 80gb": "H100",
    "h100 80gb plus": "H100-MEGA",
    "h100 80gb mega": "H100-MEGA",
    "h100 mega 80gb": "H100-MEGA",
    "h200 141gb": "H200",
    "a4 b200 (1 gpu slice)": "B200",
    "rtx 6000 96gb": "RTX PRO 6000",
    **{name.lower(): name for name in ("L4", "T4", "V100", "P100", "P4", "K80")},
}
GIB = {"A100": 40, "A100-80GB": 80, "H100": 80, "H100-MEGA": 80, "H200": 141, "B200": 180}
GIB |= {"RTX PRO 6000": 96, "L4": 24, "T4": 16, "V100": 16, "P100": 16, "P4": 8, "K80": 12}
# Priced per chip (https://cloud.google.com/tpu/pricing); v2 to v4 are another service, per 8 cores.
CHIPS = {name.lower(): name for name in ("TpuV5e", "TpuV5p", "TpuV6e", "TPU7x")}


class Product(NamedTuple):
    """What is rented: a chip alone, or a machine type with its chips, cores, memory and disks.

    `family` names the parts its cores and memory are billed as.
    """

    chip: str
    chips: int = 1
    machine: str | None = None
    family: str = ""
    cores: int = 0
    gib: int = 0
    ssd_gib: int = 0


# What a family's machine has beside its chips, per chip; g2 is by its cores.
# Source: the page of machine types named above.
PER_CHIP = {
    "a2-highgpu": ("a2", 12, 85, 0),
    "a2-megagpu": ("a2", 6, 85, 0),
    "a2-ultragpu": ("a2", 12, 170, 375),
    "a3-highgpu": ("a3", 26, 234, 750),
    "a3-megagpu": ("a3plus", 26, 234, 750),
    "a3-ultragpu": ("a3ultra", 28, 369, 1500),
    "a4-highgpu": ("", 0, 0, 0),
    "g4-standard": ("g4", 48, 180, 0),
}


@cache
def products() -> tuple[Product, ...]:
    """Chips sold alone, and every machine type of `machine_types.csv` with its parts."""
    alone = [Product(name) for name in (*GIB, *CHIPS.values()) if name != "B200"]
    machines: list[Product] = []
    names = gpu_names("gcp")
    for machine, chips in gpu_counts("gcp").items():
        family, _, size = machine.rpartition("-")
        if family == "g2-standard":
            machines.append(Product(names[machine], chips, machine, "g2", int(size), 4 * int(size)))
        elif family in PER_CHIP:
            billed, *parts = PER_CHIP[family]
            machines.append(
                Product(names[machine], chips, machine, billed, *(chips * each for each in parts))
            )
    return (*alone, *machines)


# Where accelerators are sold: zones of the Compute API, 2026-08, as published by Cyclenerd
# (github.com/Cyclenerd/google-cloud-pricing-cost-calculator, Apache-2.0), by beginning of the name.
MOST = "asia-northeast1 asia-southeast1 europe-west4 us-central1"
OFFERED = {
    "a2-highgpu": f"{MOST} asia-northeast3 me-west1 us-east1 us-west1 us-west3 us-west4",
    "a2-megagpu": "asia-southeast1 europe-west4 us-central1",
    "a2-ultragpu": "asia-southeast1 europe-west4 us-central1 us-east4 us-east5",
    "a3-highgpu": f"{MOST} asia-east1 asia-northeast3 asia-south1 asia-south2 us-east4 us-east5 "
    "australia-southeast1 australia-southeast2 europe-north1 europe-west1 europe-west3 "
    "europe-west9 us-west1 us-west4",
    "a3-megagpu": f"{MOST} asia-east1 australia-southeast1 europe-north1 europe-west1 us-east4 "
    "europe-west3 us-east5 us-west1 us-west4",
    "a3-ultragpu": "asia-south1 asia-south2 europe-west1 europe-west4 us-central1 us-east4 "
    "us-east5 us-south1 us-west1",
    "a4-highgpu": f"{MOST} europe-north1 europe-west1 us-east1 us-east4 us-south1 us-west2 "
    "us-west3",
    "g2-standard": f"{MOST} asia-east1 asia-northeast3 asia-south1 europe-west1 europe-west2 "
    "europe-west3 europe-west6 me-central2 northamerica-northeast1 northamerica-northeast2 "
    "us-east1 us-east4 us-west1 us-west4",
    "g4-standard": f"{MOST} asia-east1 asia-south1 asia-south2 asia-southeast2 europe-north1 "
    "europe-west1 europe-west10 europe-west2 europe-west8 me-central2 us-east1 us-east4 us-east5 "
    "us-south1 us-west1 us-west3 us-west4",
    "T4": f"{MOST} asia-east1 asia-east2 asia-northeast3 asia-south1 asia-southeast2 me-west1 "
    "australia-southeast1 europe-central2 europe-west1 europe-west2 europe-west3 us-east1 us-east4 "
    "northamerica-northeast1 southamerica-east1 us-west1 us-west2 us-west3 us-west4",
    "V100": "asia-east1 europe-west4 us-central1 us-east1 us-west1",
    "P100": "asia-east1 australia-southeast1 europe-west1 europe-west4 us-central1 us-east1 "
    "us-west1",
    "P4": "asia-southeast1 australia-southeast1 europe-west4 northamerica-northeast1 us-central1 "
    "us-east4 us-west2",
    "TpuV5e": f"{MOST} asia-east1 europe-north1 europe-west1 europe-west3 us-east1 us-east4 "
    "northamerica-northeast1 southamerica-west1 us-east5 us-south1 us-west1 us-west4",
    "TpuV5p": "europe-west1 europe-west4 us-central1 us-east1 us-east5 us-south1",
    "TpuV6e": f"{MOST} asia-east1 asia-south1 southamerica-east1 southamerica-west1 us-east1 "
    "us-east4 us-east5 us-west1",
    "TPU7x": "europe-west2 us-central1 us-east1",
}
OFFERED["g4-standard-384"] = OFFERED["g4-standard"] + " southamerica-east1"


class Market(NamedTuple):
    name: str
    term_months: int | None = None


ON_DEMAND, SPOT = Market("on_demand"), Market("spot")
MARKETS = (ON_DEMAND, SPOT, Market("reserved", 12), Market("reserved", 36))
NUMBERS: dict[str, Any] = {
    "memory_gib": pl.Float64,
    "gpu_count": pl.Int64,
    "term_months": pl.Int64,
    "price_in_currency_per_gpu_hour": pl.Float64,
}
# Part, region, market -> US dollars per hour, or why there is no such price.
Rates = dict[tuple[str, str, Market], float | str]


def fetch(held: Held) -> Iterator[Part]:
    del held  # answers have no validators
    params, headers = {"pageSize": str(PAGE)}, {"x-goog-api-key": os.environ[KEY]}
    ask = partial(all_pages, URL, params, _next, most=MAX_PAGES, joined="list", headers=headers)
    yield Part("all", http.attempt(ask))


def _next(answer: Any, _: int) -> Mapping[str, str] | None:
    token = answer["nextPageToken"]
    return {"pageToken": str(token)} if token else None


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """Rows of GPUs alone, of machine types and of TPU chips; those without a price have a reason.

    Raises:
        ParseError: not the documented answer, a page missing, a field missing or of another type or
            another currency than US dollars in most SKUs, or no part of an accelerator in it.
    """
    rates, uncertain = _rates(_skus(body, capture), capture)
    chips = {product.chip for product in products()}
    if not any(part in chips for part, _, _ in rates):
        raise ParseError(f"{capture.url}: no accelerator among the SKUs")
    return _frame([*_offers(rates), *uncertain], capture)


def _skus(body: bytes, capture: Capture) -> list[Any]:
    pages = read_json(body, capture)
    skus: list[Any] = []
    token: object = None
    for page in pages if isinstance(pages, list) else [pages]:
        found = page.get("skus") if isinstance(page, dict) else None
        if not isinstance(found, list) or not found:
            raise ParseError(f"{capture.url}: no `skus` in a page: {str(page)[:200]}")
        token = page.get("nextPageToken")
        skus += found
    if not skus or token:
        raise ParseError(f"{capture.url}: truncated: {len(skus)} SKUs and a next page")
    return skus


def _rates(skus: list[Any], capture: Capture) -> tuple[Rates, list[dict[str, object]]]:
    """Prices of parts, and rows for parts of accelerators whose unit is not known."""
    rates: Rates = {}
    uncertain: list[dict[str, object]] = []
    refused: list[ParseError] = []
    for sku in skus:
        try:
            group, said = sku["category"]["resourceGroup"], sku["description"]
            if group not in GROUPS:
                continue
            what, market = _sale(said, sku["category"]["usageType"])
            part = _part(what, group)
            if part is None or market is None:
                if group in ("GPU", "TPU") and not OTHERWISE.search(said):
                    row = _row(Product(said), "unit_uncertain", "global", market or ON_DEMAND)
                    uncertain.append({**row, "offer_id": sku["skuId"]})
                continue
            price = _price(sku["pricingInfo"], group)
            if not all(isinstance(region, str) for region in sku["serviceRegions"]):
                raise TypeError("a region that is no text")
            for region in sku["serviceRegions"]:
                known = rates.setdefault((part, region, market), price)
                if known != price:
                    rates[part, region, market] = "ambiguous_component"
        except (LookupError, TypeError, ArithmeticError, ValueError, AttributeError) as error:
            why = f"{type(error).__name__}: {error}"
            refused.append(ParseError(f"{capture.url}: {why} in {str(sku)[:300]}"))
            row = _row(Product(str(sku)[:200]), "malformed: sku", "global", ON_DEMAND)
            uncertain.append({**row, "offer_id": f"malformed/{len(refused)}"})
    if 2 * len(refused) > len(skus):
        raise refused[0]
    return rates, uncertain


def _sale(said: str, usage: str) -> tuple[str, Market | None]:
    """What is sold, and how; no market when it is no list price."""
    for form, pattern in FORMS:
        if not (match := pattern.fullmatch(said)):
            continue
        if form == "commit":
            years = int(match["years"])
            fits = usage == f"Commit{years}Yr"
            return match["what"], Market("reserved", 12 * years) if fits else None
        if OTHERWISE.search(match["what"]) or usage not in ("OnDemand", "Preemptible"):
            return match["what"], None
        return match["what"], SPOT if form == "spot" or usage == "Preemptible" else ON_DEMAND
    return said, None


def _part(what: str, group: str) -> str | None:
    if group == "GPU":
        return CARDS.get(re.sub(r"\b(?:nvidia|tesla) | gpu$", "", what.lower()))
    if group == "TPU":
        return CHIPS.get(what.lower())
    if group == "LocalSSD":
        return "ssd" if SSD.fullmatch(what) else None
    host = HOST.fullmatch(what)
    return f"{host[1].lower()} {group}" if host and bool(host[2]) == (group == "RAM") else None


def _price(offers: list[Any], group: str) -> float | str:
    """US dollars per hour of the first offer's last tier, or why there is none."""
    if not offers or not (tiers := offers[0]["pricingExpression"]["tieredRates"]):
        return "not_priced_yet"
    money = tiers[-1]["unitPrice"]
    if money["currencyCode"] != "USD":
        raise ValueError(f"priced in {money['currencyCode']}")
    hours = UNITS.get((group, offers[0]["pricingExpression"]["usageUnit"]))
    price = int(money.get("units", 0)) + int(money.get("nanos", 0)) / 1e9
    if hours is None:
        return "unit_uncertain"
    return price / hours if price else "not_priced_yet"


def _places(product: Product) -> frozenset[str]:
    """Regions the product is sold in; a chip sold in machines only is sold where they are."""
    name = product.machine or product.chip
    known = [each for each in OFFERED if name.startswith(each)]
    if known:
        return frozenset(OFFERED[max(known, key=len)].split())
    inside = (each for each in products() if each.machine and each.chip == name)
    return frozenset().union(*(_places(each) for each in inside))


def _offers(rates: Rates) -> Iterator[dict[str, object]]:
    """Each product where Google sells it, and where its chip has a price."""
    priced: dict[tuple[str, Market], set[str]] = {}
    for part, region, market in rates:
        priced.setdefault((part, market), set()).add(region)
    for product in products():
        places = _places(product)
        for market in MARKETS:
            regions = priced.get((product.chip, market), set())
            for region in sorted(regions | places if market == ON_DEMAND else regions):
                price = _sum(product, rates, region, market)
                row = _row(product, price, region, market)
                if region not in places:
                    row["reason"] = "not_offered"
                if market == SPOT and price == _sum(product, rates, region, ON_DEMAND):
                    row["flag"] = "no_discount"
                yield row


def _sum(product: Product, rates: Rates, region: str, market: Market) -> float | str:
    total = 0.0
    for part, quantity in (
        (product.chip, product.chips),
        (f"{product.family} CPU", product.cores),
        (f"{product.family} RAM", product.gib),
        ("ssd", product.ssd_gib),
    ):
        price = rates.get((part, region, market), "component_missing") if quantity else 0.0
        if isinstance(price, str):
            return price
        total += price * quantity
    return total


def _row(product: Product, price: float | str, region: str, market: Market) -> dict[str, object]:
    term = f"-{market.term_months}m" if market.term_months else ""
    alone = product.machine is None and product.chip in GIB
    return {
        "offer_id": f"{product.machine or product.chip}/{region}/{market.name}{term}",
        "accelerator_raw": product.chip,
        "memory_gib": GIB.get(product.chip),
        "instance_type": product.machine,
        "gpu_count": product.chips,
        "market": market.name,
        "spot_kind": "administered" if market == SPOT else None,
        "term_months": market.term_months,
        "basis": "gpu_component" if alone else "all_in",
        "region": region,
        "price_in_currency_per_gpu_hour": None if isinstance(price, str) else price / product.chips,
        "flag": "administered" if market == SPOT else None,
        "reason": price if isinstance(price, str) else None,
    }


def _frame(rows: list[dict[str, object]], capture: Capture) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String) | NUMBERS, orient="row")
    return frame.with_columns(
        provider_raw=pl.lit("gcp"),
        currency=pl.lit("USD"),
        **untold("country", "host_id", "available_count"),
        **provenance(SOURCE, capture, "high"),
    )


SOURCE = Source(
    name="gcp_billing",
    homepage="https://cloud.google.com/skus",
    terms="https://cloud.google.com/terms",
    licence="not established; list prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    secrets=(KEY,),
    rules=RULES,
    real_answer="2026-06-14, entries",
)
