"""Eric Pauley's AWS Spot Price History: every change of an EC2 spot price since 2022-05-31.

Grain upstream: one line per change: zone id, instance type, product, US dollars per hour of the
whole machine, moment; tab-separated, no header, Zstandard. Here: one row per machine type with
accelerators, zone and UTC day, at the price in force when the day ends, per accelerator.
Clock: AWS shows a change to every account at once, so a price is known when it holds; the archive
is published on the 1st of the next month. `describe-spot-price-history` reaches back 90 days only.
Files (record 23082767, version 2026-09, as audited in github.com/jwilliamross/compute-curve; names
and lines as in the collector, github.com/ericpauley/aws-spot-price-history; read 2026-11-23):
`2022.tsv.zst` and `2023.tsv.zst` (110 and 511 MB, default regions only to 2023-01), then one a
month, 81 to 267 MB; 2026-03 to 2026-06 are missing. So a month of 2022 or 2023 brings its whole
year, once.
Limits: Zenodo's robots.txt bars its API but for files and asks for 10 seconds between requests. The
concept DOI leads to the newest version's page, which is expected to link its files; that page was
not seen, so one without such links is an error.
Terms: CC BY 4.0.

Traps. A price holds until the next change, but no further than its month: each month begins with
the prices in force at its first midnight, so a pool that is not among them is no longer offered.
Zones are ids (`use1-az5`), the same place for every account. RHEL, SUSE and Windows add a licence.
Spot at the on-demand price is AWS's cap, which a file of spot prices cannot show: left to the mart.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import BinaryIO

import polars as pl
import pyarrow as pa
from pyarrow import csv

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.sources.prices._answers import mostly
from pipeline.sources.prices._machines import RULES, listed
from pipeline.sources.source import Backfill, Capture, Held, ParseError, Part, Source

ARCHIVE = "https://doi.org/10.5281/zenodo.14198917"
ZENODO = "https://zenodo.org"
FILE = re.compile(rb"/records/(\d+)/files/(\d{4}(?:-\d{2})?)\.tsv\.zst")
SINCE = date(2022, 5, 1)
MAX_BYTES = 2**30
PERIOD = re.compile(r"(\d{4})(?:-(\d{2}))?")
FIELDS = ("zone_id", "instance_type", "product", "price", "changed_at")
PRODUCT = "Linux/UNIX"
ZONE = r"^([a-z]+\d)-(?:[a-z0-9]+-)*[a-z]+\d+$"
# First part of a zone's id to its region; a local zone (use1-bos1-az1) belongs to its region.
# Source: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
REGIONS = {
    "afs1": "af-south-1",
    "ape1": "ap-east-1",
    "ape2": "ap-east-2",
    "apne1": "ap-northeast-1",
    "apne2": "ap-northeast-2",
    "apne3": "ap-northeast-3",
    "aps1": "ap-south-1",
    "aps2": "ap-south-2",
    "apse1": "ap-southeast-1",
    "apse2": "ap-southeast-2",
    "apse3": "ap-southeast-3",
    "apse4": "ap-southeast-4",
    "apse5": "ap-southeast-5",
    "apse6": "ap-southeast-6",
    "apse7": "ap-southeast-7",
    "cac1": "ca-central-1",
    "caw1": "ca-west-1",
    "euc1": "eu-central-1",
    "euc2": "eu-central-2",
    "eun1": "eu-north-1",
    "eus1": "eu-south-1",
    "eus2": "eu-south-2",
    "euw1": "eu-west-1",
    "euw2": "eu-west-2",
    "euw3": "eu-west-3",
    "ilc1": "il-central-1",
    "mec1": "me-central-1",
    "mes1": "me-south-1",
    "mxc1": "mx-central-1",
    "sae1": "sa-east-1",
    "use1": "us-east-1",
    "use2": "us-east-2",
    "usw1": "us-west-1",
    "usw2": "us-west-2",
}
# Families with accelerators; FPGA (f1, f2) and video (vt1) machines are none.
FAMILY = r"^(?:p\d|g\d|gr\d|trn\d|inf\d|dl\d)[a-z0-9-]*\."
POOL = ("zone_id", "instance_type")


def fetch(held: Held) -> Iterator[Part]:
    """The newest file; nothing is asked once that of last month is held."""
    last_month = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    if held(f"{last_month:%Y-%m}"):
        return
    files = _files()
    yield from _missing(max(files), files, held)


def fetch_month(month: date, held: Held) -> Iterator[Part]:
    """The file a month lies in, unless it is held.

    Raises:
        UpstreamError: no listing of the archive, or no such file in it.
    """
    if held(f"{month:%Y-%m}") or held(f"{month:%Y}"):
        return
    files = _files()
    for period in (f"{month:%Y-%m}", f"{month:%Y}"):
        if period in files:
            yield from _missing(period, files, held)
            return
    raise http.UpstreamError(f"no file of {month:%Y-%m}", url=ARCHIVE, status=200)


def parse_stream(stream: BinaryIO, capture: Capture) -> pl.DataFrame:
    """One row per pool (machine type and zone) and day, at the price in force when the day ends.

    Raises:
        ParseError: not the documented Zstandard file, lines outside its period, or no Linux price
            of a machine with accelerators in it.
    """
    try:
        closing, odd = _closing_prices(stream, capture)
        if closing.is_empty():
            raise ParseError(f"{capture.url}: no {PRODUCT} price of accelerators")
        read_on = pl.lit(capture.captured_at.date())
        odd = odd.with_columns(day=read_on, is_odd=pl.lit(True))
        lines = _in_force(closing).with_columns(is_odd=pl.lit(False))
        return _rows(pl.concat([lines, odd]), capture)
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, UnicodeError) as error:
        raise ParseError(f"{capture.url}: {str(error)[:300]}") from error


def _files() -> dict[str, str]:
    """Period (`2023` or `2024-05`) to address, from the newest version's page."""
    page = http.get(ARCHIVE, max_bytes=8 * 2**20)
    found = [(record.decode(), period.decode()) for record, period in FILE.findall(page.body)]
    if len({record for record, _ in found}) != 1:
        raise http.UpstreamError(
            "no page that links one version's files", url=ARCHIVE, status=page.status
        )
    return {period: f"{ZENODO}/records/{record}/files/{period}.tsv.zst" for record, period in found}


def _missing(period: str, files: Mapping[str, str], held: Held) -> Iterator[Part]:
    if not held(period):
        ask = partial(http.download, files[period], max_bytes=MAX_BYTES, total_seconds=3600.0)
        yield Part(period, http.attempt(ask))


class _Lent:
    """A stream that Arrow may read but not close: its owner reads on to the end."""

    def __init__(self, stream: BinaryIO) -> None:
        self.read, self.closed = stream.read, False

    def close(self) -> None:
        self.closed = True


def _closing_prices(stream: BinaryIO, capture: Capture) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The last change of each pool and day, and lines of another period or without a moment.

    A file has 13 million lines a month; few are kept.
    """
    period = PERIOD.fullmatch(capture.part)
    if period is None:
        raise ParseError(f"{capture.url}: part {capture.part} is neither a year nor a month")
    text = pa.CompressedInputStream(pa.PythonFile(_Lent(stream), "r"), "zstd")
    # Small blocks, since Arrow reads dozens of them ahead: 470 MB at most for 9 million lines.
    batches = csv.open_csv(
        text,
        read_options=csv.ReadOptions(column_names=FIELDS, block_size=2**20, use_threads=False),
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(FIELDS, pa.string()), strings_can_be_null=False
        ),
    )
    days: list[pl.DataFrame] = []
    odd: list[pl.DataFrame] = []
    moment = pl.col("said").str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%:z", time_unit="us", time_zone="UTC", strict=False
    )
    for batch in batches:
        lines = pl.DataFrame(pl.from_arrow(batch))
        outside = ~lines["changed_at"].str.starts_with(capture.part)
        if not mostly((~outside).to_list()):
            raise ParseError(f"{capture.url}: lines of {lines.filter(outside)['changed_at'][0]!r}")
        wanted = lines.filter(
            pl.col("product") == PRODUCT, pl.col("instance_type").str.contains(FAMILY)
        ).rename({"changed_at": "said"})
        dated = wanted.with_columns(changed_at=moment)
        here = pl.col("said").str.starts_with(capture.part) & pl.col("changed_at").is_not_null()
        days.append(_last_of_day(dated.filter(here).select(*POOL, "price", "changed_at")))
        odd.append(dated.filter(~here).select(*POOL, "price", "changed_at"))
        if len(days) >= 64:
            days = [_last_of_day(pl.concat(days))]
    return _last_of_day(pl.concat(days)), pl.concat(odd)


def _last_of_day(changes: pl.DataFrame) -> pl.DataFrame:
    # Between two changes in one second the order of the file decides.
    return changes.sort("changed_at", maintain_order=True).unique(
        [*POOL, pl.col("changed_at").dt.date().alias("day")], keep="last", maintain_order=True
    )


def _in_force(closing: pl.DataFrame) -> pl.DataFrame:
    """Each price on its day and the days after it, to the next change or the month's end."""
    day = pl.col("changed_at").dt.date()
    series = [*POOL, pl.col("day").dt.month_start()]
    changes = closing.with_columns(day=day).sort(*POOL, "day")
    following = pl.col("day").shift(-1).over(series)
    end = pl.col("day").dt.month_end() + timedelta(days=1)
    return changes.with_columns(
        day=pl.date_ranges("day", pl.coalesce(following, end), closed="left")
    ).explode("day")


def _rows(prices: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    region = pl.col("zone_id").str.extract(ZONE).replace_strict(REGIONS, default=None)
    kind = pl.col("instance_type")
    prices = prices.with_columns(
        count=listed("aws", kind, "gpu_count"),
        no_count=listed("aws", kind, "reason"),
        mapped=region,
        amount=pl.col("price").cast(pl.Float64, strict=False),
    )
    day_end = (pl.col("day").cast(pl.Datetime("us")) + timedelta(days=1, seconds=-1)).dt
    moment = day_end.replace_time_zone("UTC")
    count = pl.col("count").fill_null(1)
    family = kind.str.extract(r"^([^.]+)")
    return prices.select(
        "instance_type",
        offer_id=pl.format("{}/{}", *POOL),
        observed_at=moment,
        provider_raw=pl.lit("aws"),
        accelerator_raw=listed("aws", kind, "accelerator_raw").fill_null(family),
        memory_gib=pl.lit(None, pl.Float64),
        gpu_count=count,
        market=pl.lit("spot"),
        spot_kind=pl.lit("market"),
        term_months=pl.lit(None, pl.Int64),
        basis=pl.lit("all_in"),
        region=pl.coalesce("mapped", "zone_id"),
        country=pl.lit(None, pl.String),
        host_id=pl.lit(None, pl.String),
        host_count=pl.lit(None, pl.Int64),
        offer_count=pl.lit(None, pl.Int64),
        available_count=pl.lit(None, pl.Int64),
        price_in_currency_per_gpu_hour=pl.col("amount") / count,
        currency=pl.lit("USD"),
        refresh_days=pl.lit(1, pl.Int64),
        flag=pl.lit(None, pl.String),
        reason=pl.coalesce(
            pl.when("is_odd").then(pl.lit("outside_period")),
            "no_count",
            pl.when(pl.col("count").is_null()).then(pl.lit("unknown_count")),
            pl.when(pl.col("mapped").is_null()).then(pl.lit("unknown_zone")),
            pl.when(pl.col("amount").is_null()).then(pl.lit("unparseable_price")),
        ),
        known_at=moment,
        captured_at=pl.lit(capture.captured_at, pl.Datetime("us", "UTC")),
        source_url=pl.lit(capture.url),
        licence=pl.lit(SOURCE.licence),
        confidence=pl.lit("high"),
    )


SOURCE = Source(
    name="aws_spot_archive",
    homepage="https://doi.org/10.5281/zenodo.14198917",
    terms="CC BY 4.0, stated on the Zenodo record",
    licence="CC BY 4.0, Eric Pauley, AWS Spot Price History, 10.5281/zenodo.14198917",
    contract=GPU_OFFERS,
    parse_stream=parse_stream,
    fetch=fetch,
    refresh_days=31,
    rules=RULES,
    real_answer="2022-05-31, whole",
    backfill=Backfill("month", SINCE, fetch_month),
)
