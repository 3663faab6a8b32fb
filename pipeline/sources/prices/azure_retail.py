"""Azure Retail Prices: what each machine type with accelerators costs, one region at a time.

Grain: one item per meter; a row is one machine type, region and market, or term of a reservation.
Units: US dollars per hour for the whole machine, but a reservation is the total of its term under
the unit "1 Hour": divided by 8,760 or 26,280 hours. The API gives no accelerator count and names no
accelerator: `machine_types.csv` counts, the machine type names. A row is per accelerator.
Clock: prices of the moment. `effectiveStartDate` says since when a meter has its price.
Limits: no key; 1,000 items a page, `NextPageLink`; 429 when asked too fast. Pages of one region
fit together, `$skip` over the whole list does not.
Terms: https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices

What is kept is a JSON array of the pages as received, in their order. Fields as in that page of
documentation and in answers quoted in public code, 2020 to 2026, and in recorded answers of
2026-09.
Not confirmed here: the filter
`startswith` on `armSkuName`, which public clients use. Rates of savings plans are not read.

Traps: a product of GPU machines is "Virtual Machines NDsr H100 v5 Series" or only "NCads A100 v4
Series Linux"; "Cloud Services" and "Dedicated Host" rent something else under the same machine
types. Windows and Linux share meter and SKU names, and `productName` tells them apart, by "Windows"
or by "Win". Low Priority is a Batch rate, not Spot. Two meters of one machine may be in the answer
at once (Spot of NC40ads_H100_v5 in spaincentral: 2.7975 and 2.2376): the primary and newest one in
force holds, and where two such differ neither does. A price that goes back and forth between
captures, such as NC24ads_A100_v4 in eastus between 3.673 and 4.777, five times on 2026-05-01, is
reported as it was: one capture cannot tell which is meant. Spot is a published discount:
administered, and often none at all (H200 84.80 beside 84.80).
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.guards import read_json
from pipeline.sources.prices._answers import (
    mostly,
    objects,
    provenance,
    typed,
    untold,
)
from pipeline.sources.prices._machines import RULES, listed
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

URL = "https://prices.azure.com/api/retail/prices"
VERSION = "2023-01-01-preview"
MAX_PAGES = 50
# Regions with an N-series price in a public record of 2026-04 or 05 (gpu_price_history.csv); those
# of governments, of carriers' edges and southcentralus2 are left out.
REGIONS = (
    *("australiacentral", "australiacentral2", "australiaeast", "australiasoutheast"),
    *("brazilsouth", "canadacentral", "canadaeast", "centralindia", "centralus", "chilecentral"),
    *("eastasia", "eastus", "eastus2", "francecentral", "germanynorth", "germanywestcentral"),
    *("indonesiacentral", "israelcentral", "italynorth", "japaneast", "japanwest"),
    *("jioindiacentral", "jioindiawest", "koreacentral", "koreasouth", "malaysiawest"),
    *("mexicocentral", "northcentralus", "northeurope", "norwayeast", "norwaywest"),
    *("polandcentral", "qatarcentral", "southafricanorth", "southafricawest", "southcentralus"),
    *("southeastasia", "southindia", "spaincentral", "swedencentral", "switzerlandnorth"),
    *("switzerlandwest", "uaecentral", "uaenorth", "uksouth", "ukwest", "westcentralus"),
    *("westeurope", "westus", "westus2", "westus3"),
)
# What a product is called that rents a machine, and what rents something else under its name.
MACHINES = r"(?i)^Virtual Machines\b|\bSeries\b"
NO_MACHINES = r"(?i)cloud ?services|dedicated ?host"
TERM_YEARS = {"1 Year": 1, "3 Years": 3}
HOURS_A_YEAR = 8760
TEXT = (
    *("currencyCode", "armRegionName", "effectiveStartDate", "meterName", "productName"),
    *("skuName", "unitOfMeasure", "type", "armSkuName"),
)
FIELDS: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(TEXT, pl.String),
    "retailPrice": pl.Float64,
    "tierMinimumUnits": pl.Float64,
    "isPrimaryMeterRegion": pl.Boolean,
    "reservationTerm": pl.String,
}
NULLABLE = FIELDS.keys() - TEXT
# What an item that lacks the field means.
ABSENT = {"tierMinimumUnits": 0.0, "isPrimaryMeterRegion": True, "reservationTerm": None}


def fetch(held: Held) -> Iterator[Part]:
    del held  # answers have no validators
    for region in REGIONS:
        yield Part(region, http.attempt(partial(_pages, region)))


def _pages(region: str) -> http.Response:
    """All pages of one region as one JSON array; a page that cannot be read is the last."""
    wanted = (
        f"serviceName eq 'Virtual Machines' and armRegionName eq '{region}' "
        "and startswith(armSkuName, 'Standard_N')"
    )
    first = answer = http.get(
        URL, params={"api-version": VERSION, "$filter": wanted}, expects="json"
    )
    pages = [first.body]
    while link := _next(answer.body):
        if not link.startswith(("https://prices.azure.com/", "https://prices.azure.com:443/")):
            raise http.UpstreamError("a next page elsewhere", url=link, status=answer.status)
        if len(pages) >= MAX_PAGES:
            raise http.UpstreamError(f"over {MAX_PAGES} pages", url=link, status=answer.status)
        answer = http.get(link, expects="json")
        pages.append(answer.body)
    body = b"[" + b",\n".join(pages) + b"]"
    return replace(first, body=body, headers={}, fetched_at=answer.fetched_at)


def _next(body: bytes) -> str:
    try:
        page = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    link = page.get("NextPageLink") if isinstance(page, dict) else None
    return link if isinstance(link, str) else ""


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per meter of a machine type with accelerators.

    Raises:
        ParseError: not the documented pages, pages missing, a field missing or of another type,
            another region's items, or none.
    """
    items = _items(body, capture)
    here = items["armRegionName"].eq_missing(pl.Series([capture.part]))
    if not mostly(here.to_list()):
        raise ParseError(f"{capture.url}: has {items['armRegionName'][0]}, not {capture.part}")
    kind = pl.col("armSkuName").str.strip_prefix("Standard_").str.strip_suffix("_Promo")
    names = pl.concat_str("skuName", "meterName", separator=" ")
    years = pl.col("reservationTerm").replace_strict(
        TERM_YEARS, default=None, return_dtype=pl.Int64
    )
    items = items.with_columns(
        kind=kind,
        market=pl.when(pl.col("type") == "Reservation")
        .then(pl.lit("reserved"))
        .when(names.str.contains(r"(?i)\bspot\b"))
        .then(pl.lit("spot"))
        .otherwise(pl.lit("on_demand")),
        years=years,
        low=names.str.contains(r"(?i)low priority"),
        windows=pl.concat_str("productName", "skuName", separator=" ").str.contains(
            r"(?i)\bwin(dows)?\b"
        ),
        since=pl.col("effectiveStartDate").str.to_datetime(
            "%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC", strict=False
        ),
        count=listed("azure", pl.col("armSkuName"), "gpu_count"),
        no_count=listed("azure", pl.col("armSkuName"), "reason"),
    )
    if not mostly(items["since"].is_not_null().to_list()):
        raise ParseError(f"{capture.url}: effectiveStartDate is no date")
    items = _in_force(items.with_columns(reason=_refused(capture)))
    return _rows(items, capture)


def _items(body: bytes, capture: Capture) -> pl.DataFrame:
    pages = read_json(body, capture)
    if not isinstance(pages, list) or not pages:
        raise ParseError(f"{capture.url}: not a list of pages")
    items: list[dict[str, object]] = []
    for number, page in enumerate(pages, 1):
        found = objects(page, "Items", capture)
        if bool(page.get("NextPageLink")) == (number == len(pages)):
            raise ParseError(f"{capture.url}: page {number} of {len(pages)} is not where it ends")
        if page.get("Count", len(found)) != len(found):
            raise ParseError(f"{capture.url}: {len(found)} items, said to be {page['Count']}")
        items += [ABSENT | each for each in found]
    if not items:
        raise ParseError(f"{capture.url}: no items; never read as no supply")
    return typed(items, FIELDS, capture, may_be_null=NULLABLE).unique(maintain_order=True)


def _refused(capture: Capture) -> pl.Expr:
    """Why an item is no price, by itself."""
    reserved, unit = pl.col("market") == "reserved", pl.col("unitOfMeasure")
    # A reservation says "1 Hour" in most answers, its term in others; either way it is the total.
    hourly = (unit == "1 Hour") | (reserved & (unit == pl.col("reservationTerm")))
    product = pl.col("productName")
    return pl.coalesce(
        "malformed",
        _why(pl.col("since").is_null(), "malformed: effectiveStartDate"),
        _why(pl.col("armRegionName") != capture.part, "another_region"),
        _why(pl.col("windows"), "windows_licence"),
        _why(~pl.col("type").is_in(["Consumption", "Reservation"]), "not_for_everybody"),
        _why(pl.col("low"), "low_priority"),
        _why(product.str.contains(NO_MACHINES) | ~product.str.contains(MACHINES), "not_a_machine"),
        _why(pl.col("no_count") == "not_an_accelerator", "not_an_accelerator"),
        _why(~hourly.fill_null(False), "unknown_unit"),
        _why(reserved & pl.col("years").is_null(), "unknown_term"),
        _why(pl.col("tierMinimumUnits") > 0, "volume_discount"),
        _why(pl.col("since") > capture.captured_at, "not_yet_in_force"),
        _why(pl.col("retailPrice").is_null() | (pl.col("retailPrice") == 0), "not_priced_yet"),
        pl.col("no_count"),
        _why(pl.col("count").is_null(), "unknown_count"),
    )


def _in_force(items: pl.DataFrame) -> pl.DataFrame:
    """Of several meters for one machine, market and term: the primary one that began last."""
    usable, refused = items.filter(pl.col("reason").is_null()), items.drop_nulls("reason")
    cell = ("armSkuName", "market", "years")
    primary = pl.col("isPrimaryMeterRegion").fill_null(True)
    usable = usable.with_columns(
        reason=_why(primary.any().over(cell) & ~primary, "secondary_meter")
    )
    running = pl.col("reason").is_null()
    newest = pl.when(running).then("since").max().over(cell)
    superseded = _why(running & (pl.col("since") < newest), "superseded")
    usable = usable.with_columns(reason=pl.coalesce("reason", superseded))
    late, current = usable.drop_nulls("reason"), usable.filter(pl.col("reason").is_null())
    current = current.unique([*cell, "retailPrice"], keep="first", maintain_order=True)
    current = current.with_columns(reason=_why(pl.len().over(cell) > 1, "several_prices"))
    return pl.concat([current, late, refused])


def _rows(items: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    spot, reserved = pl.col("market") == "spot", pl.col("market") == "reserved"
    listed = (
        pl.when((pl.col("market") == "on_demand") & pl.col("reason").is_null())
        .then("retailPrice")
        .max()
        .over("armSkuName")
    )
    hourly = (
        pl.when(reserved)
        .then(pl.col("retailPrice") / (HOURS_A_YEAR * pl.col("years")))
        .otherwise("retailPrice")
    )
    count = pl.col("count").fill_null(1).cast(pl.Int64)
    return items.select(
        offer_id=pl.format(
            "{}/{}/{}/{}",
            "armRegionName",
            "armSkuName",
            "market",
            pl.coalesce("reservationTerm", pl.lit("-")),
        ),
        provider_raw=pl.lit("azure"),
        accelerator_raw="kind",
        instance_type="armSkuName",
        gpu_count=count,
        market="market",
        spot_kind=_why(spot, "administered"),
        term_months=pl.when(reserved).then(12 * pl.col("years")),
        basis=pl.lit("all_in"),
        region="armRegionName",
        price_in_currency_per_gpu_hour=hourly / count,
        currency="currencyCode",
        flag=pl.coalesce(
            _why(spot & (pl.col("retailPrice") >= listed), "no_discount"),
            _why(spot, "administered"),
        ),
        reason="reason",
        **untold("memory_gib", "country", "host_id", "available_count"),
        **provenance(SOURCE, capture, "high"),
    )


def _why(broken: pl.Expr, reason: str) -> pl.Expr:
    return pl.when(broken).then(pl.lit(reason))


SOURCE = Source(
    name="azure_retail",
    homepage="https://azure.microsoft.com/pricing/",
    terms="https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices",
    licence="not established; prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    rules=RULES,
    real_answer="2026-09-16, entries",
)
