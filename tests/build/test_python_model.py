"""A model that SQL cannot say: its query is asked at every month's end, and a function answers."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipeline.build import model as sql
from pipeline.build import python_model
from pipeline.build.lineage import tables_read
from pipeline.build.model import Model, ModelError, models, rebuild, text_version
from pipeline.build.python_model import asked_at_month_ends, method_named
from tests.given.support import daily, fill, offer, rows

HERE = __name__
COUNTED = """
select provider, last_day((observed_at at time zone 'UTC')::date) as period_end_on,
count(*) as offer_count from staging.gpu_offers group by all
"""
METHODS = [each for each in models() if each.method]


def month_counts(answers: pl.DataFrame) -> pl.DataFrame:
    """What each month held when it ended."""
    ended = pl.col("period_end_on").dt.offset_by("1d") == pl.col("known_at").dt.date()
    return answers.filter(ended)


def broken(answers: pl.DataFrame) -> pl.DataFrame:
    raise ZeroDivisionError(f"no price in {answers.height} rows")


def made(method: str, query: str = COUNTED) -> Model:
    grain = ("provider", "period_end_on")
    reads = tables_read(query)
    return Model("marts.months", "prices", "Months.", grain, query, reads, f"{HERE}.{method}", 40)


def seen(on: date, known_on: date | None = None, **cells):
    known = datetime.combine(known_on or on, datetime.min.time(), UTC) + timedelta(hours=12)
    return offer(on=on, known_at=known, captured_at=known, **cells)


def test_each_month_end_is_answered_with_what_was_known_then(db):
    fill(
        db,
        [
            seen(date(2024, 1, 30)),
            seen(date(2024, 1, 31), known_on=date(2024, 2, 1)),
            seen(date(2024, 2, 10)),
        ],
    )
    answers = asked_at_month_ends(db, COUNTED, {}, lookback_days=400).sort("known_at")
    february, march = datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
    assert answers.sort("known_at", "period_end_on").rows() == [
        ("aws", date(2024, 1, 31), 1, february),
        ("aws", date(2024, 1, 31), 2, march),
        ("aws", date(2024, 2, 29), 1, march),
    ]


def test_a_fact_of_the_last_moment_of_the_month_is_known_when_it_ends(db):
    at = datetime(2024, 2, 1, tzinfo=UTC)
    fill(db, [offer(on=date(2024, 1, 31), known_at=at, captured_at=at)])
    assert asked_at_month_ends(db, COUNTED, {}, 40)["offer_count"].to_list() == [1]


def test_observations_older_than_the_look_back_are_not_read(db):
    fill(db, [*daily(60, start=date(2024, 1, 1))])
    answers = asked_at_month_ends(db, COUNTED, {}, lookback_days=10)
    # The first moment of the tenth day before the month's end is in.
    assert answers.filter(known_at=datetime(2024, 2, 1, tzinfo=UTC)).rows()[0][2] == 10


def test_the_month_that_is_not_over_has_no_row(db):
    now = datetime.now(UTC)
    fill(db, [offer(at=now.replace(day=1, hour=0, minute=0, second=0, microsecond=0))])
    assert asked_at_month_ends(db, COUNTED, {}, 40).is_empty()


def test_steps_and_marts_below_are_asked_at_the_month_end_too(db):
    fill(db, [seen(date(2024, 1, 30)), seen(date(2024, 1, 31), known_on=date(2024, 2, 5))])
    for derived in ("marts.counted", "steps.counted"):
        on_it = f"select provider, period_end_on, offer_count from {derived}"
        answers = asked_at_month_ends(db, on_it, {derived: COUNTED}, 40)
        assert answers["offer_count"].to_list() == [1]


def test_a_mart_without_sql_cannot_be_asked_about_the_past(db):
    fill(db, [offer()])
    with pytest.raises(ModelError, match="mystery"):
        asked_at_month_ends(db, "select * from marts.mystery", {}, 40)


def test_the_table_is_what_the_function_returns_with_the_dictionarys_words(db):
    fill(db, [seen(date(2024, 1, 30)), seen(date(2024, 2, 10))])
    assert rebuild(db, made("month_counts"), audits=()).rows == 2
    assert not rebuild(db, made("month_counts"), audits=()).rebuilt
    fill(db, [seen(date(2024, 2, 11))])
    assert rebuild(db, made("month_counts"), audits=()).rebuilt
    assert [each["offer_count"] for each in rows(db, "from marts.months order by known_at")] == [
        1,
        2,
    ]
    [(doc,)] = db.execute(
        "select comment from duckdb_columns() where table_name = 'months' "
        "and column_name = 'known_at'"
    ).fetchall()
    assert doc.startswith("First moment")
    left = db.execute("select schema_name from duckdb_schemas() where schema_name like '%_then'")
    assert left.fetchall() == []


def test_a_function_that_fails_leaves_the_last_good_table(db):
    fill(db, [seen(date(2024, 1, 30))])
    rebuild(db, made("month_counts"), audits=())
    fill(db, [seen(date(2024, 1, 31))])
    with pytest.raises(ModelError, match="broken: no price"):
        rebuild(db, made("broken"), audits=())
    assert rows(db, "select offer_count from marts.months") == [{"offer_count": 1}]
    assert db.execute("from duckdb_schemas() where schema_name like '%_then'").fetchall() == []


def test_a_month_that_ends_makes_the_table_old(db):
    fill(db, [seen(date(2024, 1, 30))])
    db.execute("set variable as_of = timestamptz '2024-01-31 23:59:59+00'")
    assert rebuild(db, made("month_counts"), audits=()).rows == 0
    assert not rebuild(db, made("month_counts"), audits=()).rebuilt
    db.execute("set variable as_of = timestamptz '2024-02-01 00:00:00+00'")
    assert rebuild(db, made("month_counts"), audits=()).rows == 1


def test_a_table_is_as_old_as_the_functions_module():
    assert text_version(made("month_counts")) != text_version(
        Model(
            *[getattr(made("x"), f) for f in ("table", "group", "doc", "grain", "query", "reads")]
        )
    )
    with pytest.raises(ModelError, match="not a module"):
        python_model.method_code("pipeline.methods.nothing.fit")


@pytest.mark.parametrize("model", METHODS, ids=lambda each: each.table)
def test_a_method_is_a_documented_function_and_its_mart_says_when_it_was_known(model):
    assert len(method_named(model.method).__doc__) > 80
    assert model.lookback_days == 0 or model.lookback_days > 31  # 0: asked once
    assert "period_end_on" in model.grain


def test_a_query_without_a_method_has_nothing_to_look_back_with(tmp_path, monkeypatch):
    (tmp_path / "marts" / "prices").mkdir(parents=True)
    text = f"-- What.\n-- lookback_days: 3\n-- grain: provider\n{COUNTED}"
    (tmp_path / "marts" / "prices" / "months.sql").write_text(text)
    monkeypatch.setattr(sql, "SQL", tmp_path)
    with pytest.raises(ModelError, match="only a method looks back"):
        sql.models.__wrapped__()


def test_a_method_is_as_old_as_the_methods_it_uses():
    code = python_model.method_code("pipeline.methods.price_movement.fit")
    assert "def fit(" in code
    assert "def estimate(" in code  # of pipeline.methods.multilateral
