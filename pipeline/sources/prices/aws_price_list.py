"""AWS price list: what every EC2 machine type costs, one offer file per region, and its history.

Grain: one line per SKU, term and price dimension; a row is one machine type with accelerators,
Linux, shared tenancy, on demand or reserved for one or three years (standard class).
Units: US dollars per hour for the whole machine; a row is per accelerator, counted by AWS's own
`GPU` column, else by `machine_types.csv`. The list names no accelerator: `accelerator_raw` is the
family, and the machine type decides. `GPU Memory` is the machine's or the accelerator's, so it is
not read.
Clock: the current file is true when it is read. Of the past the index holds about one version a
month. Such a file is true from its own `Publication Date`, which is also when the public could know
it: the index gives its versions the first of the month as begin (20250912225308 "begins" on
2025-09-01), and what changed in that file nobody knew on that day.
Limits: no key, no documented rate limit; 200-400 MB a region as JSON, so files are streamed to disk
and read in pieces. An unchanged file (ETag) is not captured again: a list stands for
`refresh_days`. A month of history is a file of that size for each region.
Terms: https://aws.amazon.com/terms/

Columns: docs.aws.amazon.com/awsaccountbilling, "Reading the service price list file" (five lines
about the file, then the header), and two EC2 headers in public code, of 2017-03 and 2025-09. The
older one has no CapacityStatus, MarketOption and Region Code: there was one value of each.
Not confirmed here: how far back files per region exist. Versions are known from 2016-12 on; a file
that is not there is a recorded refusal.

Traps: a Capacity Block is a line like any other, at 0.00 (`MarketOption`): it is sold by the block,
not by a term. `UnusedCapacityReservation` repeats the price of the machine. A reservation paid
upfront has two lines, fee and hour; it is spread over the term and flagged `upfront`, so that only
No Upfront, which is rent, enters a level. Prices differ per purchase option, never pooled.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import BinaryIO

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.prices._answers import mostly
from pipeline.sources.prices._machines import RULES, listed
from pipeline.sources.source import Backfill, Capture, Held, ParseError, Part, Source

HOST = "https://pricing.us-east-1.amazonaws.com"
OFFER = f"{HOST}/offers/v1.0/aws/AmazonEC2"
STEP = 8 * 2**20
LONGEST_LINE = 2**20
HOURS_A_YEAR = 8760
# Regions with an accelerator price in a public record, and since when history is asked of them:
# those where g2, the oldest of these machines, has a price from the beginning, the others from
# their first record in gpu_price_history.csv on.
G2, RECORDED, LATER = date(2017, 1, 1), date(2022, 12, 1), date(2023, 7, 1)
REGIONS = {
    "af-south-1": RECORDED,
    "ap-east-1": RECORDED,
    "ap-northeast-1": G2,
    "ap-northeast-2": G2,
    "ap-northeast-3": RECORDED,
    "ap-south-1": RECORDED,
    "ap-southeast-1": G2,
    "ap-southeast-2": G2,
    "ap-southeast-3": LATER,
    "ca-central-1": RECORDED,
    "eu-central-1": G2,
    "eu-north-1": RECORDED,
    "eu-south-1": RECORDED,
    "eu-west-1": G2,
    "eu-west-2": RECORDED,
    "eu-west-3": RECORDED,
    "me-central-1": LATER,
    "me-south-1": RECORDED,
    "us-east-1": G2,
    "us-east-2": RECORDED,
    "us-west-1": G2,
    "us-west-2": G2,
}
# A region's file is 200-400 MB: a run reads one region of each part of the world, and SkyPilot's
# catalog the others. The backfill reads all of REGIONS.
LIVE_REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "ap-northeast-1")
# Families with accelerators, future ones included: the alias table decides which chip it is.
ACCELERATED = r"^(p\d|g\d|gr\d|inf\d|trn\d|dl\d|u-p\d)[a-z0-9-]*\.[a-z0-9-]+$"
REQUIRED = {
    "SKU": "sku",
    "OfferTermCode": "offer_term",
    "TermType": "term_type",
    "Unit": "unit",
    "PricePerUnit": "price",
    "Currency": "currency",
    "LeaseContractLength": "lease",
    "PurchaseOption": "option",
    "OfferingClass": "class",
    "Location Type": "place",
    "Instance Type": "instance_type",
    "Tenancy": "tenancy",
    "Operating System": "system",
    "Pre Installed S/W": "software",
    "GPU": "gpus",
}
OPTIONAL = {"CapacityStatus": "capacity", "MarketOption": "sold_as", "Region Code": "region"}
PREAMBLE = ("FormatVersion", "Disclaimer", "Publication Date", "Version", "OfferCode")


def fetch(held: Held) -> Iterator[Part]:
    for region in LIVE_REGIONS:
        yield from _changed(region, f"{OFFER}/current/{region}/index.csv", held)


def fetch_month(month: date, held: Held) -> Iterator[Part]:
    """Every version in force during the month, for the regions that sold accelerators by then."""
    index = http.get(f"{OFFER}/index.json", expects="json")
    for version in _in_force(json.loads(index.body), month):
        for region, since in REGIONS.items():
            if since <= month:
                url = f"{OFFER}/{version}/{region}/index.csv"
                yield from _changed(f"{region}.{version}", url, held)


def _changed(part: str, url: str, held: Held) -> Iterator[Part]:
    answer = http.attempt(partial(http.download, url, validators=held(part), expects="csv"))
    if isinstance(answer, http.UpstreamError) or answer.status != 304:
        yield Part(part, answer)


def _in_force(index: object, month: date) -> list[str]:
    """Versions in force on a day of the month, oldest first.

    Some entries last a second or end before they begin (2017-01-31T23:59:59Z to 2017-02-01): they
    were never in force.

    Raises:
        ParseError: not the documented index, or no version for the month.
    """
    first = datetime(month.year, month.month, 1, tzinfo=UTC)
    after = (first + timedelta(days=32)).replace(day=1)
    versions = index.get("versions") if isinstance(index, dict) else None
    if not isinstance(versions, dict) or not versions:
        raise ParseError(f"{OFFER}/index.json: no `versions`")
    found: list[str] = []
    try:
        for name, each in versions.items():
            begin = datetime.fromisoformat(each["versionEffectiveBeginDate"])
            said = each["versionEffectiveEndDate"]
            end = datetime.fromisoformat(said) if said else datetime.max.replace(tzinfo=UTC)
            if begin < after and end > first and end - begin > timedelta(seconds=1):
                if not str(name).isdigit():
                    raise ParseError(f"{OFFER}/index.json: version {name!r}")
                found.append(name)
    except (KeyError, TypeError, ValueError) as error:
        raise ParseError(f"{OFFER}/index.json: {error!r}") from error
    if not found:
        raise ParseError(f"{OFFER}/index.json: no version in force in {month:%Y-%m}")
    return sorted(found)


def parse_stream(stream: BinaryIO, capture: Capture) -> pl.DataFrame:
    """One row per machine type with accelerators, term and way of paying.

    Raises:
        ParseError: not an EC2 offer file, a column missing, a line cut off, another region's
            file, or no accelerators in it.
    """
    try:
        published, header = _head(stream, capture)
        lines = pl.concat(_accelerated(stream, header, capture))
        if lines.is_empty():
            raise ParseError(f"{capture.url}: no accelerators")
        return _rows(_rates(lines, capture), published, capture)
    except (pl.exceptions.PolarsError, UnicodeDecodeError, csv.Error) as error:
        raise ParseError(f"{capture.url}: {error}") from error


def _head(stream: BinaryIO, capture: Capture) -> tuple[datetime, bytes]:
    """When the file was published, and its header line."""
    said = [stream.readline(LONGEST_LINE) for _ in PREAMBLE]
    cells = list(csv.reader(line.decode("utf-8-sig") for line in said))
    names = tuple(cell[0] if cell else "" for cell in cells)
    if names != PREAMBLE or any(len(cell) != 2 for cell in cells):
        raise ParseError(f"{capture.url}: not a price list: begins with {said[0][:200]!r}")
    about = dict(cells)
    if about["OfferCode"] != "AmazonEC2" or not about["FormatVersion"].startswith("v1"):
        raise ParseError(f"{capture.url}: {about['OfferCode']} {about['FormatVersion']}")
    try:
        published = datetime.fromisoformat(about["Publication Date"]).astimezone(UTC)
    except ValueError as error:
        raise ParseError(f"{capture.url}: Publication Date: {error}") from error
    header = stream.readline(LONGEST_LINE)
    [columns] = list(csv.reader([header.decode()])) or [[]]
    if missing := [name for name in REQUIRED if name not in columns]:
        raise ParseError(f"{capture.url}: columns missing: {', '.join(missing)}")
    return published, header


def _accelerated(stream: BinaryIO, header: bytes, capture: Capture) -> Iterator[pl.DataFrame]:
    """The lines that may become rows, piece by piece."""
    [columns] = csv.reader([header.decode()])
    names = REQUIRED | {name: to for name, to in OPTIONAL.items() if name in columns}
    rest = b""
    while piece := stream.read(STEP):
        whole, newline, rest = (rest + piece).rpartition(b"\n")
        if newline:
            yield _chosen(header + whole, names)
        elif len(rest) > LONGEST_LINE:
            raise ParseError(f"{capture.url}: a line of over {LONGEST_LINE} bytes")
    # polars fills a short line with nulls; a file that breaks off ends in one.
    for cells in csv.reader([rest.decode()]) if rest.strip() else []:
        if len(cells) != len(columns):
            raise ParseError(f"{capture.url}: last line has {len(cells)} of {len(columns)} fields")
    yield _chosen(header + rest, names)


def _chosen(text: bytes, names: Mapping[str, str]) -> pl.DataFrame:
    # All columns are read: asked for a few, polars does not mind a line that has too many fields.
    lines = pl.read_csv(text, infer_schema=False).select(list(names)).rename(dict(names))
    absent = [pl.lit(None, pl.String).alias(n) for n in OPTIONAL.values() if n not in lines.columns]
    return (
        lines.with_columns(absent)
        .filter(
            pl.col("instance_type").str.contains(ACCELERATED),
            pl.col("system") == "Linux",
            pl.col("tenancy") == "Shared",
            pl.col("software") == "NA",
            pl.col("place") == "AWS Region",
            pl.col("capacity").is_null() | pl.col("capacity").is_in(["", "Used"]),
            (pl.col("term_type") == "OnDemand")
            | ((pl.col("term_type") == "Reserved") & (pl.col("class") == "standard")),
        )
        .select(pl.col(*REQUIRED.values(), *OPTIONAL.values()).replace("", None))
    )


def _rates(lines: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    """One row per SKU and term: the hour and the fee put together, and why a rate is refused."""
    region = capture.part.partition(".")[0]
    elsewhere = (pl.col("region") != region).fill_null(False)
    if not mostly(lines.select(~elsewhere).to_series().to_list()):
        raise ParseError(f"{capture.url}: has {lines.filter(elsewhere)['region'][0]}, not {region}")
    whole = pl.all_horizontal(pl.col("sku", "unit", "currency").is_not_null())
    if not mostly(lines.select(whole).to_series().to_list()):
        raise ParseError(f"{capture.url}: lines without SKU, unit or currency")
    lines = lines.with_columns(
        odd=pl.coalesce(
            _why(~whole, "malformed: SKU, Unit or Currency"), _why(elsewhere, "another_region")
        )
    )
    hours, fees = pl.col("unit") == "Hrs", pl.col("unit") == "Quantity"
    amount = pl.col("price").cast(pl.Float64, strict=False)
    key = ("sku", "offer_term", "term_type", "instance_type", "currency", "lease", "option")
    rates = lines.group_by(*key, "sold_as", "gpus", maintain_order=True).agg(
        odd=pl.col("odd").drop_nulls().first(),
        hour=amount.filter(hours).first(),
        hour_count=hours.sum(),
        fee=amount.filter(fees).first(),
        fee_count=fees.sum(),
        other_count=(~hours & ~fees).sum(),
        unreadable=(pl.col("price").is_not_null() & amount.is_null()).any(),
    )
    return rates.with_columns(
        region=pl.lit(region),
        years=pl.col("lease").str.extract(r"^([13]) ?yr$").cast(pl.Int64),
        reserved=pl.col("term_type") == "Reserved",
        gpu_count=_gpu_count(),
        no_count=listed("aws", pl.col("instance_type"), "reason"),
    )


def _gpu_count() -> pl.Expr:
    declared = pl.col("gpus").cast(pl.Float64, strict=False)
    known = listed("aws", pl.col("instance_type"), "gpu_count").cast(pl.Float64)
    return pl.when(declared > 0).then(declared).otherwise(known)


def _rows(rates: pl.DataFrame, published: datetime, capture: Capture) -> pl.DataFrame:
    is_history = "." in capture.part
    paid_by_hour = ~pl.col("reserved") | (pl.col("option") == "No Upfront")
    spread = pl.col("fee") / (HOURS_A_YEAR * pl.col("years"))
    whole = (pl.col("gpu_count") >= 1) & (pl.col("gpu_count") == pl.col("gpu_count").floor())
    rates = rates.with_columns(
        amount=pl.when(paid_by_hour).then("hour").otherwise(pl.col("hour") + spread),
        cell=pl.struct("instance_type", "reserved", "years", "option"),
    ).with_columns(
        reason=pl.coalesce(
            "odd",
            _why(pl.col("sold_as").fill_null("OnDemand") == "CapacityBlock", "capacity_block"),
            _why(pl.col("sold_as").fill_null("OnDemand") != "OnDemand", "unknown_market_option"),
            _why(pl.col("unreadable"), "unparseable_price"),
            _why(pl.col("other_count") > 0, "unknown_unit"),
            _why(pl.col("reserved") & pl.col("years").is_null(), "unknown_term"),
            _why((pl.col("hour_count") > 1) | (pl.col("fee_count") > 1), "several_prices"),
            _why(~paid_by_hour & ((pl.col("hour_count") == 0) | (pl.col("fee_count") == 0)),
                 "upfront_not_stated"),
            _why(pl.col("amount").is_null() | (pl.col("amount") == 0), "not_priced_yet"),
            "no_count",
            _why(pl.col("gpu_count").is_null(), "unknown_count"),
            _why(~whole, "fractional"),
        )
    )  # fmt: skip
    # The same machine, term and way of paying under two SKUs: at one price it is one offer.
    usable = rates.filter(pl.col("reason").is_null()).unique(
        ["cell", "amount"], keep="first", maintain_order=True
    )
    usable = usable.with_columns(reason=_why(pl.len().over("cell") > 1, "several_prices"))
    rates = pl.concat([usable, rates.drop_nulls("reason")])
    moment = published if is_history else capture.captured_at
    count = pl.when(whole).then("gpu_count").otherwise(1.0)
    return rates.select(
        offer_id=pl.format("{}/{}/{}.{}", "region", "instance_type", "sku", "offer_term"),
        observed_at=pl.lit(moment, pl.Datetime("us", "UTC")),
        provider_raw=pl.lit("aws"),
        accelerator_raw=pl.col("instance_type").str.extract(r"^([^.]+)"),
        memory_gib=pl.lit(None, pl.Float64),
        instance_type="instance_type",
        gpu_count=count.cast(pl.Int64),
        market=pl.when("reserved").then(pl.lit("reserved")).otherwise(pl.lit("on_demand")),
        spot_kind=pl.lit(None, pl.String),
        term_months=pl.when("reserved").then(12 * pl.col("years")),
        basis=pl.lit("all_in"),
        region="region",
        country=pl.lit(None, pl.String),
        host_id=pl.lit(None, pl.String),
        host_count=pl.lit(None, pl.Int64),
        offer_count=pl.lit(None, pl.Int64),
        available_count=pl.lit(None, pl.Int64),
        price_in_currency_per_gpu_hour=pl.col("amount") / count,
        currency="currency",
        refresh_days=pl.lit(31 if is_history else SOURCE.refresh_days, pl.Int64),
        flag=_why(~paid_by_hour, "upfront"),
        reason="reason",
        known_at=pl.lit(moment, pl.Datetime("us", "UTC")),
        captured_at=pl.lit(capture.captured_at, pl.Datetime("us", "UTC")),
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
    )


def _why(broken: pl.Expr, reason: str) -> pl.Expr:
    return pl.when(broken).then(pl.lit(reason))


SOURCE = Source(
    name="aws_price_list",
    homepage="https://aws.amazon.com/ec2/pricing/",
    terms="https://aws.amazon.com/terms/",
    licence="not established; prices are facts shown to everybody",
    contract=GPU_OFFERS,
    parse_stream=parse_stream,
    fetch=fetch,
    refresh_days=7,
    rules=RULES,
    real_answer="2026-09-12, lines",
    backfill=Backfill(every="month", since=G2, fetch=fetch_month),
)
