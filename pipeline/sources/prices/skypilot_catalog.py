"""SkyPilot catalog v8: list and spot prices of about two dozen clouds, one CSV file per cloud.

Grain: one line per cloud, machine type (or accelerator alone) and zone; `Price` and `SpotPrice`
make two rows. Lines that differ in their zone only become one row.
Units: US dollars per hour for the whole machine, euro for seeweb; a row is per accelerator, per
chip for a TPU slice.
Clock: workflows in the catalog's repository ask each cloud's API every 3 to 7 hours and commit what
changed (`.github/workflows/update-*-catalog.yml`, read 2026-11-23). A file no workflow refreshes is
edited by hand; its prices are of unknown age and flagged `stale`. No line is dated: today's file is
observed when it is read, one of the past (the backfill) when it was committed.
Limits: raw files on GitHub, 2-4 MB for aws, gcp and runpod; ETag honoured. No key; the past, see
`_skypilot_history.py`, goes faster with `GITHUB_TOKEN`.
Terms: the catalog repository has no licence file; single prices are facts, files are not copied.

Traps, each seen in files of 2024 to 2026:

- GCP prices the host (`a2-highgpu-1g`, no accelerator) and the GPU (`A100`, no machine type) on
  separate lines. The two add up to Google's price of the machine type: 0.73948 + 2.93391 = 3.67339
  for a2-highgpu-1g in us-central1, and likewise in all 801 pairs of A100, H100 or L4 machine type
  and zone compared with the Billing Catalog history (Cyclenerd) of 2024-04 and 2024-11; types whose
  bundle includes local SSD since 2024-05 (a2-ultragpu, a3) are 0.6-0.8 % short. So the GPU line is
  `gpu_component`, A100 and H100 included, and the sum is the `all_in` row of the machine type. TPU
  lines include the host; B200 does too: Google has no separate A4 host price (fetch_gcp.py).
- A tpu-v6e slice without a price carries 700.0, whatever its size (TPU_V6E_MAX_PRICE): placeholder.
  tpu-v3 pods in us-east1 are constants in fetch_gcp.py: curated.
- `yotta` is Yotta Labs; the one of that name elsewhere is Yotta Data Services (Shakti Cloud).
- `AcceleratorName` leaves the form of a card out where `UpstreamCloudId` or the machine type says
  it (h100-sxm5-80gb_eth, epyc-genoa-a100-pcie_1x2v4gb, A100-80G-sxm4x8): the two together are the
  name.
- Azure counts ND96isr_H100_v5 as 12 accelerators and leaves MI300X and GB200 types without a name.
  An A10 or MI25 share (NV6ads_A10_v5) is listed as one whole accelerator: fractional.
- GpuInfo states memory per accelerator, except per machine at vast, primeintellect and newer AWS
  types (g6, g6e), and in GiB under the name MiB at shadeform and older runpod files.
- vast lists the median of a machine type as the price of every machine below it: pooled. mithril
  writes the auction's minimum price into both columns: a bid floor, no on-demand price.
- SpotPrice is a market at AWS only; elsewhere it is a list discount (`administered`).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from io import BytesIO

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.identity.identity import tpu_chips
from pipeline.sources.prices import _skypilot_history as history
from pipeline.sources.prices._machines import RULES, listed
from pipeline.sources.source import Backfill, Capture, Held, ParseError, Part, Source

CATALOG = "https://raw.githubusercontent.com/skypilot-org/skypilot-catalog/master/catalogs/v8"
# Clouds with an update workflow that has committed to v8 (versions of v8/<cloud>/vms.csv in the
# repository's history, up to 2026-11: aws 902, verda 830, runpod 440, shadeform 1313, gcp 210 ...).
REFRESHED = (
    "aws",
    "cudo",
    "daytona",
    "gcp",
    "jarvislabs",
    "lambda",
    "lium",
    "mithril",
    "nebius",
    "oci",
    "runpod",
    "seeweb",
    "shadeform",
    "vast",
    "verda",
)
# No workflow (azure, do, hyperstack, ibm, paperspace, primeintellect, scp, spheron, yotta), or one
# whose commits never reached v8 (fluidstack, hyperbolic).
BY_HAND = (
    "azure",
    "do",
    "fluidstack",
    "hyperbolic",
    "hyperstack",
    "ibm",
    "paperspace",
    "primeintellect",
    "scp",
    "spheron",
    "yotta",
)
FROM_PRIMARY_API = ("aws", "gcp")
REQUIRED = ("InstanceType", "AcceleratorName", "AcceleratorCount", "Price", "SpotPrice", "Region")
OPTIONAL = ("AvailabilityZone", "GpuInfo", "Provider", "UpstreamCloudId")
# What this catalog calls an operator that others know by another name.
OPERATORS = {"yotta": "yotta-labs"}
# A card's form in a machine type: a word of its own, or SXM behind the memory as at Verda (80S.).
FORM = r"(?i)(?:^|[^a-z])(sxm|pcie?|nvl)\d?(?:x\d+)?(?:[^a-z\d]|$)"
FORM_IN_NAME = r"(?i)sxm|pci|nvl"
VERDA_SXM = r"(?i)^\d+[ABH]\d+\.\d+S\."
FORMS = {"sxm": "SXM", "pci": "PCIe", "pcie": "PCIe", "nvl": "NVL"}
# Cards that are sold in several forms; the others need none.
SEVERAL_FORMS = r"(?i)^(A100|A800|H100|H200|V100)\b"

# The Italian operator's API quotes euro and fetch_seeweb.py copies its number.
CURRENCY = {"seeweb": "EUR"}
SPOT_KIND = {"aws": "market", "mithril": "bid_floor", "vast": "bid_floor"}
# Regions of these clouds are ISO 3166-1 country codes.
COUNTRY_REGIONS = ("lium", "primeintellect", "runpod")
# Machine types that rent accelerators even where AcceleratorName is empty. GCP is absent: its
# machine types without a name are hosts, priced without their accelerators.
ACCELERATOR_TYPES = {"aws": r"^(p\d|g\d|gr\d|trn|inf|dl\d)", "azure": r"^Standard_N", "gcp": r"^$"}
ANY_ACCELERATOR_TYPE = r"(?i)gpu"
MEMORY_OF_MACHINE = ("primeintellect", "vast")
# Aggregators name the seller first: massedcompute_A6000x8, dc_roan__8xH100_80GB__104__1024.
SELLER = {"primeintellect": r"^(.+?)__", "shadeform": r"^([^_]+)_"}
TPU_V6E_PLACEHOLDER = 700.0
PAST = re.compile(r"([a-z0-9]+)-(\d{8}t\d{6}z)")


def fetch(held: Held) -> Iterator[Part]:
    for cloud in sorted(REFRESHED + BY_HAND):
        url = f"{CATALOG}/{cloud}/vms.csv"
        ask = partial(http.get, url, validators=held(cloud), expects="csv")
        yield Part(cloud, http.attempt(ask))


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """Two rows per accelerator line, on_demand and spot; one where a market has no price.

    Lines without an accelerator are no offers and are left out. A line that gives neither price
    keeps its on_demand row, with the reason `not_priced_yet`.

    Raises:
        ParseError: not the documented CSV, or no accelerator in it.
    """
    cloud, committed_at = _split(capture.part)
    try:
        offers = _offers(_lines(body, cloud), cloud)
        if offers.is_empty():
            raise ParseError(f"{capture.url}: no accelerator lines")
        # A version of the past is the work of a workflow, whoever keeps the file today.
        offers = offers.with_columns(stale=pl.lit(committed_at is None and cloud not in REFRESHED))
        return _rows(offers, cloud, capture)
    except pl.exceptions.PolarsError as error:
        raise ParseError(f"{capture.url}: {error}") from error


def _split(part: str) -> tuple[str, datetime | None]:
    """Cloud, and the moment of the commit for a version of the past."""
    if (found := PAST.fullmatch(part)) is None:
        return part, None
    return found[1], datetime.strptime(found[2].upper(), history.STAMP).replace(tzinfo=UTC)


def _lines(body: bytes, cloud: str) -> pl.DataFrame:
    """The file's lines with numbers as numbers; an unreadable price stands in `*_unreadable`."""
    raw = pl.read_csv(BytesIO(body), infer_schema=False)
    if missing := [name for name in REQUIRED if name not in raw.columns]:
        raise ParseError(f"{cloud}: columns missing: {', '.join(missing)}")
    # polars fills a short line with nulls, so a download that broke off would read as unpriced.
    tail = re.sub(rb'"[^"]*"', b"", body.rstrip().rpartition(b"\n")[2])
    if raw.height and tail.count(b",") + 1 != raw.width:
        raise ParseError(f"{cloud}: last line has {tail.count(b',') + 1} of {raw.width} fields")
    absent = [pl.lit(None, pl.String).alias(n) for n in OPTIONAL if n not in raw.columns]
    raw = raw.with_columns(absent).select(*REQUIRED, *OPTIONAL)
    return raw.select(
        instance_type=_text("InstanceType"),
        name=_text("AcceleratorName"),
        count=_number("AcceleratorCount"),
        price=_number("Price"),
        price_unreadable=_text("Price").is_not_null() & _number("Price").is_null(),
        spot=_number("SpotPrice"),
        spot_unreadable=_text("SpotPrice").is_not_null() & _number("SpotPrice").is_null(),
        region=_text("Region").fill_null("global"),
        zone=_text("AvailabilityZone"),
        mib=pl.col("GpuInfo").str.extract(r"SizeInMiB\W+(\d{1,9})\b").cast(pl.Float64),
        seller=_text("Provider"),
        upstream=_text("UpstreamCloudId"),
    )


def _text(name: str) -> pl.Expr:
    value = pl.col(name).str.strip_chars()
    return pl.when(value != "").then(value)


def _number(name: str) -> pl.Expr:
    return _text(name).cast(pl.Float64, strict=False)


def _offers(lines: pl.DataFrame, cloud: str) -> pl.DataFrame:
    """Lines that rent accelerators, with the count of accelerators and the basis of the price."""
    unnamed = pl.col("name").is_null() & pl.col("instance_type").str.contains(
        ACCELERATOR_TYPES.get(cloud, ANY_ACCELERATOR_TYPE)
    )
    offers = lines.filter(pl.col("name").is_not_null() | unnamed.fill_null(False))
    offers = offers.with_columns(basis=_basis(cloud))
    if cloud == "gcp":
        offers = pl.concat([offers, _gcp_machines(lines)], how="diagonal")
    declared = pl.col("count")
    fractional = (declared > 0) & declared.is_finite() & (declared != declared.floor())
    known = pl.lit(None, pl.Float64)
    if cloud == "azure":  # declared counts are wrong or absent for some types
        kind = pl.col("instance_type")
        known = listed("azure", kind, "gpu_count").cast(pl.Float64)
        fractional |= (listed("azure", kind, "reason") == "fractional").fill_null(False)
    is_slice = pl.col("name").str.starts_with("tpu-").fill_null(False)
    chips = tpu_chips(pl.col("name")).cast(pl.Float64)
    count = pl.coalesce(known, pl.when(is_slice).then(chips).otherwise(declared))
    counts = count.is_finite() & (count >= 1)
    return offers.with_columns(
        line_reason=pl.when(fractional.fill_null(False))
        .then(pl.lit("fractional"))
        .when(~counts.fill_null(False))
        .then(pl.lit("unknown_count")),
        gpu_count=pl.when(counts).then(count.floor()).otherwise(1.0),
        memory_gib=_memory_gib(cloud, count),
    )


def _basis(cloud: str) -> pl.Expr:
    if cloud != "gcp":
        return pl.lit("all_in")
    whole = pl.col("name").str.starts_with("tpu-") | (pl.col("name") == "B200")
    component = pl.col("instance_type").is_null() & ~whole
    return pl.when(component).then(pl.lit("gpu_component")).otherwise(pl.lit("all_in"))


def _gcp_machines(lines: pl.DataFrame) -> pl.DataFrame:
    """Machine types as sold: host line plus the line of its accelerators in the same zone."""
    kind = pl.col("instance_type")
    hosts = lines.filter(pl.col("name").is_null()).with_columns(
        name=listed("gcp", kind, "accelerator_raw"),
        count=listed("gcp", kind, "gpu_count").cast(pl.Float64),
        basis=pl.lit("all_in"),
    )
    chips = (
        lines.filter(kind.is_null())
        .select("name", "count", "zone", "mib", chip_price="price", chip_spot="spot")
        .unique(["name", "count", "zone"], keep="first", maintain_order=True)
    )
    both = hosts.drop("mib").join(
        chips, on=["name", "count", "zone"], how="inner", maintain_order="left"
    )

    def total(host: str, chip: str) -> pl.Expr:
        priced = (pl.col(host) > 0) & (pl.col(chip) > 0)
        return pl.when(priced).then(pl.col(host) + pl.col(chip)).alias(host)

    return both.with_columns(total("price", "chip_price"), total("spot", "chip_spot")).drop(
        "chip_price", "chip_spot"
    )


def _memory_gib(cloud: str, count: pl.Expr) -> pl.Expr:
    """Memory of one accelerator as far as GpuInfo states it; see the traps above."""
    stated = pl.when(pl.col("mib") > 0).then("mib")
    mib = pl.when(stated <= 1024).then(stated * 1024).otherwise(stated)
    if cloud in MEMORY_OF_MACHINE:
        mib = mib / count
    elif cloud == "aws":
        smallest = mib.min().over("name")
        is_total = (count > 1) & ((mib / (smallest * count) - 1).abs() < 0.02)
        mib = pl.when(is_total).then(smallest).otherwise(mib)
    return mib / 1024


def _rows(offers: pl.DataFrame, cloud: str, capture: Capture) -> pl.DataFrame:
    markets = pl.concat([_market(offers, cloud, "on_demand"), _market(offers, cloud, "spot")])
    named = pl.col("instance_type").str.extract(SELLER[cloud]) if cloud in SELLER else None
    confidence = "high" if cloud in FROM_PRIMARY_API else "medium" if cloud in REFRESHED else "low"
    country = pl.when(pl.col("region").str.contains(r"^[A-Z]{2}$")).then("region")
    _, committed_at = _split(capture.part)
    seen_at = pl.lit(committed_at or capture.captured_at, pl.Datetime("us", "UTC"))
    rows = markets.select(
        "instance_type",
        "market",
        "basis",
        "region",
        "zone",
        "memory_gib",
        "flag",
        "reason",
        observed_at=seen_at,
        provider_raw=pl.lit(OPERATORS.get(cloud, cloud)),
        accelerator_raw=_full_name(),
        gpu_count=pl.col("gpu_count").cast(pl.Int64),
        spot_kind=pl.when(pl.col("market") == "spot").then(
            pl.lit(SPOT_KIND.get(cloud, "administered"))
        ),
        term_months=pl.lit(None, pl.Int64),
        country=country if cloud in COUNTRY_REGIONS else pl.lit(None, pl.String),
        host_id=pl.lit(None, pl.String),
        operator_id=pl.col("seller") if named is None else named,
        host_count=pl.lit(None, pl.Int64),
        offer_count=pl.lit(None, pl.Int64),
        available_count=pl.lit(None, pl.Int64),
        price_in_currency_per_gpu_hour=pl.col("amount") / pl.col("gpu_count"),
        currency=pl.lit(CURRENCY.get(cloud, "USD")),
        refresh_days=pl.lit(SOURCE.refresh_days, pl.Int64),
        known_at=seen_at,
        captured_at=pl.lit(capture.captured_at, pl.Datetime("us", "UTC")),
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit(confidence),
    )
    but_zone = [name for name in rows.columns if name != "zone"]
    rows = rows.sort("zone").unique(but_zone, keep="first", maintain_order=True)
    machine = pl.coalesce("instance_type", "accelerator_raw")
    offer = pl.format(
        "{}/{} x{}/{}/{}/{}",
        "provider_raw",
        machine,
        "gpu_count",
        "region",
        pl.col("zone").fill_null("-"),
        "market",
    )
    # Marketplaces list one type and region several times at several prices.
    rows = rows.with_columns(offer_id=offer).sort("offer_id", "price_in_currency_per_gpu_hour")
    repeat = pl.int_range(pl.len()).over("offer_id") + 1
    suffix = pl.when(repeat > 1).then(pl.format("#{}", repeat)).otherwise(pl.lit(""))
    return rows.with_columns(offer_id=pl.concat_str("offer_id", suffix)).drop("zone")


def _full_name() -> pl.Expr:
    """The name, with the form of the card where only the machine type says it."""
    name, kind = pl.col("name").fill_null(""), pl.col("instance_type")
    told = [each.str.extract(FORM).str.to_lowercase() for each in (pl.col("upstream"), kind)]
    verda = [
        pl.when(each.str.contains(VERDA_SXM)).then(pl.lit("sxm"))
        for each in (pl.col("upstream"), kind)
    ]
    form = pl.coalesce(*told, *verda).replace_strict(FORMS, default=None)
    unsaid = name.str.contains(SEVERAL_FORMS) & ~name.str.contains(FORM_IN_NAME)
    return pl.when(unsaid & form.is_not_null()).then(pl.format("{} {}", name, form)).otherwise(name)


def _market(offers: pl.DataFrame, cloud: str, market: str) -> pl.DataFrame:
    column = "price" if market == "on_demand" else "spot"
    amount, unreadable = pl.col(column), pl.col(f"{column}_unreadable")
    offered = amount.is_not_null() | unreadable
    if market == "on_demand":
        # A null beside a spot price is a machine sold on spot only; two nulls are listed early.
        offered |= pl.col("spot").is_null() & ~pl.col("spot_unreadable")
    bid_only = cloud == "mithril" and market == "on_demand"
    v6e_placeholder = pl.col("name").str.starts_with("tpu-v6e-") & (amount == TPU_V6E_PLACEHOLDER)
    reason = pl.coalesce(
        "line_reason",
        pl.when(unreadable).then(pl.lit("unparseable_price")),
        pl.when(amount.is_null() | (amount == 0)).then(pl.lit("not_priced_yet")),
        pl.when(v6e_placeholder).then(pl.lit("placeholder")),
        pl.when(pl.lit(bid_only)).then(pl.lit("bid_floor")),
    )
    flag = pl.coalesce(*_flags(cloud, market), pl.lit(None, pl.String))
    return offers.filter(offered).with_columns(
        market=pl.lit(market), amount=amount, reason=reason, flag=flag
    )


def _flags(cloud: str, market: str) -> list[pl.Expr]:
    """Why rows stay out of levels, the most telling first."""
    flags: list[pl.Expr] = []
    if cloud == "vast":
        flags.append(pl.lit("pooled"))
    if market == "spot":
        if cloud == "mithril":
            flags.append(pl.lit("bid_floor"))
        flags.append(pl.when(pl.col("spot") == pl.col("price")).then(pl.lit("no_discount")))
    if cloud == "gcp":
        constant = pl.col("name").str.contains(r"^tpu-v3-\d{2,}$") & (
            pl.col("region") == "us-east1"
        )
        flags.append(pl.when(constant).then(pl.lit("curated")))
    flags.append(pl.when("stale").then(pl.lit("stale")))
    if market == "spot" and cloud not in SPOT_KIND:
        flags.append(pl.lit("administered"))
    return flags


SOURCE = Source(
    name="skypilot_catalog",
    homepage="https://github.com/skypilot-org/skypilot-catalog",
    terms="no licence file in the repository; single prices are cited as facts",
    licence="not established; single facts cited",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    rules=RULES,
    real_answer="2024-11-03, whole; 2026-11, lines",
    backfill=Backfill("month", history.SINCE, history.fetch_month),
)
