"""gpuhunt: hourly public catalogs of nine clouds, one zip with one CSV file per cloud.

Grain: one line per cloud, machine type, location and market. Google's locations are zones; lines
that differ in their zone only become one row.
Units: US dollars per hour for the whole machine; `gpu_memory` in GB per accelerator.
Clock: dstack asks each cloud's API at :05 of every hour and names the catalog `YYYYMMDD-<run>`; old
versions stay, but the bucket is not listed, so there is no backfill. A catalog is known by the end
of its day at the latest; one that is days old is no new observation.
Limits: public objects on S3, ETag honoured. `version` is read first, then the zip of that version.
Terms: objects are published for anonymous reading (`publish_catalog.sh`); the client is MPL-2.0.

Layout: as dstackai/gpuhunt writes it (`_internal/models.py`, `_internal/catalog.py`, read
2026-11-23); `cpu_arch` and `provider_data` from a public reader of the catalogs.

Most of these clouds are read directly too. That is wanted: a second sighting shows when a source
goes wrong, and the marts take the median over sources, so it is not a second vote.

Traps:

- The zip comes from a bucket anybody may impersonate: one member of the expected name, never
  written to disk, capped before and while it is unpacked.
- `gpu_name` does not tell SXM from PCIe: rules go by machine type, for RunPod by its own id of the
  card. RunPod's locations of two letters are its community cloud, others data centres of its secure
  cloud (methodology of the tracker behind `hubbard_history`). Lines flagged `runpod-cluster` are
  the same machine as part of a cluster, at another price: set apart first. Where one machine and
  location then has two prices of one market, they are of both clouds, as older gpuhunt wrote them:
  `pooled`. A community price under a quarter of the secure one is a placeholder.
- Google: slices have gpu_count 1, and their prices may come from a table typed by hand
  (`fallback`). a3 types do not reconcile with Google's price list (43.79 for 78.37 in us-east4,
  seen 2026-09-15): `unreconciled`. `a3-edgegpu` is hardware in the customer's building, and DWS
  calendar mode a reservation of days, not on demand.
- Crusoe's prices are a table in gpuhunt's code, B200 an estimate: `fallback`, should they appear.
- Only AWS spot is a market. OCI's is half the list price by rule, the rest are list discounts.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.identity.identity import tpu_chips
from pipeline.sources.guards import Limits, opened, read_member
from pipeline.sources.prices._answers import mostly, numbered, provenance, untold
from pipeline.sources.source import Capture, Held, ParseError, Part, Source

BUCKET = "https://dstack-gpu-pricing.s3.eu-west-1.amazonaws.com/v3"
# OFFLINE_PROVIDERS of gpuhunt's catalog.py: those whose catalogs are published.
PROVIDERS = (
    "aws",
    "azure",
    "cloudrift",
    "gcp",
    "lambdalabs",
    "nebius",
    "oci",
    "runpod",
    "verda",
)
VERSION = re.compile(r"\d{8}-\d{1,9}")
MAX_ZIP_BYTES = 32 * 2**20
LIMITS = Limits(members=1, packed_bytes=MAX_ZIP_BYTES, unpacked_bytes=256 * 2**20)

REQUIRED = (
    "instance_name",
    "location",
    "price",
    "gpu_count",
    "gpu_name",
    "gpu_memory",
    "spot",
    "flags",
)
# What each flag says about a price: nothing (a version of dstack the offer needs), a flag that
# keeps the row out of levels, or a reason that sets it aside. A flag not listed is such a reason.
# Source: gpuhunt's providers/*.py, and the flags dstack enables in its offers.py, read 2026-11-27.
FLAGS = {
    "oci-spot": None,
    "lambda-arm": None,
    "gcp-a4": None,
    "gcp-g4": None,
    "gcp-g4-preview": None,
    "runpod-cpu": None,
    "runpod-cluster": "flag: cluster",
    "gcp-dws-calendar-mode": "reason: calendar_reservation",
}
UNKNOWN_FLAG = "unknown_flag"
HARD_CODED = ("crusoe",)
STALE_AFTER = timedelta(days=2)
PLACEHOLDER_FRACTION = 0.25


def fetch(held: Held) -> Iterator[Part]:
    for provider in PROVIDERS:
        ask = partial(_newest, provider, held(provider))
        yield Part(provider, http.attempt(ask))


def _newest(provider: str, validators: Mapping[str, str]) -> http.Response:
    address = f"{BUCKET}/{provider}/version"
    answer = http.get(address, max_bytes=1024)
    version = answer.body.decode("ascii", "replace").strip()
    if not VERSION.fullmatch(version):
        raise http.UpstreamError("not a version", url=address, status=200, head=answer.body)
    url = f"{BUCKET}/{provider}/{version}/catalog.zip"
    return http.get(url, validators=validators, max_bytes=MAX_ZIP_BYTES)


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per machine type with accelerators, region and market.

    Raises:
        ParseError: not a zip of the one expected CSV file, not its columns, or no accelerator.
    """
    try:
        lines = _lines(_member(body, capture), capture)
        if lines.is_empty():
            raise ParseError(f"{capture.url}: no accelerator lines")
        return _rows(lines, capture)
    except pl.exceptions.PolarsError as error:
        raise ParseError(f"{capture.url}: {str(error)[:300]}") from error


def _member(body: bytes, capture: Capture) -> bytes:
    """The one file of the archive, if it is the expected one and of a sane size."""
    expected = f"{capture.part}.csv"
    with opened(body, LIMITS) as archive:
        if (names := archive.namelist()) != [expected]:
            raise ParseError(f"{capture.url}: members {names}, expected {expected} alone")
        return read_member(archive, expected)


def _lines(content: bytes, capture: Capture) -> pl.DataFrame:
    """The lines with accelerators, numbers as numbers."""
    raw = pl.read_csv(BytesIO(content), infer_schema=False)
    if missing := [name for name in REQUIRED if name not in raw.columns]:
        raise ParseError(f"{capture.url}: columns missing: {', '.join(missing)}")
    # polars fills a short line with nulls, so a file that broke off would read as unpriced.
    tail = re.sub(rb'"[^"]*"', b"", content.rstrip().rpartition(b"\n")[2])
    if raw.height and tail.count(b",") + 1 != raw.width:
        raise ParseError(
            f"{capture.url}: last line has {tail.count(b',') + 1} of {raw.width} fields"
        )
    lines = raw.select(
        instance_type=_text("instance_name"),
        location=_text("location").fill_null("global"),
        name=_text("gpu_name").fill_null(""),
        price=_number("price"),
        unreadable=_text("price").is_not_null() & _number("price").is_null(),
        count=_number("gpu_count"),
        memory=_number("gpu_memory"),
        spot=_text("spot").str.to_lowercase(),
        flags=pl.col("flags").fill_null("").str.extract_all(r"[^\s\[\]',]+"),
    ).filter((pl.col("count") > 0).fill_null(False) | (pl.col("name") != ""))
    told = lines["spot"].is_in(["true", "false"]).fill_null(False)
    if not mostly(told.to_list()):
        raise ParseError(f"{capture.url}: column spot holds {lines.filter(~told)['spot'][0]!r}")
    named = lines["instance_type"].is_not_null()
    if not mostly(named.to_list()):
        raise ParseError(f"{capture.url}: lines without instance_name")
    return lines.with_columns(
        malformed=pl.coalesce(
            pl.when(~told).then(pl.lit("malformed: spot")),
            pl.when(~named).then(pl.lit("malformed: instance_name")),
        ),
        spot=(pl.col("spot") == "true").fill_null(False),
        set_apart=pl.coalesce(*_said("flag")),
    )


def _text(name: str) -> pl.Expr:
    value = pl.col(name).str.strip_chars()
    return pl.when(value != "").then(value)


def _number(name: str) -> pl.Expr:
    return _text(name).cast(pl.Float64, strict=False)


def _rows(lines: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    provider = capture.part
    published, known_at = _dated(capture)
    kind, spot = pl.col("instance_type"), pl.col("spot")
    chips = tpu_chips(pl.col("name")).cast(pl.Float64) if provider == "gcp" else pl.lit(None)
    count = pl.coalesce(chips, "count")
    whole = (count.is_finite() & (count >= 1) & (count == count.floor())).fill_null(False)
    region = pl.col("location")
    if provider == "gcp":
        region = region.str.replace(r"^([a-z]+-[a-z]+\d+)-[a-z]$", "$1")
    listed = (
        pl.col("price")
        .filter(~spot & pl.col("set_apart").is_null())
        .max()
        .over("instance_type", "location", "count", "name")
    )
    market = pl.when(spot).then(pl.lit("spot")).otherwise(pl.lit("on_demand"))
    spot_kind = "market" if provider == "aws" else "administered"
    discount = None if provider == "aws" else "administered"
    seller, country = pl.lit(provider), pl.lit(None, pl.String)
    is_token = pl.lit(False)
    if provider == "runpod":
        is_country = region.str.contains(r"^[A-Z]{2}$")
        each = pl.col("price") / pl.col("count")
        secure = each.filter(~is_country & ~spot & (each > 0)).min().over("instance_type")
        is_token = is_country & (each > 0) & (each < PLACEHOLDER_FRACTION * secure)
        country = pl.when(is_country).then(region)
        seller = pl.when(is_country).then(pl.lit("runpod-community")).otherwise(seller)
    moment = pl.lit(known_at, pl.Datetime("us", "UTC"))
    unknown = pl.col("flags").list.set_difference(list(FLAGS)).list.len() > 0
    reason = pl.coalesce(
        "malformed",
        *_said("reason"),
        pl.when(unknown).then(pl.lit(UNKNOWN_FLAG)),
        pl.when(kind.str.starts_with("a3-edgegpu")).then(pl.lit("not_public_cloud")),
        pl.when((count > 0) & (count != count.floor())).then(pl.lit("fractional")),
        pl.when(~whole).then(pl.lit("unknown_count")),
        pl.when("unreadable").then(pl.lit("unparseable_price")),
        pl.when(pl.col("price").is_null() | (pl.col("price") == 0)).then(pl.lit("not_priced_yet")),
        pl.when(is_token).then(pl.lit("placeholder")),
    )
    flag = pl.coalesce(
        pl.when(pl.lit(capture.captured_at - published > STALE_AFTER)).then(pl.lit("stale")),
        *_doubts(provider),
        pl.when(spot & (pl.col("price") == listed)).then(pl.lit("no_discount")),
        pl.when(spot).then(pl.lit(discount, pl.String)),
    )
    gpu_count = pl.when(whole).then(count).otherwise(1.0)
    rows = lines.select(
        provider_raw=seller,
        # RunPod's id names the card in full, `gpu_name` only its family.
        accelerator_raw=kind if provider == "runpod" else pl.col("name"),
        memory_gib=pl.when(chips.is_null() & (pl.col("memory") > 0)).then("memory"),
        instance_type=kind,
        gpu_count=gpu_count.cast(pl.Int64),
        market=market,
        spot_kind=pl.when(spot).then(pl.lit(spot_kind)),
        basis=pl.lit("all_in"),
        region=region,
        country=country,
        price_in_currency_per_gpu_hour=pl.col("price") / gpu_count,
        currency=pl.lit("USD"),
        flag=flag,
        reason=reason,
        **untold("term_months", "host_id", "available_count"),
        **provenance(SOURCE, capture, "medium", at=moment),
    ).unique(maintain_order=True)
    offer = pl.format(
        "{}/{} x{}/{}/{}{}",
        pl.lit(provider),
        "instance_type",
        "gpu_count",
        "region",
        "market",
        pl.when(pl.col("flag") == "cluster").then(pl.lit("/cluster")).otherwise(pl.lit("")),
    )
    return numbered(rows.with_columns(offer_id=offer))


def _dated(capture: Capture) -> tuple[datetime, datetime]:
    """The day of the version as a moment, and when its prices were public at the latest."""
    found = re.search(r"/(\d{8})-\d+/catalog\.zip$", capture.url)
    try:
        day = datetime.strptime(found[1] if found else "", "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        raise ParseError(f"{capture.url}: no version in the address") from None
    if day > capture.captured_at:
        raise ParseError(f"{capture.url}: a version of the future")
    return day, min(capture.captured_at, day + timedelta(days=1, microseconds=-1))


def _doubts(provider: str) -> list[pl.Expr]:
    """Why rows stay out of levels although their price is readable."""
    doubts = [*_said("flag")]
    if provider in HARD_CODED:
        doubts.append(pl.lit("fallback"))
    if provider == "runpod":
        key = ["instance_type", "location", "count", "spot", "set_apart"]
        several = pl.col("price").n_unique().over(key) > 1
        doubts.append(pl.when(several).then(pl.lit("pooled")))
    if provider == "gcp":
        a3 = pl.col("instance_type").str.starts_with("a3-")
        doubts.append(pl.when(a3).then(pl.lit("unreconciled")))
        doubts.append(pl.when(tpu_chips(pl.col("name")).is_not_null()).then(pl.lit("fallback")))
    return doubts


def _said(what: str) -> list[pl.Expr]:
    """What the flags of a line say of one kind, `flag` or `reason`."""
    meanings = {
        f: m.removeprefix(f"{what}: ") for f, m in FLAGS.items() if m and m.startswith(what)
    }
    return [
        pl.when(pl.col("flags").list.contains(flag)).then(pl.lit(meaning))
        for flag, meaning in meanings.items()
    ]


SOURCE = Source(
    name="gpuhunt_catalog",
    homepage="https://github.com/dstackai/gpuhunt",
    terms="objects published for anonymous reading; no licence of the data is stated",
    licence="not established; single facts cited",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    real_answer="2026, lines",
)
