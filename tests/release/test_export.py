"""Marts as files: what a spreadsheet, R or pandas sees is what the warehouse holds."""

import csv
import errno
import hashlib
import json
import shutil
import subprocess
import sys
from datetime import date, datetime
from functools import cache
from pathlib import Path

import duckdb
import openpyxl
import polars as pl
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from pipeline import warehouse as wh
from pipeline.build.model import models
from pipeline.columns import COLUMNS, duckdb_type
from pipeline.contracts import declared
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.identity.offers import prepare
from pipeline.release import export as exporting
from pipeline.release import parts
from pipeline.release.datapackage import licences
from pipeline.release.export import export
from pipeline.release.parts import Part
from pipeline.release.publish import publish
from pipeline.release.state import states_of
from pipeline.release.workbook import _write
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
    shutil.copytree(store.root, store.root.with_name("published"))
    export(store)
    return store.root


@pytest.fixture
def business(exported: Path, store: Warehouse) -> Warehouse:
    """The same warehouse, published and not yet exported, for the tests that change it."""
    shutil.copytree(exported.with_name("published"), store.root)
    return store


def go_on(store: Warehouse) -> None:
    """One more price, built."""
    with store.connect() as db:
        fill(db, [offer(on=START, offer_id="new", price_usd_per_gpu_hour=4.4)])
        build(db, "marts.provider_price_daily")


def in_mart(root: Path, name: str) -> list[tuple]:
    return in_marts(root)[name]


@cache
def in_marts(root: Path) -> dict[str, list[tuple]]:
    """Rows of each mart, read at once: opening the file costs more than any of them."""
    with opened_for_reading(root / "warehouse.duckdb") as db:
        return {
            name: db.execute(f"from marts.{name} order by {', '.join(mart.grain)}").fetchall()
            for name, mart in MARTS.items()
        }


def test_each_mart_is_one_parquet_and_one_csv_and_nothing_else(exported):
    for kind in ("parquet", "csv"):
        found = {path.name for path in (exported / "exports" / kind).iterdir()}
        assert found == {f"{name}.{kind}" for name in MARTS}
    books = {path.stem for path in (exported / "exports" / "xlsx").iterdir()}
    assert books == {each.group for each in MARTS.values()}


def test_the_manifest_says_of_which_publication_the_files_are(exported):
    manifest = json.loads((exported / "exports" / "manifest.json").read_text())
    with opened_for_reading(exported / "warehouse.duckdb") as db:
        [(build, at)] = db.execute("from meta.publication").fetchall()
    assert (manifest["build_id"], manifest["published_at"]) == (build, at.isoformat())
    books = {each.group for each in MARTS.values()}
    assert len(manifest["files"]) == 2 * len(MARTS) + len(books)
    sums = (exported / "exports" / "SHA256SUMS").read_text().splitlines()
    assert sums == [f"{about['sha256']}  {file}" for file, about in manifest["files"].items()]
    for file, about in manifest["files"].items():
        body = (exported / "exports" / file).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (about["bytes"], about["sha256"])
        if file.startswith("xlsx/"):
            continue
        assert about["table"] == f"marts.{Path(file).stem}"
        assert about["rows"] == len(in_mart(exported, Path(file).stem))


def test_a_folder_of_exports_is_read_as_one_always_did(exported):
    parquet = exported / "exports" / "parquet"
    assert len(duckdb.sql(f"select distinct filename from read_parquet('{parquet}/gpu_*.parquet', "
                          "union_by_name = true, filename = true)").fetchall()) > 1  # fmt: skip
    assert pl.scan_parquet(parquet / "gpu_price_daily.parquet").collect().height > 0
    assert pq.ParquetDataset(parquet / "gpu_price_daily.parquet").read().num_rows > 0


def test_files_of_another_version_give_way_and_those_of_a_mart_that_is_gone_disappear(business):
    store = business
    for kind in ("parquet", "csv"):
        (store.exports / kind).mkdir(parents=True)
        (store.exports / kind / f"gone.{kind}").write_bytes(b"of a mart that is no more")
    (store.exports / "fleet").mkdir()
    (store.exports / "fleet" / "mine.parquet").write_bytes(b"somebody's own")
    export(store)
    assert {each.name for each in (store.exports / "csv").iterdir()} == {f"{m}.csv" for m in MARTS}
    assert [*store.exports.rglob("gone.*")] == []
    assert (store.exports / "fleet" / "mine.parquet").read_bytes() == b"somebody's own"


def test_whoever_reads_the_release_before_is_not_disturbed(business):
    store = business
    export(store)
    reading = (store.exports / "parquet").resolve()
    before = {path: path.read_bytes() for path in reading.iterdir()}
    publish(store)
    export(store)
    assert (store.exports / "parquet").resolve() != reading
    assert {path: path.read_bytes() for path in before} == before
    export(store)
    assert not reading.exists()


def test_a_writer_that_holds_the_published_file_stops_neither_publishing_nor_exporting(business):
    store = business
    hold = "import duckdb, sys; db = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, store.published], stdin=-1, stdout=-1, text=True
    ) as writer:
        writer.stdout.readline()
        with pytest.raises(duckdb.IOException, match="lock"), opened_for_reading(store.published):
            pass
        export(store)  # of the file that is held
        held_id = json.loads((store.exports / "manifest.json").read_text())["build_id"]
        go_on(store)
        publish(store)
        export(store)
        writer.communicate("\n")
    manifest = json.loads((store.exports / "manifest.json").read_text())
    with opened_for_reading(store.published) as db:
        [(build_id, _)] = db.execute("from meta.publication").fetchall()
    assert manifest["build_id"] == build_id != held_id


def test_a_build_that_went_on_since_is_not_what_is_exported(business):
    store = business
    export(store)
    before = (store.exports / "csv" / "provider_price_daily.csv").read_bytes()
    go_on(store)
    export(store)
    assert (store.exports / "csv" / "provider_price_daily.csv").read_bytes() == before


def test_a_published_file_that_is_damaged_is_replaced_by_the_next_run(business):
    store = business
    store.published.write_bytes(b"no database " * 1000)
    publish(store)
    export(store)
    assert in_mart(store.root, "gpu_price_daily")


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
    moments = {n for n, (_, kind) in enumerate(types.items()) if kind.startswith("TIMESTAMP")}
    whole = [
        tuple(
            cell.replace(microsecond=0) if n in moments and cell is not None else cell
            for n, cell in enumerate(row)
        )
        for row in in_mart(exported, name)
    ]
    assert rows.fetchall() == whole


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
            if (row["tier"], row["region_group"]) == ("neocloud", "all")
            and row["observed_on"] == "2024-01-02"
        ]
    assert row["median_price_usd_per_gpu_hour"] == "2.4"
    assert row["provider_count"] == "5"
    assert row["withheld_reason"] == ""


def test_a_second_export_is_the_same_to_the_byte(business):
    store = business
    first = {path: path.read_bytes() for path in export(store)}
    publish(store)
    assert {path: path.read_bytes() for path in export(store)} == first


def test_only_files_whose_table_changed_are_written_again(business):
    store = business
    first = {path: (path.read_bytes(), path.stat().st_ino) for path in export(store)}
    damaged = store.exports / "csv" / "facility.csv"
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-1] + b"?")
    go_on(store)
    with store.connect() as db:
        wh.bump(db, "marts.provider_price_daily")
    publish(store)
    written = {path for path in export(store) if path.stat().st_ino != first[path][1]}
    changed = {f"{kind}/provider_price_daily.{kind}" for kind in ("parquet", "csv")}
    more = {"csv/facility.csv", "parquet/facility.parquet", "xlsx/prices.xlsx"}
    assert {str(path.relative_to(store.exports)) for path in written} == changed | more
    assert damaged.read_bytes() == whole
    manifest = json.loads((store.exports / "manifest.json").read_text())
    for name, about in manifest["files"].items():
        assert hashlib.sha256((store.exports / name).read_bytes()).hexdigest() == about["sha256"]


def test_an_export_that_fails_keeps_the_files_as_they_were(business, monkeypatch):
    store = business
    before = {path: path.read_bytes() for path in export(store)}
    manifest = (store.exports / "manifest.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(exporting, "_write", full)
    with pytest.raises(OSError, match="No space left"):
        export(store)
    assert {path: path.read_bytes() for path in before} == before
    assert (store.exports / "manifest.json").read_bytes() == manifest
    assert len([*(store.exports / ".releases").iterdir()]) == 1
    monkeypatch.undo()
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


def test_a_text_that_a_spreadsheet_would_run_never_reaches_a_csv(business):
    bad = [
        offer(on=START, offer_id=str(number), host_id=f"new{number}", operator_id=text)
        for number, text in enumerate([*RUNS, *HARMLESS])
    ]
    store = business
    with store.connect() as db:
        fill(db, bad)
        build(db, "marts.host_price_daily")
    publish(store)
    export(store)
    with (store.exports / "csv" / "host_price_daily.csv").open(newline="") as file:
        in_csv = {row["host_id"]: row["operator_id"] for row in csv.DictReader(file)}
    parquet = pl.read_parquet(store.exports / "parquet" / "host_price_daily.parquet")
    in_parquet = dict(parquet.select("host_id", "operator_id").iter_rows())
    assert [in_parquet[f"new{n}"] for n in range(len(bad))] == [*RUNS, *HARMLESS]
    written = [in_csv[f"new{n}"] for n in range(len(bad))]
    assert written == [*(f"'{text}" for text in RUNS), *HARMLESS]


def as_if_new(store: Warehouse, on: date, table: str = "marts.host_price_daily") -> None:
    """A price of one day is another one, which is told as a build tells it; published."""
    with store.connect() as db:
        db.execute(
            f"update {table} set price_usd_per_gpu_hour = price_usd_per_gpu_hour + 1 "
            "where observed_on = ?",
            [on],
        )
        wh.bump(db, table, [on])
    publish(store)


@pytest.fixture
def long_held(business: Warehouse, monkeypatch) -> Warehouse:
    """Prices of machines over three years, of the middle one many; what is large is 120 rows."""
    for kind in parts.PART_ROWS:
        monkeypatch.setitem(parts.PART_ROWS, kind, 120)
    table = "marts.host_price_daily"
    with business.connect() as db:
        [(a_day,)] = db.execute(f"select count(*) from {table} where observed_on = ?", [START])\
            .fetchall()  # fmt: skip
        moved = f"insert into {table} select * replace (observed_on + interval ({{}}) day as "
        moved += f"observed_on) from {table} where observed_on = date '{START}'"
        for days in (-60, -2, 31, 45, 62, 70, 366):
            db.execute(moved.format(days))
        assert a_day * 7 < 120 < a_day * 14
        wh.bump(db, table)
    publish(business)
    return business


def test_a_large_table_is_in_parts_by_year_and_a_large_year_by_month(long_held):
    written = {path.name for path in export(long_held)}
    labels = ("2023", "2024-01", "2024-02", "2024-03", "2025")
    found = {name for name in written if name.startswith("host_price_daily")}
    assert found == {f"host_price_daily_{n}.{k}" for n in labels for k in ("csv", "parquet")}
    assert {"provider_price_daily.csv", "facility.parquet"} <= written
    folder = long_held.exports
    held = in_mart_now(long_held)
    parquet = f"{folder}/parquet/host_price_daily*.parquet"
    assert sorted(duckdb.read_parquet(parquet).fetchall(), key=str) == held
    assert len(duckdb.read_csv(f"{folder}/csv/host_price_daily*.csv").fetchall()) == len(held)
    package = json.loads((folder / "datapackage.json").read_text())
    names = {each["name"] for each in package["resources"]}
    assert {f"host_price_daily_{label}" for label in labels} <= names
    [model] = [each for each in models() if each.name == "host_price_daily"]
    with opened_for_reading(long_held.published) as db:
        assert parts.parts_of(db, model.table, model, len(held)) == [Part()]
        assert len(parts.parts_of(db, model.table, model, len(held) - 1)) == 3


def test_the_readme_says_from_how_many_rows_on_a_file_is_in_parts():
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"a CSV of over {parts.PART_ROWS['csv']:,} rows is in parts" in readme
    assert (parts.PART_ROWS["parquet"], "Parquet of over a million" in readme) == (1_000_000, True)


def in_mart_now(store: Warehouse) -> list[tuple]:
    with opened_for_reading(store.published) as db:
        return sorted(db.execute("from marts.host_price_daily").fetchall(), key=str)


def test_of_a_large_table_only_the_part_whose_day_changed_is_written_again(long_held):
    def inodes() -> dict[str, int]:
        return {
            path.name: path.stat().st_ino
            for path in (long_held.exports / "parquet").glob("host_price_daily*")
        }

    export(long_held)
    first = inodes()
    # Two publications on, of which one was never exported: both days are written.
    as_if_new(long_held, date(2024, 2, 1))
    as_if_new(long_held, date(2023, 11, 2))
    export(long_held)
    then = inodes()
    assert {name for name in then if then[name] != first.get(name)} == {
        "host_price_daily_2024-02.parquet", "host_price_daily_2023.parquet",
    }  # fmt: skip
    said = duckdb.read_parquet(f"{long_held.exports}/parquet/host_price_daily*.parquet").fetchall()
    assert sorted(said, key=str) == in_mart_now(long_held)


def test_a_part_is_taken_over_only_where_it_is_told_that_none_of_its_days_changed(long_held):
    export(long_held)
    table, of_2025 = "marts.host_price_daily", Part("2025", "observed_on", date(2025, 1, 1))
    file = "csv/host_price_daily_2025.csv"
    code = json.loads((long_held.exports / "manifest.json").read_text())["code"]

    def taken(said: str, days: list[date] | None, part: Part = of_2025) -> list[str]:
        """Which of the files, after something is done to the build and days change; undone."""
        with long_held.connect() as db:
            db.execute("begin")
            db.execute(said)
            wh.bump(db, table, days)
            before = parts.Before(long_held.exports / ".current", code, states_of(db), db)
            found = before.of_part(long_held.root / "draft", table, part, file)
            db.execute("rollback")
        shutil.rmtree(long_held.root / "draft", ignore_errors=True)
        return [*found]

    other_text = "update meta.versions set code_version = 'other' where table_name like 'marts.%'"
    a_copy_of_before = "update meta.built_from set input_name = 'other' where version = 0"
    elsewhere, inside = date(2024, 2, 1), date(2025, 1, 1)
    assert taken("select 1", [elsewhere]) == [file]
    assert taken("select 1", [elsewhere, inside]) == []
    assert taken("select 1", None) == []
    assert taken(other_text, [elsewhere]) == []
    assert taken(a_copy_of_before, [elsewhere]) == []
    assert taken("select 1", [elsewhere], Part()) == []
    with (long_held.exports / file).open("a") as damaged:
        damaged.write("and more")
    assert taken("select 1", [elsewhere]) == []


def test_a_moment_in_csv_is_one_that_spreadsheets_read():
    cell = exporting._csv_cell("known_at", "TIMESTAMP WITH TIME ZONE")
    moment = "timestamptz '2026-11-27 14:00:00.5+02:00' as known_at"
    assert duckdb.sql(f"select {cell} from (select {moment})").fetchall() == [
        ("2026-11-27T12:00:00Z",)
    ]


def test_the_package_describes_each_csv_as_it_is(exported):
    package = json.loads((exported / "exports" / "datapackage.json").read_text())
    found = {each["path"]: each for each in package["resources"]}
    assert found.keys() == {f"csv/{name}.csv" for name in MARTS}
    for path, about in found.items():
        with (exported / "exports" / path).open(newline="") as file:
            heads = next(csv.reader(file))
        assert heads == [field["name"] for field in about["schema"]["fields"]]
        assert {*about["schema"]["primaryKey"]} <= {*heads}
    # The small market landed by hand: no source says under which licence.
    model = MARTS["gpu_price_daily"]
    assert licences(model, {"staging.gpu_offers": ["CC BY 4.0"], "staging.rates": ["x"]}) == [
        "CC BY 4.0"
    ]


def test_a_workbook_is_read_back_with_numbers_days_and_citations(exported):
    book = openpyxl.load_workbook(exported / "exports" / "xlsx" / "prices.xlsx", read_only=True)
    assert book.sheetnames[:2] == ["Contents", "Dictionary"]
    rows = book["gpu_price_daily"].iter_rows(values_only=True)
    heads = next(rows)
    cells = [dict(zip(heads, row, strict=True)) for row in rows]
    [level] = [
        each["median_price_usd_per_gpu_hour"]
        for each in cells
        if (each["tier"], each["region_group"], each["observed_on"])
        == ("neocloud", "all", datetime(2024, 1, 2))  # noqa: DTZ001
    ]
    assert level == 2.4
    assert all("marts.gpu_price_daily [accelerator=" in each["cite"] for each in cells)
    meaning = {row[1]: row[5] for row in book["Dictionary"].iter_rows(values_only=True)}
    assert meaning["median_price_usd_per_gpu_hour"] == (
        COLUMNS["median_price_usd_per_gpu_hour"].doc
    )


def test_a_text_that_looks_like_a_formula_stays_text(tmp_path):
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as book:
        _write(book.add_worksheet(), 0, 0, "=1+1", None)
    [[cell]] = openpyxl.load_workbook(path).active.iter_rows()
    assert (cell.value, cell.data_type) == ("=1+1", "s")
