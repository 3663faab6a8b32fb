"""What a publication says of itself: what it changed, and how a row of it is cited."""

from datetime import UTC, date, datetime

import pytest

from pipeline import warehouse as wh
from pipeline.release.publish import publish
from pipeline.release.releases import note
from pipeline.warehouse import Warehouse, opened_for_reading
from tests.given.market import open_for_business
from tests.given.support import rows

KEY = "accelerator, tier, market, term_months, basis, region_group, observed_on"


@pytest.fixture(scope="module")
def twice(tmp_path_factory) -> Warehouse:
    """A small market, published again with a row changed, two gone and a column gone."""
    store = Warehouse(tmp_path_factory.mktemp("releases"))
    open_for_business(store)
    with opened_for_reading(store.published) as db:
        assert rows(db, "from meta.releases") == []  # there was nothing to compare with
    with store.connect() as db:
        oldest = f"select ({KEY}) from marts.gpu_price_daily order by {KEY}"
        db.execute(
            "update marts.gpu_price_daily set provider_count = 99 "
            f"where ({KEY}) in ({oldest} limit 1)"
        )
        db.execute(
            f"delete from marts.gpu_price_daily where ({KEY}) in ({oldest} limit 2 offset 1)"
        )
        db.execute("alter table marts.facility drop column amortisation")
        db.execute(
            "update meta.versions set version = version + 1 "
            "where table_name in ('marts.gpu_price_daily', 'marts.facility', 'marts.gpu_rent')"
        )
    publish(store)
    return store


def test_a_publication_says_of_each_table_what_it_changed_and_why(twice):
    with opened_for_reading(twice.published) as db:
        changed = {each["table_name"]: each for each in rows(db, "from changes('2020-01-01')")}
        assert rows(db, "from changes(now()::varchar)") == []
        [(build, left)] = db.execute(
            "select build_id, (select count(*) from marts.gpu_price_daily) from meta.publication"
        ).fetchall()
    # The third table was built anew, to the same rows.
    assert set(changed) == {"marts.gpu_price_daily", "marts.facility"}
    row = changed["marts.gpu_price_daily"]
    assert (row["row_count"], row["build_id"]) == (left, build)
    assert [row[f"rows_{each}_count"] for each in ("added", "removed", "changed")] == [0, 2, 1]
    assert row["change_reason"] == "restated history"
    assert changed["marts.facility"]["columns_changed"] == "amortisation"


def test_of_a_table_whose_changed_days_are_told_only_these_are_compared(tmp_path):
    store = Warehouse(tmp_path)
    open_for_business(store)
    told, untold = date(2024, 1, 3), date(2024, 1, 5)
    with store.connect() as db:
        db.execute(
            "update marts.gpu_price_daily set provider_count = 99 where observed_on in (?, ?)",
            [told, untold],
        )
        [(of_day,)] = db.execute(
            "select count(*) from marts.gpu_price_daily where observed_on = ?", [told]
        ).fetchall()
        wh.bump(db, "marts.gpu_price_daily", [told])
    publish(store)
    with opened_for_reading(store.published) as db:
        [row] = rows(db, "from changes('2020-01-01')")
        [(held,)] = db.execute("select count(*) from marts.gpu_price_daily").fetchall()
    assert (row["row_count"], row["rows_changed_count"]) == (held, of_day)


def test_a_row_is_cited_with_its_sources_and_its_build(twice):
    with opened_for_reading(twice.published) as db:
        cited = rows(
            db,
            "from cite('marts.gpu_price_daily', {tier: 'neocloud', region_group: 'all', "
            "observed_on: date '2024-01-02', market: 'on_demand'})",
        )
        [(build,)] = db.execute("select build_id from meta.publication").fetchall()
    assert cited
    assert {each["build_id"] for each in cited} == {build}
    assert all(each["source_urls"].startswith("http") for each in cited)


@pytest.mark.parametrize("body", [None, b"no database"])
def test_without_a_file_to_compare_with_nothing_is_said(db, tmp_path, body):
    before = tmp_path / "before.duckdb"
    if body:
        before.write_bytes(body)
    assert note(db, "draft", before, "a build", datetime.now(UTC)) == []
