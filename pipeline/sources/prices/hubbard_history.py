"""Alex Hubbard's GPU Price Tracker: what gpuhunt listed twice a day, kept since 2026-01-12.

Grain: one line per provider, machine type, number of accelerators, region and market in a snapshot
(`methodology.md` of the tracker's repository, schema 1.1, read 2026-11-23; the columns are its own,
not gpuhunt's). Lines are taken, not the tracker's medians: half of them are GCP's, once per zone.
Units: US dollars per hour of the whole machine; a row is per accelerator, per chip for a TPU slice.
`gpu_memory_gb` is per accelerator, except for TPU slices, where it is the slice's.
Clock: 09:00 and 21:00 UTC by cron, with outages. The moment a snapshot was taken names its file; it
is when its prices were public, whenever the file was written (all were rewritten in 2026-07).
Limits: none stated; anonymous reads of an S3 bucket. That it lists its keys to anybody is not
confirmed: a refusal shows as one, and the same files lie at huggingface.co/datasets/afhubbard.
Terms: CC BY 4.0.

Traps. Spot means five things (methodology, section 7, and gpuhunt's providers): a market at AWS,
a bid floor at Vast, a list elsewhere. RunPod's regions of two letters are its community cloud,
others data centres of its secure cloud. Vast lines are one page of at most 64 offers without their
machine, so one machine counts several times: `unknown_host`; its H100 and A100 have lost SXM and
PCIe, which the alias table sets aside. TensorDock's machine type is its machine. GCP's TPU prices
come in part from a table typed into gpuhunt: `curated`. DataCrunch is Verda's old name; where both
are listed at two prices (3.25 and 2.29), the old list is taken to be a leftover: `stale`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO
from xml.parsers import expat

import polars as pl

from pipeline.capture import http
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.identity.identity import tpu_chips
from pipeline.sources.prices._answers import mostly, numbered, provenance, untold
from pipeline.sources.source import Backfill, Capture, Held, ParseError, Part, Source

BUCKET = "https://hubbard-gpu-price-data.s3.us-east-1.amazonaws.com"
SINCE = date(2026, 1, 12)
KEY = re.compile(r"prices/dt=\d{4}-\d{2}-\d{2}/snapshot_(\d{8}T\d{6}Z)\.parquet")
STAMP = "%Y%m%dT%H%M%SZ"
# 2.8 million lines in the first 79 days (deck/findings.json); a small file can claim any number.
MAX_LINES = 2_000_000
# One full page of Vast's search, which gpuhunt asks for without a limit.
VAST_PAGE = 64
# RunPod community prices that nobody set are far below the secure price.
PLACEHOLDER_FRACTION = 0.25
FIELDS: dict[str, pl.DataType] = {
    "timestamp": pl.Datetime("us", "UTC"),
    "provider": pl.String(),
    "instance_type": pl.String(),
    "gpu_type": pl.String(),
    "gpu_count": pl.Int64(),
    "gpu_memory_gb": pl.Float64(),
    "region": pl.String(),
    "price_per_hour": pl.Float64(),
    "is_spot": pl.Boolean(),
    "available": pl.Boolean(),
}
NEVER_NULL = ("timestamp", "provider", "instance_type", "is_spot")
SPOT_KIND = {"aws": "market", "vastai": "bid_floor"}
# Old name to new name, as gpuhunt's catalogs are called.
RENAMED = {"datacrunch": "verda"}
# Prices typed into gpuhunt by hand: its Crusoe table, and TPUs.
TYPED = ("crusoe",)
TPU_SLICE = r"^v\d+[a-z]*-\d+$"
GCP_ZONE = r"^([a-z]+-[a-z]+\d+)-[a-z]$"


def fetch(held: Held) -> Iterator[Part]:
    """Snapshots of yesterday and today that are not held yet."""
    today = datetime.now(UTC).date()
    for day in (today - timedelta(days=1), today):
        listed = http.attempt(partial(_list, day))
        if isinstance(listed, http.UpstreamError):
            yield Part(f"list-{day}", listed)
            return
        yield from _missing(_snapshots(listed), held)


def fetch_day(day: date, held: Held) -> Iterator[Part]:
    """Snapshots of one day that are not held yet; a day without any is an error, not no supply.

    Raises:
        UpstreamError: no listing of the day, or nothing in it.
    """
    listed = _list(day)
    snapshots = _snapshots(listed)
    if not snapshots:
        raise http.UpstreamError(f"no snapshot of {day}", url=listed.url, status=listed.status)
    yield from _missing(snapshots, held)


def parse(body: bytes, capture: Capture) -> pl.DataFrame:
    """One row per machine with accelerators, region and market.

    Raises:
        ParseError: not the documented Parquet file, not the snapshot the part is named after, or
            no accelerators in it.
    """
    try:
        offers = _offers(_lines(body, capture))
        if offers.is_empty():
            raise ParseError(f"{capture.url}: no accelerator lines")
        return _rows(offers, capture)
    except pl.exceptions.PolarsError as error:
        raise ParseError(f"{capture.url}: {str(error)[:300]}") from error


def _list(day: date) -> http.Response:
    query = {"list-type": "2", "prefix": f"prices/dt={day}/"}
    return http.get(f"{BUCKET}/", params=query, expects="xml", max_bytes=2**20)


def _snapshots(listed: http.Response) -> list[str]:
    """Keys of snapshots in an S3 listing, in order.

    A listing has no document type, so one that has is refused before any entity in it can grow
    (billion laughs, XXE). expat says so itself; defusedxml would be a dependency for these lines.

    Raises:
        UpstreamError: not an S3 listing, or one page of several.
    """
    keys: list[str] = []
    path: list[str] = []
    text: list[str] = []

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    def begin(name: str, _: dict[str, str]) -> None:
        path.append(name)
        text.clear()

    def end(_: str) -> None:
        value = "".join(text).strip()
        if path[-2:] == ["Contents", "Key"]:
            keys.append(value)
        if path == ["ListBucketResult", "IsTruncated"] and value != "false":
            raise ValueError("a page of several")
        path.pop()
        text.clear()

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    try:
        parser.Parse(listed.body, True)
        if b"<ListBucketResult" not in listed.body:
            raise ValueError("no ListBucketResult")
    except (expat.ExpatError, ValueError) as error:
        raise http.UpstreamError(
            f"no S3 listing ({error})", url=listed.url, status=listed.status, head=listed.body
        ) from None
    return sorted(key for key in keys if KEY.fullmatch(key))


def _missing(keys: list[str], held: Held) -> Iterator[Part]:
    """A snapshot never changes its prices, so one that is held is not asked for again."""
    for key in keys:
        part = key.rpartition("_")[2].removesuffix(".parquet").lower()
        if not held(part):
            yield Part(part, http.attempt(partial(http.get, f"{BUCKET}/{key}")))


def _lines(body: bytes, capture: Capture) -> pl.DataFrame:
    try:
        taken_at = datetime.strptime(capture.part.upper(), STAMP).replace(tzinfo=UTC)
    except ValueError as error:
        raise ParseError(f"{capture.url}: part {capture.part} is no moment") from error
    lines = pl.scan_parquet(BytesIO(body))
    columns = lines.collect_schema()
    if missing := [name for name in FIELDS if name not in columns]:
        raise ParseError(f"{capture.url}: columns missing: {', '.join(missing)}")
    if lines.select(pl.len()).collect().item() > MAX_LINES:
        raise ParseError(f"{capture.url}: more than {MAX_LINES} lines")
    frame = lines.select(_typed(name, columns[name]) for name in FIELDS).collect()
    for name in NEVER_NULL:
        if not mostly(frame[name].is_not_null().to_list()):
            raise ParseError(f"{capture.url}: null in {name}")
    # The name is the moment of the snapshot cut to the second.
    after = pl.col("timestamp") - taken_at
    within = after.is_between(timedelta(0), timedelta(seconds=1), closed="left").fill_null(False)
    other = frame.filter(~within)
    if not mostly(frame.select(within).to_series().to_list()):
        raise ParseError(f"{capture.url}: lines of {other['timestamp'][0]} in {capture.part}")
    nulls = [
        pl.when(pl.col(name).is_null()).then(pl.lit(f"malformed: {name}")) for name in NEVER_NULL
    ]
    return frame.with_columns(
        malformed=pl.coalesce(*nulls, pl.when(~within).then(pl.lit("another_moment"))),
        timestamp=pl.lit(taken_at, pl.Datetime("us", "UTC")),
        is_spot=pl.col("is_spot").fill_null(False),
    )


def _typed(name: str, found: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if found == pl.Float32:  # 98.32 and not 98.31999969
        column = column.cast(pl.String)
    elif FIELDS[name] in (pl.String, pl.Boolean) and found not in (FIELDS[name], pl.Null):
        raise ParseError(f"column {name} is of type {found}")
    return column.cast(FIELDS[name])


def _offers(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines that rent accelerators, once per region instead of once per zone."""
    kind, place = pl.col("instance_type"), pl.col("region").fill_null("").str.strip_chars()
    at_google = pl.col("provider") == "gcp"
    is_slice = at_google & kind.str.contains(TPU_SLICE)
    no_gpus = (pl.col("gpu_count") == 0) & ~is_slice
    return (
        lines.with_columns(provider=pl.col("provider").str.strip_chars().str.to_lowercase())
        .filter(~no_gpus.fill_null(False))
        .select(
            "provider",
            "instance_type",
            "price_per_hour",
            "is_spot",
            "available",
            "malformed",
            is_slice=is_slice,
            taken_at=pl.col("timestamp").dt.truncate("1s"),
            # RunPod's machine type is the accelerator's full name; gpu_type lacks its form.
            accelerator_raw=pl.when(is_slice)
            .then("tpu-" + kind)
            .when(pl.col("provider") == "runpod")
            .then(kind)
            .otherwise("gpu_type"),
            gpu_count=pl.when(is_slice).then(tpu_chips(kind)).otherwise("gpu_count"),
            memory_gib=pl.when(~is_slice & (pl.col("gpu_memory_gb") > 0)).then("gpu_memory_gb"),
            region=pl.when(at_google).then(place.str.replace(GCP_ZONE, "$1")).otherwise(place),
        )
        .unique(maintain_order=True)
    )


def _rows(offers: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    seller, spot, count = pl.col("provider"), pl.col("is_spot"), pl.col("gpu_count")
    community = (seller == "runpod") & pl.col("region").str.contains(r"^[A-Z]{2}$")
    offers = offers.with_columns(
        community=community, price=pl.when(count > 0).then(pl.col("price_per_hour") / count)
    )
    machine = ["provider", "instance_type", "gpu_count", "region"]
    listed = offers.filter(~spot).group_by(machine).agg(list_price=pl.col("price").min())
    secure = offers.filter(~spot & (seller == "runpod") & ~community)
    secure = secure.group_by("provider", "instance_type").agg(secure_price=pl.col("price").median())
    offers = offers.join(listed, on=machine, how="left", nulls_equal=True).join(
        secure, on=["provider", "instance_type"], how="left"
    )
    token = community & (pl.col("price") < PLACEHOLDER_FRACTION * pl.col("secure_price"))
    kind = seller.replace_strict(SPOT_KIND, default="administered", return_dtype=pl.String)
    rows = offers.select(
        "instance_type",
        "memory_gib",
        "accelerator_raw",
        provider_raw=pl.when(community).then(pl.lit("runpod-community")).otherwise(seller),
        gpu_count=pl.when(count > 0).then(count).otherwise(1),
        market=pl.when(spot).then(pl.lit("spot")).otherwise(pl.lit("on_demand")),
        spot_kind=pl.when(spot).then(kind),
        basis=pl.lit("all_in"),
        region=pl.when(pl.col("region") == "").then(pl.lit("global")).otherwise("region"),
        country=pl.when(community).then("region"),
        host_id=pl.when(seller == "tensordock").then("instance_type"),
        price_in_currency_per_gpu_hour="price",
        currency=pl.lit("USD"),
        flag=pl.coalesce(*_flags(offers), pl.lit(None, pl.String)),
        reason=pl.coalesce(
            "malformed",
            pl.when((count > 0).fill_null(False).not_()).then(pl.lit("unknown_count")),
            pl.when(pl.col("price") == 0).then(pl.lit("not_offered")),
            pl.when(token).then(pl.lit("placeholder")),
        ),
        **untold("term_months", "available_count"),
        **provenance(SOURCE, capture, "medium", at=pl.col("taken_at")),
    )
    # RunPod lists a type alone and in a cluster, GCP a region's zones at several prices.
    offer = pl.format(
        "{}/{} x{}/{}/{}", "provider_raw", "instance_type", "gpu_count", "region", "market"
    )
    return numbered(rows.with_columns(offer_id=offer))


def _flags(offers: pl.DataFrame) -> list[pl.Expr]:
    """Why rows stay out of levels, the most telling first."""
    seller, spot = pl.col("provider"), pl.col("is_spot")
    sellers = set(offers["provider"])
    page = offers.filter((seller == "vastai") & ~spot).height
    # Alone or in a cluster: gpuhunt's flag, which tells the two apart, is not kept by the tracker.
    key = ("provider", "instance_type", "gpu_count", "region", "is_spot")
    several = pl.col("price").n_unique().over(key) > 1
    old = [name for name, new in RENAMED.items() if new in sellers]
    why = {
        "bid_floor": spot & (seller == "vastai"),
        "pooled": (seller == "runpod") & several,
        "truncated": (seller == "vastai") & (page >= VAST_PAGE),
        "unknown_host": seller == "vastai",
        "no_discount": spot & (pl.col("price") == pl.col("list_price")),
        "curated": pl.col("is_slice") | seller.is_in(TYPED),
        "stale": seller.is_in(old),
        "unavailable": ~pl.col("available"),
        "administered": spot & ~seller.is_in(list(SPOT_KIND)),
    }
    return [pl.when(holds).then(pl.lit(name)) for name, holds in why.items()]


SOURCE = Source(
    name="hubbard_history",
    homepage="https://github.com/alex-hubbard/gpu_price_tracker",
    terms="CC BY 4.0, https://github.com/alex-hubbard/gpu_price_tracker/blob/main/DATA_LICENSE",
    licence="CC BY 4.0, Hubbard, A. (2026), GPU Price Tracker dataset",
    contract=GPU_OFFERS,
    parse=parse,
    fetch=fetch,
    backfill=Backfill("day", SINCE, fetch_day),
)
