"""The file people open: complete, documented, and never half written."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import warehouse as wh
from pipeline.build.model import Check, ModelError, models, rebuild
from pipeline.columns import COLUMNS
from pipeline.contracts import declared
from pipeline.contracts.own import OWN_TABLES
from pipeline.release import publish as publishing
from pipeline.release.publish import publish, verify
from pipeline.warehouse import PublishError, Warehouse, opened_for_reading, scratch
from tests.given.market import market, next_day, open_for_business
from tests.given.reader import reading
from tests.given.support import DERIVED, build, fill, rows

MADE = [each for each in models() if each.schema in DERIVED]
NEOCLOUD_LEVEL = """
    select median_price_usd_per_gpu_hour from marts.gpu_price_daily
    where tier = 'neocloud' and region_group = 'north_america' and observed_on = '2024-01-02'
"""
AWS_DAYS = """
    select count(*), max(observed_on)::varchar, max(price_usd_per_gpu_hour)
    from marts.provider_price_daily
    where provider = 'aws' and region = 'us-east-1' and market = 'on_demand'
    and accelerator = 'nvidia-h100-sxm-80gb'
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """The market, published once for the tests that only look."""
    store = Warehouse(tmp_path_factory.mktemp("published"))
    open_for_business(store)
    return store.published


def test_the_published_file_answers_the_first_question(published):
    with opened_for_reading(published) as db:
        assert rows(db, NEOCLOUD_LEVEL) == [{"median_price_usd_per_gpu_hour": 2.4}]


def test_the_published_file_has_every_schema(published):
    with opened_for_reading(published) as db:
        found = db.execute(
            "select schema_name || '.' || table_name from duckdb_tables() union all "
            "select schema_name || '.' || view_name from duckdb_views() where not internal"
        ).fetchall()
    names = {name for (name,) in found}
    assert names >= {each.table for each in declared()}
    assert names >= {f"known.{each.name}" for each in declared()} | {"known.quarantine"}
    assert names >= {each.table for each in MADE}
    assert names >= {f"vintage.{each.name}" for each in MADE}
    assert names >= {*OWN_TABLES, "meta.data_dictionary"}


def test_nobody_writes_through_a_read_only_connection(published):
    with (
        opened_for_reading(published) as db,
        pytest.raises(wh.DuckDBError, match="read-only"),
    ):
        db.execute("delete from marts.gpu_price_daily")


def test_clients_from_1_2_on_can_open_it(published):
    with opened_for_reading(published) as db:
        [(tags,)] = db.execute(
            "select tags from duckdb_databases() where database_name = 'warehouse'"
        ).fetchall()
    assert tags["storage_version"] == "v1.2.0+"


def test_no_checkpoint_takes_over_metadata_that_clients_before_1_4_cannot_follow(store):
    with store.connect() as db:
        [(reused,)] = db.execute("select current_setting('experimental_metadata_reuse')").fetchall()
    assert not reused


def test_every_table_and_view_says_what_one_row_is(published):
    with opened_for_reading(published) as db:
        found = db.execute(
            "select schema_name, table_name, comment from duckdb_tables() union all "
            "select schema_name, view_name, comment from duckdb_views() where not internal"
        ).fetchall()
    said = {(schema, name): comment for schema, name, comment in found}
    assert [name for name, comment in said.items() if not comment] == []
    level = next(each for each in MADE if each.name == "gpu_price_daily")
    assert said["marts", "gpu_price_daily"] == level.doc
    assert said["vintage", "gpu_price_daily"].endswith("known at the variable as_of.")


@pytest.mark.parametrize("schema", ["staging", "known", "steps", "marts", "vintage", "meta"])
def test_every_column_carries_its_meaning_and_unit(published, schema):
    with opened_for_reading(published) as db:
        found = db.execute(
            "select table_name, column_name, comment from duckdb_columns() where schema_name = ?",
            [schema],
        ).fetchall()
    assert found
    wrong = [row for row in found if row[2] != wh.described(row[1])]
    assert wrong == []


def test_the_data_dictionary_covers_every_column(published):
    with opened_for_reading(published) as db:
        missing = db.execute(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
            "where schema_name in ('staging', 'steps', 'marts') "
            "except select table_name, column_name, column_type from meta.data_dictionary"
        ).fetchall()
        [price] = rows(
            db,
            "from meta.data_dictionary where table_name = 'marts.provider_price_daily' "
            "and column_name = 'price_usd_per_gpu_hour'",
        )
        grain = rows(
            db,
            "select column_name from meta.data_dictionary where is_grain "
            "and table_name = 'staging.gpu_offers'",
        )
    assert missing == []
    assert (price["column_type"], price["unit"]) == ("DOUBLE", "USD/GPU-hour")
    assert price["meaning"] == COLUMNS["price_usd_per_gpu_hour"].doc
    assert {row["column_name"] for row in grain} == {"source", "offer_id", "observed_at"}


def test_a_mart_that_breaks_a_promise_is_published_as_it_last_was_good(store):
    open_for_business(store)
    dear = "select * from marts.provider_price_daily where price_usd_per_gpu_hour > 50"
    audit = Check("marts.provider_price_daily", "nothing_dear", "Why.", dear, blocks=True)
    mart = next(each for each in MADE if each.name == "provider_price_daily")
    with store.connect() as db:
        fill(db, [next_day(price_usd_per_gpu_hour=99.0)])
        build(db, "marts.host_price_daily", "steps.price_sighting")
        with pytest.raises(ModelError, match="nothing_dear"):
            rebuild(db, mart, [audit])
    publish(store)
    with opened_for_reading(store.published) as db:
        assert db.execute(AWS_DAYS).fetchall() == [(10, "2024-01-10", 4.0)]


def test_a_build_in_the_form_clients_read_is_copied_as_a_file(store, monkeypatch):
    copied = []
    copy = publishing._copied

    def noted(*told: object) -> bool:
        copied.append(copy(*told))
        return copied[-1]

    monkeypatch.setattr(publishing, "_copied", noted)
    open_for_business(store)
    publish(store)
    with store.connect() as db:
        db.execute("create table marts.spare as select range as n from range(1000000)")
        db.execute("checkpoint")
        db.execute("drop table marts.spare")
    monkeypatch.setattr(publishing, "MOST_HOLES", 0.01)
    publish(store)
    assert copied[-2:] == [True, False], "one full of holes is copied row by row"
    with opened_for_reading(store.published) as db:
        assert db.execute(AWS_DAYS).fetchall() == [(10, "2024-01-10", 4.0)]


def test_a_publish_that_fails_keeps_the_file_as_it_was(store, monkeypatch):
    open_for_business(store)
    before = store.published.read_bytes()
    with store.connect() as db:
        fill(db, [next_day()])
        build(db)

    def refuse(*_: object) -> None:
        raise PublishError("not what was built")

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "verify", refuse)
        with pytest.raises(PublishError):
            publish(store)
    assert store.published.read_bytes() == before
    publish(store)
    with opened_for_reading(store.published) as db:
        assert db.execute(AWS_DAYS).fetchall() == [(11, "2024-01-11", 4.0)]
    assert [each.name for each in store.root.glob("*.draft*")] == []


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("delete from copied.marts.a where n = 7", r"'marts.a': \(1000, 999\)"),
        ("insert into copied.marts.a values (7)", r"'marts.a': \(1000, 1001\)"),
        ("drop table copied.marts.a cascade", r"'marts.a': \(1000, 'absent'\)"),
        ("drop view copied.marts.b", r"'marts.b': \('view', 'absent'\)"),
        ("create table copied.marts.c (n int)", r"'marts.c': \('absent', 0\)"),
    ],
)
def test_verification_counts_every_row_of_the_draft(damage, complaint):
    with scratch() as db:
        for name in ("built", "copied"):
            db.execute(f"attach ':memory:' as {name}")
            db.execute(f"create schema {name}.marts")
            db.execute(f"create table {name}.marts.a as select range as n from range(1000)")
            db.execute(f"create view {name}.marts.b as from {name}.marts.a")
        verify(db, "built", "copied")
        db.execute(damage)
        with pytest.raises(PublishError, match=complaint):
            verify(db, "built", "copied")


def test_the_leftover_draft_of_a_crash_is_cleaned(store):
    open_for_business(store)
    for name in ("warehouse.draft.duckdb", "warehouse.draft.duckdb.wal"):
        (store.root / name).write_bytes(b"half of a database")
    publish(store)
    assert [each.name for each in store.root.glob("*.draft*")] == []
    with opened_for_reading(store.published) as db:
        assert db.execute(AWS_DAYS).fetchall() == [(10, "2024-01-10", 4.0)]


def test_edits_somebody_left_beside_the_old_file_never_reach_the_new_one(store):
    open_for_business(store)
    edit = (
        "import duckdb, os, sys; db = duckdb.connect(sys.argv[1]); "
        "db.execute('update marts.provider_price_daily set price_usd_per_gpu_hour = 77'); "
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", edit, store.published], check=True)
    assert store.published.with_name("warehouse.duckdb.wal").exists()
    publish(store)
    with opened_for_reading(store.published) as db:
        assert db.execute(AWS_DAYS).fetchall() == [(10, "2024-01-10", 4.0)]


def test_a_reader_of_the_old_file_neither_blocks_a_run_nor_notices_it(store):
    open_for_business(store)
    with reading(store.published) as old_reader:
        assert old_reader(AWS_DAYS) == [[10, "2024-01-10", 4.0]]
        with store.connect() as db:
            fill(db, [next_day(price_usd_per_gpu_hour=4.4)])
            build(db)
        publish(store)
        assert old_reader(AWS_DAYS) == [[10, "2024-01-10", 4.0]]
        assert old_reader("select count(*) from vintage.gpu_price_daily")[0][0] > 0
        with reading(store.published) as new_reader:
            assert new_reader(AWS_DAYS) == [[11, "2024-01-11", 4.4]]


def test_publishing_again_without_news_changes_no_row(store):
    open_for_business(store)
    everything = [f"from {each.table} order by all" for each in MADE]
    with opened_for_reading(store.published) as db:
        before = [db.execute(query).fetchall() for query in everything]
    inode = store.published.stat().st_ino
    publish(store)
    with opened_for_reading(store.published) as db:
        assert [db.execute(query).fetchall() for query in everything] == before
    assert store.published.stat().st_ino != inode


def test_a_table_that_moved_or_was_renamed_is_not_published_stale(store):
    open_for_business(store)
    with store.connect() as db:
        db.execute("create table marts.issuer_perimeter as from steps.issuer_perimeter")
        db.execute("create table steps.of_old as select 1 as n")
        wh.bump(db, "steps.of_old")
    publish(store)
    with opened_for_reading(store.published) as db:
        for table in ("marts.issuer_perimeter", "steps.of_old"):
            assert not wh.exists(db, table)
        assert wh.exists(db, "steps.issuer_perimeter")
        assert rows(db, "from meta.versions where table_name = 'steps.of_old'") == []


def test_the_market_of_these_tests_has_a_price_in_every_tier(published):
    with opened_for_reading(published) as db:
        levels = db.execute(
            "select tier, market, median_price_usd_per_gpu_hour from marts.gpu_price_daily "
            "where publication_status = 'published' and region_group = 'all' "
            "and observed_on = '2024-01-02' "
            "order by all"
        ).fetchall()
    assert levels == [
        ("hyperscaler", "on_demand", 4.0),
        ("hyperscaler", "on_demand", 5.0),
        ("hyperscaler", "reserved", 3.0),
        ("marketplace", "spot", 1.25),
        ("neocloud", "on_demand", 2.4),
    ]
    assert len(market()) == 10 * (5 + 4 + 1 + 6) + 1


def test_the_views_of_the_past_are_made_again_when_they_would_say_something_else(
    store, monkeypatch
):
    open_for_business(store)
    made = "select min(view_oid) from duckdb_views() where schema_name = 'vintage'"
    words = "select comment from duckdb_columns() where schema_name = 'vintage' and table_name = "
    words += "'provider_price_daily' and column_name = 'provider'"
    with store.connect() as db:
        before = db.execute(made).fetchall()
        publishing.prepare_views(db)
        assert db.execute(made).fetchall() == before, "nothing has changed"
        monkeypatch.setattr(publishing, "AS_OF", f"{publishing.AS_OF} and true")
        publishing.prepare_views(db)
        assert db.execute(made).fetchall() != before
        said = COLUMNS["provider"]._replace(doc="Who sells.", unit=None)
        monkeypatch.setattr(wh, "COLUMNS", {**COLUMNS, "provider": said})
        publishing.prepare_views(db)
        assert db.execute(words).fetchall() == [("Who sells.",)]
