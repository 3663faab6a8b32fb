"""Marts as files: what a spreadsheet, R or pandas sees is what the warehouse holds."""

import csv
import json
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from pipeline.build.model import models
from pipeline.columns import COLUMNS, duckdb_type
from pipeline.contracts import declared
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.identity.offers import prepare
from pipeline.release.export import export
from pipeline.release.publish import publish
from pipeline.warehouse import Warehouse, opened_for_reading
from tests.given.market import START, open_for_business
from tests.given.support import build, fill, offer, typed

MARTS = {each.name: each for each in models() if each.schema == "marts"}
EACH_MART = pytest.mark.parametrize("name", MARTS)


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    """The exports of a warehouse that was published once, for the tests that only look."""
    store = Warehouse(tmp_path_factory.mktemp("exported"))
    open_for_business(store)
    export(store)
    return store.root


def in_mart(root: Path, name: str) -> list[tuple]:
    order = ", ".join(MARTS[name].grain)
    with opened_for_reading(root / "warehouse.duckdb") as db:
        return db.execute(f"from marts.{name} order by {order}").fetchall()


def test_each_mart_is_one_parquet_and_one_csv_and_nothing_else(exported):
    found = {path.relative_to(exported / "exports") for path in exported.glob("exports/**/*.*")}
    expected = {Path(kind, f"{name}.{kind}") for name in MARTS for kind in ("parquet", "csv")}
    assert found == expected


def test_nothing_published_nothing_exported(store):
    with pytest.raises(FileNotFoundError, match="published"):
        export(store)


@EACH_MART
def test_parquet_holds_the_mart_with_its_types(exported, name):
    path = exported / "exports" / "parquet" / f"{name}.parquet"
    assert duckdb.read_parquet(str(path)).fetchall() == in_mart(exported, name)
    schema = pl.read_parquet_schema(path)
    assert schema == {column: COLUMNS[column].dtype for column in schema}
    assert set(MARTS[name].grain) <= schema.keys()


@EACH_MART
def test_csv_holds_the_same_rows_to_the_last_digit(exported, name):
    parquet = exported / "exports" / "parquet" / f"{name}.parquet"
    types = {column: duckdb_type(column) for column in pl.read_parquet_schema(parquet)}
    path = exported / "exports" / "csv" / f"{name}.csv"
    rows = duckdb.read_csv(str(path), header=True, columns=types)
    assert rows.columns == [*types]
    assert rows.fetchall() == in_mart(exported, name)


@EACH_MART
def test_the_parquet_footer_says_what_each_column_means(exported, name):
    path = exported / "exports" / "parquet" / f"{name}.parquet"
    footer = pq.read_metadata(path).metadata
    assert footer[b"description"].decode() == MARTS[name].doc
    assert footer[b"grain"].decode().split(", ") == [*MARTS[name].grain]
    about = json.loads(footer[b"columns"])
    assert list(about) == pq.read_schema(path).names
    assert about == {
        each: {"unit": COLUMNS[each].unit, "meaning": COLUMNS[each].doc} for each in about
    }
    prices = [each for each in about if each.endswith("_usd_per_gpu_hour")]
    assert {about[each]["unit"] for each in prices} <= {"USD/GPU-hour"}


def test_the_daily_level_is_in_the_csv(exported):
    with (exported / "exports" / "csv" / "gpu_price_daily.csv").open(newline="") as file:
        [row] = [
            row
            for row in csv.DictReader(file)
            if (row["tier"], row["region_group"]) == ("neocloud", "world")
            and row["observed_on"] == "2024-01-02"
        ]
    assert row["median_price_usd_per_gpu_hour"] == "2.4"
    assert row["provider_count"] == "5"
    assert row["withheld_reason"] == ""


def test_a_second_export_is_the_same_to_the_byte(store):
    open_for_business(store)
    first = {path: path.read_bytes() for path in export(store)}
    publish(store)
    assert {path: path.read_bytes() for path in export(store)} == first


def test_an_export_that_fails_keeps_the_file_as_it_was(store):
    open_for_business(store)
    before = {path: path.read_bytes() for path in export(store)}
    draft = store.exports / "csv" / f".{next(iter(MARTS))}.csv.draft"
    draft.mkdir()
    with pytest.raises(duckdb.Error):
        export(store)
    assert {path: path.read_bytes() for path in before} == before
    draft.rmdir()
    assert [*export(store)] == [*before]


RUNS = ["=1+1", "=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3+cmd|' /C calc'!A0", "\t=1", "\r=1"]
HARMLESS = ["a=b", "us-east-1", "-1.5", "1-2", "p5.48xlarge (=8 GPUs)"]


@pytest.mark.parametrize("column", ["region", "instance_type", "host_id", "operator_id"])
@pytest.mark.parametrize("text", RUNS)
def test_an_offer_that_a_spreadsheet_would_run_is_set_aside(column, text):
    kept = prepared(**{column: text})
    assert kept["reason"].to_list() == [f"{column}: formula_text"]


@pytest.mark.parametrize("text", HARMLESS)
def test_text_that_only_looks_odd_stays(text):
    assert prepared(region=text)["reason"].to_list() == [None]


def prepared(**cells: str) -> pl.DataFrame:
    """One offer as a source parsed it, through `prepare` with the least reference that works."""
    row = offer(**cells)
    facts = {
        "accelerators": [{"accelerator": row["accelerator"]}],
        "providers": [{"provider": row["provider"], "aliases": ""}],
    }
    reference = {
        each.name: typed(each, facts.get(each.name, []))
        for each in declared()
        if each.name in GPU_OFFERS.reads
    }
    parsed = (
        typed(GPU_OFFERS, [row])
        .rename({"provider": "provider_raw"})
        .drop("region_group", "price_usd_per_gpu_hour", "price_usd_per_instance_hour")
        .with_columns(accelerator_raw=pl.lit(row["accelerator"]), reason=pl.lit(None, pl.String()))
    )
    return prepare(parsed, reference)


def test_a_text_that_a_spreadsheet_would_run_never_reaches_a_csv(store):
    bad = [
        offer(on=START, offer_id=str(number), host_id=f"m{number}", operator_id=text)
        for number, text in enumerate([*RUNS, *HARMLESS])
    ]
    with store.connect() as db:
        fill(db, bad)
        build(db)
    publish(store)
    export(store)
    with (store.exports / "csv" / "host_price_daily.csv").open(newline="") as file:
        in_csv = {row["host_id"]: row["operator_id"] for row in csv.DictReader(file)}
    parquet = pl.read_parquet(store.exports / "parquet" / "host_price_daily.parquet")
    in_parquet = dict(parquet.select("host_id", "operator_id").iter_rows())
    assert [in_parquet[f"m{n}"] for n in range(len(bad))] == [*RUNS, *HARMLESS]
    assert [in_csv[f"m{n}"] for n in range(len(bad))] == [*(f"'{text}" for text in RUNS), *HARMLESS]
