"""How fast each live price source is parsed, against polars alone reading the same bytes.

`python -m tests.benchmarks.parse_rates` takes half a minute. A payload is the source's fixture,
its records repeated under names of their own, up to 4 MB or the most records that the source's
`fetch` takes together, whichever comes first. A source has a process of its own, which parses the
fixture once before the clock starts; seconds are the best of two. Sizes and numbers are made up.
"""

import csv
import io
import json
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from tests.benchmarks import measure

FIXTURES = Path(__file__).parents[1] / "fixtures"
TARGET = 4_000_000
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ALL = sys.maxsize
Record = dict[str, Any]
Read = Callable[[bytes], object]


@dataclass(frozen=True)
class Payload:
    """What an upstream could answer; `plain` is what polars can read of it, unpacked by us."""

    body: bytes
    records: int
    part: str
    url: str = "https://example.org"
    plain: bytes | None = None
    note: str = ""


@dataclass(frozen=True)
class Json:
    """Where the records of a JSON answer are, which field tells them apart, and how they are paged.

    `joined` says how `fetch` keeps several pages: as a list, or one document after the other.
    """

    file: str
    path: tuple[str, ...]
    name: str
    part: str = "all"
    page_size: int = ALL
    pages: int = 1
    joined: str = ""
    renamed: Callable[[Record, str, int], Record] | None = None
    note: str = ""


def _renamed(record: Record, name: str, n: int) -> Record:
    return {**record, name: f"{record[name]}-{n}"} if n else record


def _earlier(record: Record, name: str, n: int) -> Record:
    since = datetime.fromisoformat(record[name]) - timedelta(minutes=n)
    return {**record, name: f"{since:%Y-%m-%dT%H:%M:%SZ}"}


def _slug(record: Record, name: str, n: int) -> Record:
    return {**record, name: f"{record[name][:4]}{n}-{record[name][4:]}"}


def _numbered(record: Record, name: str, n: int) -> Record:
    return {**record, name: record[name] + n * 100_000_000}


def _inside(outer: str) -> Callable[[Record, str, int], Record]:
    """The name is a field of an object inside the record."""

    def renamed(record: Record, name: str, n: int) -> Record:
        value = record[outer][name]
        new = value + n if isinstance(value, int) else f"{value}-{n}"
        return {**record, outer: {**record[outer], name: new}}

    return renamed


JSON = {
    "akamai": Json("types.json", ("data",), "id", page_size=500, pages=20, joined="\n"),
    "azure_retail": Json(
        "eastus.json", ("Items",), "effectiveStartDate", "eastus", 1000, 50, ",", _earlier,
        "all but the newest superseded",
    ),
    "digitalocean": Json("sizes.json", ("sizes",), "slug", "all", 200, 20, ",", _slug),
    "gcp_billing": Json(
        "skus.json", ("skus",), "skuId", "all", 5000, 40, ",", None, "SKUs add up to few rows"
    ),
    "hot_aisle": Json("available.json", (), "cpu_cores", renamed=_inside("Specs")),
    "hyperbolic": Json("catalog.json", ("vms",), "InstanceType"),
    "lambda_cloud": Json(
        "instance_types.json", ("data",), "name", renamed=_inside("instance_type")
    ),
    "oci_price_list": Json("products.json", ("items",), "partNumber", note="parts of no shape"),
    "prime_intellect": Json("gpus.json", ("items",), "cloudId", "all", 100, 50, ","),
    "runpod": Json("gpu_types.json", ("data", "gpuTypes"), "id"),
    "scaleway": Json("fr-par-2.json", ("servers",), "kind", "fr-par-2", 99, 20, "\n"),
    "shadeform": Json("types.json", ("instance_types",), "shade_instance_type"),
    "vast": Json("offers.json", ("offers",), "ask_contract_id", "hopper", 2999, renamed=_numbered),
    "vultr": Json("plans.json", ("plans",), "id", "plans", 500, 20, "\n"),
}  # fmt: skip
KEYED = {"lambda_cloud": ("instance_type", "name"), "scaleway": ("kind",)}


def of_json(source: str, copies: int | None) -> Payload:
    """The answer with as many copies of the fixture's records; None for as many as fit."""
    form = JSON[source]
    found = json.loads((FIXTURES / source / form.file).read_text(encoding="utf-8"))
    pages = found if form.path and isinstance(found, list) else [found]
    lists = [_at(page, form.path) for page in pages]
    if source == "scaleway":  # names are keys there
        lists = [{name: {**each, "kind": name} for name, each in some.items()} for some in lists]
    records = [
        each for some in lists for each in (some.values() if isinstance(some, dict) else some)
    ]
    most = form.page_size * form.pages
    renamed = form.renamed or _renamed
    grown: list[Record] = []
    size = 0
    for n in count() if copies is None else range(copies):
        if len(grown) >= most or size >= TARGET:
            break
        some = [renamed(each, form.name, n) for each in records]
        grown += some
        size += len(json.dumps(some))
    grown = grown[:most]
    texts = []
    for start in range(0, len(grown), form.page_size):
        page, is_last = grown[start : start + form.page_size], start + form.page_size >= len(grown)
        texts.append(json.dumps(_page(source, pages[-1], page, len(grown), is_last)))
    body = "\n".join(texts) if form.joined != "," else f"[{','.join(texts)}]"
    note = f"most that fetch takes{'; ' if form.note else ''}" if len(grown) == most else ""
    return Payload(body.encode(), len(grown), form.part, note=note + form.note)


def _at(page: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        page = page[name]
    return page


def _page(source: str, like: Any, records: list[Record], total: int, is_last: bool) -> Any:
    """A page as the fixture's last one, with other records and what it says of their number."""
    if not (path := JSON[source].path):
        return records
    held: Any = records
    if source in KEYED:
        held = {_at(each, KEYED[source]): each for each in records}
    for name in reversed(path[1:]):
        held = {name: held}
    page = {**like, path[0]: held}
    if "Count" in page:
        link = None if is_last else "https://prices.azure.com/next"
        page |= {"Count": len(records), "NextPageLink": link}
    page |= {name: total for name in ("results", "totalCount") if name in page}
    if "nextPageToken" in page:
        page["nextPageToken"] = "" if is_last else "next"
    if "meta" in page:
        page["meta"] = {**page["meta"], "total": total}
    return page


def of_csv(path: Path, name: str, copies: int | None, delimiter: str = ",") -> tuple[str, int]:
    """The lines of a file over and over, one column numbered; the text and its lines."""
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter=delimiter))
    column = rows[0].index(name)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(rows[0])
    lines = 0
    for n in count() if copies is None else range(copies):
        if text.tell() >= TARGET:
            break
        for row in rows[1:]:
            new = f"{row[column]}.{n}" if row[column] and n else row[column]
            writer.writerow([*row[:column], new, *row[column + 1 :]])
        lines += len(rows) - 1
    return text.getvalue(), lines


def skypilot_catalog(copies: int | None) -> Payload:
    text, lines = of_csv(FIXTURES / "skypilot_catalog" / "aws.csv", "InstanceType", copies)
    return Payload(text.encode(), lines, "aws")


def gpuhunt_catalog(copies: int | None) -> Payload:
    text, lines = of_csv(FIXTURES / "gpuhunt_catalog" / "aws.csv", "instance_name", copies)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("aws.csv", text)
    url = "https://example.org/aws/20261120-777/catalog.zip"
    note = "polars: of the csv inside"
    return Payload(packed.getvalue(), lines, "aws", url, text.encode(), note)


def hubbard_history(copies: int | None) -> Payload:
    """4 MB as text; repeated lines take far less as Parquet than those of a real snapshot."""
    import polars as pl

    path = FIXTURES / "hubbard_history" / "snapshot.csv"
    text, lines = of_csv(path, "instance_type", copies)
    taken_at = pl.lit(datetime(2026, 6, 15, 9, 17, tzinfo=UTC), pl.Datetime("us", "UTC"))
    file = io.BytesIO()
    pl.read_csv(text.encode(), infer_schema_length=None).with_columns(
        pl.col("gpu_count", "gpu_memory_gb").cast(pl.Int32),
        pl.col("price_per_hour").cast(pl.Float32),
        timestamp=taken_at,
    ).write_parquet(file)
    return Payload(file.getvalue(), lines, "20260615t091700z", note="a real one: 18,000 lines")


def aws_spot_archive(copies: int | None) -> Payload:
    """Changes in the order of time, a minute between repetitions, so that few close a day."""
    import pyarrow as pa  # type: ignore[import-untyped]

    lines = (FIXTURES / "aws_spot_archive" / "2022.tsv").read_text(encoding="utf-8").splitlines()
    heads = [each.rpartition("\t")[0] for each in lines if each.endswith("+00:00")]
    start = datetime(2022, 1, 1, tzinfo=UTC)
    made: list[str] = []
    size = 0
    for n in count() if copies is None else range(copies):
        if size >= TARGET:
            break
        moment = f"{start + timedelta(minutes=n):%Y-%m-%dT%H:%M:%S}+00:00"
        made += [f"{head}\t{moment}" for head in heads]
        size += sum(len(head) + 27 for head in heads)
    plain = ("\n".join(made) + "\n").encode()
    packed = pa.compress(plain, codec="zstd", asbytes=True)
    return Payload(
        packed,
        len(made),
        "2022",
        plain=plain,
        note="polars: of the text inside; a real month: 13 million",
    )


def aws_price_list(copies: int | None) -> Payload:
    from tests.benchmarks.aws_price_list import generate

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index.csv")
        lines = generate(path, TARGET if copies is None else 100_000)
        return Payload(path.read_bytes(), lines, "us-east-1", note="one line in 40 kept")


OTHERS: dict[str, Callable[[int | None], Payload]] = {
    "aws_price_list": aws_price_list,
    "aws_spot_archive": aws_spot_archive,
    "gpuhunt_catalog": gpuhunt_catalog,
    "hubbard_history": hubbard_history,
    "skypilot_catalog": skypilot_catalog,
}


def alone(source: str) -> tuple[str, Read]:
    """How the bytes are read without us. An object keyed by name is no table to polars."""
    import polars as pl

    if source in KEYED:
        return "json.loads", lambda body: [json.loads(each) for each in body.splitlines()]
    if source in JSON:
        if JSON[source].joined == "\n":
            return "read_ndjson", pl.read_ndjson
        return "read_json", lambda body: pl.read_json(io.BytesIO(body))
    if source == "hubbard_history":
        return "read_parquet", lambda body: pl.read_parquet(io.BytesIO(body))
    if source == "aws_price_list":
        return "read_csv", lambda body: pl.read_csv(body, skip_rows=5, infer_schema_length=1000)
    if source == "aws_spot_archive":
        return "read_csv", lambda body: pl.read_csv(body, separator="\t", has_header=False)
    return "read_csv", pl.read_csv


def contend(name: str) -> Record:
    """Parse and read; prints what `measure.run` reads."""
    from pipeline.sources.source import Capture, discover

    [source] = (each for each in discover() if each.name == name)

    def make(copies: int | None) -> Payload:
        return of_json(name, copies) if name in JSON else OTHERS[name](copies)

    def parse(of: Payload) -> int:
        capture = Capture(name, of.part, of.url, NOON, "")
        if source.parse_stream is not None:
            return source.parse_stream(io.BytesIO(of.body), capture).height
        assert source.parse is not None
        return source.parse(of.body, capture).height

    reader, read = alone(name)
    small, large = make(1), make(None)
    rows = 0
    ours: list[float] = []
    theirs: list[float] = []
    parse(small)
    read(small.plain or small.body)
    for _ in range(2):
        started = time.perf_counter()
        rows = parse(large)
        between = time.perf_counter()
        read(large.plain or large.body)
        ours.append(between - started)
        theirs.append(time.perf_counter() - between)
    return {
        "bytes": len(large.plain or large.body),
        "records": large.records,
        "rows": rows,
        "seconds": min(ours),
        "reader": reader,
        "alone": min(theirs),
        "note": large.note,
    }


def live() -> list[str]:
    """Names of the price sources that ask an upstream, from a process of their own."""
    names: list[str] = measure.run("-m", "tests.benchmarks.parse_rates", "list").answer["sources"]
    return names


def rows_of(sources: list[str]) -> Iterator[tuple[str, ...]]:
    for name in sources:
        if name not in JSON and name not in OTHERS:
            yield (name, *[""] * 8, "no payload: a fixture and a line in parse_rates.py")
            continue
        made = measure.run("-m", "tests.benchmarks.parse_rates", name).answer
        seconds, records = made["seconds"], made["records"]
        yield (
            name,
            f"{made['bytes'] / 1e6:.1f}",
            f"{records:,}",
            f"{made['rows']:,}",
            f"{seconds:.3f}",
            f"{records / seconds:,.0f}",
            made["reader"],
            f"{made['alone']:.3f}",
            f"{seconds / made['alone']:.1f}x",
            made["note"],
        )


def run() -> None:
    """Measure every source, print."""
    heads = ("", "MB", "records", "rows", "seconds", "records/s", "alone", "seconds", "ours / it")
    rows = [(*heads, "note"), *rows_of(live())]
    print(f"\nParsing the largest payload of each price source\n{measure.table(rows)}")


if __name__ == "__main__":
    if sys.argv[1:] == ["list"]:
        from pipeline.sources.source import discover

        names = [each.name for each in discover() if each.domain == "prices" and each.fetch]
        print(json.dumps({"sources": names}))
    elif len(sys.argv) == 2:
        print(json.dumps(contend(sys.argv[1])))
    else:
        print(measure.machine())
        run()
