"""One odd row never refuses a capture: a property of every source of prices.

Each source's example answer is taken, one entry of it is made odd in one field after the other, and
the answer must still parse, with other entries' prices in it. A capture is refused only when its
structure is broken or when most of its prices moved by one factor.
"""

import copy
import csv
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa
import pytest

from pipeline.contracts.prices import GPU_OFFERS
from pipeline.identity import offers
from pipeline.sources.source import REFERENCE, Capture, Source, discover

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MISSING = object()
ODD = (MISSING, None, "odd", "", -1.0, 1e12, True, [], {}, 10**400)
TRUTH = {"true": True, "false": False}
ODD_TEXT = ("", "odd", "-1", "1e12", "true", "nan")
SOURCES = {each.name: each for each in discover() if each.contract is GPU_OFFERS and each.fetch}


class Example(NamedTuple):
    """An answer: where it lies, which part it is, where its entries are, and the address."""

    file: str
    part: str = "all"
    entries: Callable[[Any], Any] = lambda answer: answer
    url: str = "https://example.org/prices"


EXAMPLES = {
    "akamai": Example("types.json", entries=lambda a: a["data"]),
    "aws_price_list": Example("us-east-1.csv", "us-east-1"),
    "aws_spot_archive": Example("2022.tsv", "2022"),
    "azure_retail": Example("eastus.json", "eastus", lambda a: a[0]["Items"]),
    "digitalocean": Example("sizes.json", entries=lambda a: a[0]["sizes"]),
    "gcp_billing": Example("skus.json", entries=lambda a: a[0]["skus"]),
    "gpuhunt_catalog": Example(
        "aws.csv", "aws", url="https://example.org/v3/aws/20261120-7/catalog.zip"
    ),
    "hot_aisle": Example("available.json"),
    "hubbard_history": Example("snapshot.csv", "20261120t090000z"),
    "hyperbolic": Example("catalog.json", entries=lambda a: a["vms"]),
    "lambda_cloud": Example("instance_types.json", entries=lambda a: a["data"]),
    "oci_price_list": Example("products.json", entries=lambda a: a["items"]),
    "prime_intellect": Example("gpus.json", entries=lambda a: a[0]["items"]),
    "runpod": Example("gpu_types.json", entries=lambda a: a["data"]["gpuTypes"]),
    "scaleway": Example("fr-par-2.json", "fr-par-2", lambda a: a["servers"]),
    "shadeform": Example("types.json", entries=lambda a: a["instance_types"]),
    "skypilot_catalog": Example("aws.csv", "aws"),
    "vast": Example("offers.json", entries=lambda a: a["offers"]),
    "vultr": Example("plans.json", "plans", lambda a: a["plans"]),
}


def test_every_source_of_prices_has_an_example():
    assert EXAMPLES.keys() == SOURCES.keys()


def parsed(source: Source, body: bytes) -> pl.DataFrame:
    example = EXAMPLES[source.name]
    capture = Capture(source.name, example.part, example.url, NOON, "")
    if source.parse is not None:
        return source.parse(body, capture)
    return source.parse_stream(io.BytesIO(body), capture)


# --- answers in JSON -------------------------------------------------------------------------


def documents(name: str) -> list[Any]:
    """The example's JSON documents; lists in pages have one after the other."""
    text = (FIXTURES / name / EXAMPLES[name].file).read_text().strip()
    found: list[Any] = []
    while text:
        document, end = json.JSONDecoder().raw_decode(text)
        found.append(document)
        text = text[end:].lstrip()
    return found


def dumped(answers: list[Any]) -> bytes:
    return "\n".join(json.dumps(each) for each in answers).encode()


def leaves(entry: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every field in an entry, those that hold others included."""
    inside = entry.items() if isinstance(entry, dict) else enumerate(entry)
    for name, value in list(inside):
        yield (*path, name)
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, name))


def changed(entry: Any, path: tuple[Any, ...], value: object) -> Any:
    entry = copy.deepcopy(entry)
    at = entry
    for name in path[:-1]:
        at = at[name]
    if value is MISSING:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return entry


JSON = [name for name, each in EXAMPLES.items() if each.file.endswith(".json")]


def several(name: str) -> list[Any]:
    """The example with at least three entries, so that one of them is not most."""
    answers = documents(name)
    entries = EXAMPLES[name].entries(answers[0])
    assert len(entries) >= 3, "an example of fewer entries cannot show the property"
    return answers


@pytest.mark.parametrize("name", JSON)
def test_one_odd_field_of_one_entry_refuses_no_answer(name: str):
    source, answers = SOURCES[name], several(name)
    entries = EXAMPLES[name].entries(answers[0])
    rng = random.Random(name)
    usable = parsed(source, dumped(answers)).filter(pl.col("reason").is_null()).height
    assert usable > 1
    keys = list(entries) if isinstance(entries, dict) else list(range(len(entries)))
    for key in rng.sample(keys, 2):
        whole = entries[key]
        fields = list(leaves(whole))
        for path in fields:
            for value in rng.sample(ODD, 3):
                entries[key] = changed(whole, path, value)
                try:
                    frame = parsed(source, dumped(answers))
                except ValueError as error:
                    pytest.fail(f"{name}: {path} = {value!r}: {error}")
                left = frame.filter(pl.col("reason").is_null()).height
                assert left > 0, f"{path} = {value!r}"
        entries[key] = whole


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("value", [None, 7, "odd", [], {}])
def test_an_entry_that_is_none_refuses_no_answer(name: str, value: object):
    source, answers = SOURCES[name], several(name)
    entries = EXAMPLES[name].entries(answers[0])
    key = next(iter(entries)) if isinstance(entries, dict) else 0
    entries[key] = value
    assert parsed(source, dumped(answers)).filter(pl.col("reason").is_null()).height > 0


# --- answers in lines ------------------------------------------------------------------------


def packed(name: str, text: str) -> bytes:
    """The lines in the form the upstream sends them."""
    if name == "gpuhunt_catalog":
        into = io.BytesIO()
        with zipfile.ZipFile(into, "w") as archive:
            archive.writestr("aws.csv", text)
        return into.getvalue()
    if name == "aws_spot_archive":
        into = pa.BufferOutputStream()
        with pa.CompressedOutputStream(into, "zstd") as stream:
            stream.write(text.encode())
        return into.getvalue().to_pybytes()
    if name == "hubbard_history":
        frame = pl.read_csv(io.BytesIO(text.encode()), infer_schema=False)
        number = {"gpu_count": pl.Int64, "gpu_memory_gb": pl.Float64, "price_per_hour": pl.Float64}
        cells = [pl.col(k).cast(v, strict=False) for k, v in number.items()]
        truth = [
            pl.col(k)
            .str.to_lowercase()
            .replace_strict(TRUTH, default=None, return_dtype=pl.Boolean)
            for k in ("is_spot", "available")
        ]
        at = datetime(2026, 11, 20, 9, tzinfo=UTC)
        into = io.BytesIO()
        frame.with_columns(*cells, *truth, timestamp=pl.lit(at)).write_parquet(into)
        return into.getvalue()
    return text.encode()


LINES = [name for name, each in EXAMPLES.items() if not each.file.endswith(".json")]


@pytest.mark.parametrize("name", LINES)
def test_one_odd_cell_of_one_line_refuses_no_file(name: str):
    source = SOURCES[name]
    tab = "\t" if name == "aws_spot_archive" else ","
    text = (FIXTURES / name / EXAMPLES[name].file).read_text()
    lines = list(csv.reader(io.StringIO(text), delimiter=tab))
    head = {"aws_price_list": 6, "aws_spot_archive": 0}.get(name, 1)
    rng = random.Random(name)

    def written() -> bytes:
        into = io.StringIO()
        csv.writer(into, delimiter=tab, lineterminator="\n").writerows(lines)
        return packed(name, into.getvalue())

    assert len(lines) - head >= 3
    for number in rng.sample(range(head, len(lines)), min(3, len(lines) - head)):
        for cell in range(len(lines[number])):
            whole = lines[number][cell]
            for value in rng.sample(ODD_TEXT, 2):
                lines[number][cell] = value
                try:
                    frame = parsed(source, written())
                except ValueError as error:
                    pytest.fail(f"{name}: line {number}, cell {cell} = {value!r}: {error}")
                assert frame.filter(pl.col("reason").is_null()).height > 0
            lines[number][cell] = whole


# --- prices ----------------------------------------------------------------------------------

NO_MEDIANS = pl.DataFrame(
    schema={
        "accelerator": pl.String,
        "market": pl.String,
        "median_price_usd_per_gpu_hour": pl.Float64,
    }
)


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    at = Capture("x", "all", "x", NOON, "")
    found = {
        each.name: each.parse((REFERENCE / each.file).read_bytes(), at)
        for each in discover()
        if each.file and each.contract.name in GPU_OFFERS.reads
    }
    rates = {"currency": "EUR", "observed_on": NOON.date(), "known_at": NOON}
    return found | {"exchange_rates": pl.DataFrame([rates | {"usd_per_currency_unit": 1.1}])}


def prepared(name: str, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    if name in JSON:
        body = dumped(documents(name))
    else:
        body = packed(name, (FIXTURES / name / EXAMPLES[name].file).read_text())
    frame = offers.prepare(parsed(SOURCES[name], body).with_columns(source=pl.lit(name)), tables)
    return frame.filter(pl.col("reason").is_null())


def judged(frame: pl.DataFrame, before: pl.DataFrame) -> tuple[float | None, int]:
    """The factor of a change of unit, and how many prices are set aside as implausible."""
    odd = frame.select(odd=offers.implausible(frame, NO_MEDIANS))["odd"]
    return offers.unit_change(frame, odd, before), int(odd.sum())


@pytest.mark.parametrize("name", EXAMPLES)
def test_one_price_a_thousand_times_too_high_is_set_aside_and_all_are_refused(name, tables):
    frame = prepared(name, tables)
    price = pl.col("price_usd_per_gpu_hour")
    last = frame["price_usd_per_gpu_hour"]
    unseen = pl.DataFrame(
        {"last": [None] * frame.height, "median": [None] * frame.height},
        schema={"last": pl.Float64, "median": pl.Float64},
    )
    seen = unseen.with_columns(last=last)
    assert judged(frame, unseen) == judged(frame, seen) == (None, 0)
    first = pl.int_range(pl.len()) == 0
    raised = pl.when(first).then(1e5 * price).otherwise(price)
    one = frame.with_columns(price_usd_per_gpu_hour=raised)
    if frame.height > 1:
        for before in (unseen, seen):
            assert judged(one, before) == (None, 1)
    # Machines priced whole where accelerators were, cents where dollars were.
    for factor in (8.0, 100.0, 0.01):
        all_moved = frame.with_columns(price_usd_per_gpu_hour=price * factor)
        assert judged(all_moved, seen)[0] == pytest.approx(factor)


def test_prices_that_are_odd_in_several_ways_are_no_change_of_unit(tables):
    frame = prepared("vast", tables)
    frame = pl.concat([frame] * 4).head(8)
    ways = pl.Series([1e3, 1e6, 1e-3, 1e-6, 1e9, 1e-9, 1.0, 1.0])
    last = pl.DataFrame({"last": frame["price_usd_per_gpu_hour"], "median": [2.0] * 8})
    odd = frame.with_columns(price_usd_per_gpu_hour=frame["price_usd_per_gpu_hour"] * ways)
    factor, aside = judged(odd, last)
    assert factor is None
    assert aside >= 4


def test_a_crash_of_all_prices_by_half_is_no_change_of_unit(tables):
    frame = prepared("runpod", tables)
    last = pl.DataFrame(
        {"last": frame["price_usd_per_gpu_hour"] * 2, "median": [2.0] * frame.height}
    )
    assert judged(frame, last) == (None, 0)
