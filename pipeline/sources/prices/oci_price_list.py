"""Oracle Cloud: the public price list, as far as it prices GPUs.

Grain: one part number. Oracle charges the same in every commercial region, so the region is
`global`; the machine type is the smallest one that the part number prices.
Units: US dollars per GPU-hour (metric "GPU Per Hour"), host included. Parts priced per node or per
day are no GPU prices and are left out.
Clock: the list of the moment; `lastUpdated` is of the whole list and dates no row.
Limits: one page, no key; without `currencyCode` the answer holds every currency.
Terms: https://www.oracle.com/legal/terms/

Field names: as four public clients read them, one with a recorded answer of 2026-08-22 (29 parts
per GPU-hour, of these 18 rentals). Part numbers: accelerators and machine types as Oracle's Cost
Estimator pairs them (shapes.json as recorded 2026-09-18 in gpuhunt's tests) and other clients read.

Traps:

- The number is per GPU already; the machine costs it times its GPUs.
- Names without a chip: "GPU Standard - V2" is V100, "GPU - E3" is A100 40 GB, "X7" is P100; public
  tables that read V2 as P100 and E3 as V100 contradict the Cost Estimator. "GPU - E4" and "H100T"
  have no public machine type: they go to quarantine.
- Licences of NVIDIA AI Enterprise and machines in the customer's building (Cloud@Customer) have
  the same metric; a known part number under a new name is no longer trusted.
- Preemptible capacity is half the price by rule and not in the list: no row is derived from it. A
  part that the list itself calls preemptible would be administered spot.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.guards import read_json
from pipeline.sources.prices._answers import objects, provenance, read_each, untold
from pipeline.sources.prices._machines import RULES, gpu_counts
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

URL = "https://apexapps.oracle.com/pls/apex/cetools/api/v1/products/"
METRIC = "GPU Per Hour"
KEYS = ("partNumber", "displayName", "serviceCategory")
RENTALS = ("Compute - GPU", "Compute - GPU - Other")


class Shape(NamedTuple):
    """What a part number rents: a word its name must hold, the machine type."""

    token: str
    name: str


# GPUs of each are counted in `machine_types.csv`.
# Source: shapes.json of Oracle's Cost Estimator, and the part numbers on
# https://www.oracle.com/cloud/compute/pricing/ as public clients transcribe them.
SHAPES = {
    "B88517": Shape("X7", "BM.GPU2.2"),
    "B88518": Shape("X7", "VM.GPU2.1"),
    "B89734": Shape("V2", "VM.GPU3.1"),
    "B92740": Shape("E3", "BM.GPU4.8"),
    "B95907": Shape("A100", "BM.GPU.A100-v2.8"),
    "B95909": Shape("A10", "VM.GPU.A10.1"),
    "B98415": Shape("H100", "BM.GPU.H100.8"),
    "B109479": Shape("L40S", "BM.GPU.L40S.4"),
    "B109485": Shape("MI300X", "BM.GPU.MI300X.8"),
    "B110519": Shape("H200", "BM.GPU.H200.8"),
    "B110978": Shape("B200", "BM.GPU.B200.8"),
    "B110979": Shape("GB200", "BM.GPU.GB200.4"),
    "B111758": Shape("MI355X", "BM.GPU.MI355X.8"),
    "B112140": Shape("GB300", "BM.GPU.GB300.4"),
    "B112237": Shape("B300", "BM.GPU.B300.8"),
    "B112613": Shape("6000", "BM.GPU.RTXPRO.8"),
}
FIELDS: dict[str, type[pl.DataType]] = {
    "part": pl.String,
    "name": pl.String,
    "category": pl.String,
    "price": pl.Float64,
    "unreadable": pl.Boolean,
    "shape": pl.String,
    "token": pl.String,
    "gpu_count": pl.Int64,
    "odd": pl.String,
}


def fetch(held: Held) -> Iterator[Part]:
    ask = partial(
        http.get, URL, params={"currencyCode": "USD"}, validators=held("all"), expects="json"
    )
    yield Part("all", http.attempt(ask))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per part that is priced per GPU-hour; what is not a rental has a reason.

    Raises:
        ParseError: not the documented answer, no part priced per GPU-hour, or most of them in
            another currency or with several prices where one is documented.
    """
    parts = read_each(_items(body, capture), lambda item: [_part(item, capture)], _odd)
    if not parts:
        raise ParseError(f"{capture.url}: no part with the metric {METRIC!r}")
    return _rows(pl.DataFrame(parts, schema=FIELDS, orient="row"), capture)


def _items(body: bytes, capture: Capture) -> list[dict[str, object]]:
    items = objects(read_json(body, capture), "items", capture)
    return [each for each in items if each.get("metricName") == METRIC]


def _part(item: dict[str, object], capture: Capture) -> tuple[object, ...]:
    part, name, category = (item.get(key) for key in KEYS)
    if not (isinstance(part, str) and isinstance(name, str) and isinstance(category, str)):
        raise ParseError(f"{capture.url}: a part without number, name or category: {item}"[:300])
    price = _price(item.get("currencyCodeLocalizations"), part, capture)
    known = SHAPES.get(part, Shape("", ""))
    is_number = isinstance(price, int | float) and not isinstance(price, bool)
    too_large = isinstance(price, int) and abs(price) >= 2**1023
    number = price if is_number and not too_large else None
    unreadable = price is not None and number is None
    shape = known.name or None
    count = gpu_counts("oci").get(known.name, 1)
    return part, name, category, number, unreadable, shape, known.token, count, None


def _odd(item: dict[str, object]) -> tuple[object, ...]:
    return (*[str(item.get(key)) for key in KEYS], None, False, None, "", 1, "malformed: part")


def _price(localizations: object, part: str, capture: Capture) -> object:
    """The pay-as-you-go value in US dollars, None when the part has no price."""
    where = f"{capture.url}: part {part}"
    if localizations is None or localizations == []:
        return None
    if not isinstance(localizations, list) or len(localizations) != 1:
        raise ParseError(f"{where}: prices in {localizations!r}"[:300])
    local = localizations[0]
    if not isinstance(local, dict) or local.get("currencyCode") != "USD":
        raise ParseError(f"{where}: not in US dollars: {local!r}"[:300])
    prices = local.get("prices")
    if not isinstance(prices, list) or not all(isinstance(each, dict) for each in prices):
        raise ParseError(f"{where}: no list of prices: {local!r}"[:300])
    values = [each.get("value") for each in prices if each.get("model") == "PAY_AS_YOU_GO"]
    if len(values) > 1:
        raise ParseError(f"{where}: {len(values)} pay-as-you-go prices: {values}"[:300])
    return values[0] if values else None


def _rows(parts: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    name = pl.col("name")
    words = pl.format(" {} ", name.str.replace_all(r"[^A-Za-z0-9]+", " "))
    named = words.str.contains(pl.format(" {} ", "token"), literal=True)
    spot = name.str.contains(r"(?i)preemptible|\bspot\b")
    on_premises = pl.col("category").str.contains(r"(?i)@customer") | name.str.contains(
        r"(?i)@customer"
    )
    reason = pl.coalesce(
        "odd",
        pl.when(name.str.contains("(?i)AI Enterprise")).then(pl.lit("software_licence")),
        pl.when(on_premises).then(pl.lit("not_public_cloud")),
        pl.when(~pl.col("category").is_in(RENTALS)).then(pl.lit("unknown_category")),
        pl.when(pl.col("shape").is_not_null() & ~named).then(pl.lit("name_changed")),
        pl.when("unreadable").then(pl.lit("unparseable_price")),
        pl.when(pl.col("price").is_null() | (pl.col("price") == 0)).then(pl.lit("not_priced_yet")),
    )
    return parts.select(
        offer_id="part",
        provider_raw=pl.lit("oci"),
        accelerator_raw=name,
        instance_type="shape",
        gpu_count="gpu_count",
        market=pl.when(spot).then(pl.lit("spot")).otherwise(pl.lit("on_demand")),
        spot_kind=pl.when(spot).then(pl.lit("administered")),
        basis=pl.lit("all_in"),
        region=pl.lit("global"),
        price_in_currency_per_gpu_hour="price",
        currency=pl.lit("USD"),
        flag=pl.when(spot).then(pl.lit("administered")),
        reason=reason,
        **untold("memory_gib", "term_months", "country", "host_id", "available_count"),
        **provenance(SOURCE, capture, "high"),
    )


SOURCE = Source(
    name="oci_price_list",
    homepage="https://www.oracle.com/cloud/price-list/",
    terms="https://www.oracle.com/legal/terms/",
    licence="not established; prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    rules=RULES,
    real_answer="2026-08-22, entries",
)
