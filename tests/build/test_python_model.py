"""A model that SQL cannot say: its query is asked at every month's end, and a function answers."""

import random
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipeline import warehouse as wh
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


def counted(answers: pl.DataFrame) -> pl.DataFrame:
    return answers


def broken(answers: pl.DataFrame) -> pl.DataFrame:
    raise ZeroDivisionError(f"no price in {answers.height} rows")


def made(method: str, query: str = COUNTED) -> Model:
    grain = ("provider", "period_end_on")
    reads = tables_read(query)
    return Model("marts.months", "prices", "Months.", grain, query, reads, f"{HERE}.{method}")


# The same, asked at month ends.
ENDED = Model(
    "steps.month_ends", "prices", "Months.", ("provider", "period_end_on", "known_at"),
    COUNTED, tables_read(COUNTED), lookback_days=40,
)  # fmt: skip


def asked(db, query: str = COUNTED, derived=None, lookback_days: int = 40) -> pl.DataFrame:
    wh.create_declared(db)
    db.execute("create schema if not exists steps")
    asked_at_month_ends(db, "steps.month_ends", query, derived or {}, lookback_days)
    return db.sql("from steps.month_ends order by known_at, period_end_on").pl()


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
    answers = asked(db, lookback_days=400)
    february, march = datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
    assert answers.rows() == [
        ("aws", date(2024, 1, 31), 1, february),
        ("aws", date(2024, 1, 31), 2, march),
        ("aws", date(2024, 2, 29), 1, march),
    ]


def test_a_fact_of_the_last_moment_of_the_month_is_known_when_it_ends(db):
    at = datetime(2024, 2, 1, tzinfo=UTC)
    fill(db, [offer(on=date(2024, 1, 31), known_at=at, captured_at=at)])
    assert asked(db)["offer_count"].to_list() == [1]


def test_observations_older_than_the_look_back_are_not_read(db):
    fill(db, [*daily(60, start=date(2024, 1, 1))])
    answers = asked(db, lookback_days=10)
    # The first moment of the tenth day before the month's end is in.
    assert answers.filter(known_at=datetime(2024, 2, 1, tzinfo=UTC)).rows()[0][2] == 10


def test_the_month_that_is_not_over_has_no_row(db):
    now = datetime.now(UTC)
    fill(db, [offer(at=now.replace(day=1, hour=0, minute=0, second=0, microsecond=0))])
    assert asked(db).is_empty()


def test_steps_and_marts_below_are_asked_at_the_month_end_too(db):
    fill(db, [seen(date(2024, 1, 30)), seen(date(2024, 1, 31), known_on=date(2024, 2, 5))])
    for derived in ("marts.counted", "steps.counted"):
        on_it = f"select provider, period_end_on, offer_count from {derived}"
        answers = asked(db, on_it, {derived: COUNTED})
        assert answers["offer_count"].to_list() == [1]


def test_a_mart_without_sql_cannot_be_asked_about_the_past(db):
    fill(db, [offer()])
    with pytest.raises(ModelError, match="mystery"):
        asked(db, "select * from marts.mystery")


def test_the_table_is_what_the_function_returns_with_the_dictionarys_words(db):
    fill(db, [seen(date(2024, 1, 30)), seen(date(2024, 2, 10))])
    assert rebuild(db, made("counted"), audits=()).rows == 2
    assert not rebuild(db, made("counted"), audits=()).rebuilt
    fill(db, [seen(date(2024, 2, 11))])
    assert rebuild(db, made("counted"), audits=()).rebuilt
    query = "from marts.months order by period_end_on"
    assert [each["offer_count"] for each in rows(db, query)] == [1, 2]
    [(doc,)] = db.execute(
        "select comment from duckdb_columns() where table_name = 'months' "
        "and column_name = 'period_end_on'"
    ).fetchall()
    assert doc


def test_only_months_that_something_new_bears_on_are_asked_again(db):
    """New prices of a month that is not over, and what became public late, change no answer."""
    fill(db, [seen(date(2024, month, 10)) for month in (1, 2, 3, 4)])
    db.execute("set variable as_of = timestamptz '2024-04-20 00:00:00+00'")
    assert rebuild(db, ENDED, audits=()).rebuilt
    version = "select version from meta.versions where table_name = 'steps.month_ends'"
    before, held = db.execute(version).fetchall(), rows(db, "from steps.month_ends order by all")
    marks = "select known_at, fingerprint from meta.answers order by all"
    answered = db.execute(marks).fetchall()
    fill(db, [seen(date(2024, 4, 15)), seen(date(2024, 3, 12), known_on=date(2024, 4, 2))])
    assert not rebuild(db, ENDED, audits=()).rebuilt
    assert db.execute(version).fetchall() == before  # nothing that reads it is due
    assert rows(db, "from steps.month_ends order by all") == held
    # A price of January that was public then and lands only now: two ends looked at it.
    fill(db, [seen(date(2024, 1, 25))])
    assert rebuild(db, ENDED, audits=()).rebuilt
    changed = set(db.execute(marks).fetchall()) - set(answered)
    assert [end.month for end, _ in sorted(changed)] == [2, 3]


def test_answers_kept_are_those_that_would_be_given_now(db):
    """Over landings, corrections and removals, and months that end."""
    draw = random.Random(4)
    for _ in range(30):
        day = date(2024, 1, 1) + timedelta(days=draw.randrange(150))
        late = draw.choice([0, 0, 1, 20, 45])
        fill(db, [seen(day, known_on=day + timedelta(days=late), offer_id=str(draw.random()))])
        if draw.random() < 0.3:
            db.execute(
                "delete from staging.gpu_offers "
                "where offer_id = (select min(offer_id) from staging.gpu_offers)"
            )
            wh.bump(db, "staging.gpu_offers")  # of days it does not say; what lands says its own
        month = date(2024, draw.randrange(4, 8), 1)
        db.execute(f"set variable as_of = timestamptz '{month} 00:00:00+00'")
        rebuild(db, ENDED, audits=())
        kept = rows(db, "from steps.month_ends order by all")
        db.execute("delete from meta.answers")
        assert kept == asked(db).sort(pl.all()).to_dicts()


def test_another_text_asks_every_month_again(db):
    fill(db, [seen(date(2024, 1, 30)), seen(date(2024, 2, 10))])
    assert asked(db)["offer_count"].to_list() == [1, 1, 1]
    twice = COUNTED.replace("count(*)", "2 * count(*)")
    assert asked(db, twice)["offer_count"].to_list() == [2, 2, 2]
    more = COUNTED.replace("count(*)", "provider as operator, count(*)")
    assert "operator" in asked(db, more).columns


def test_a_function_that_fails_leaves_the_last_good_table(db):
    fill(db, [seen(date(2024, 1, 30))])
    rebuild(db, made("counted"), audits=())
    fill(db, [seen(date(2024, 1, 31))])
    with pytest.raises(ModelError, match="broken: no price"):
        rebuild(db, made("broken"), audits=())
    assert rows(db, "select offer_count from marts.months") == [{"offer_count": 1}]
    assert db.execute("from duckdb_schemas() where schema_name like '%_then'").fetchall() == []


def test_a_month_that_ends_makes_the_table_old(db):
    fill(db, [seen(date(2024, 1, 30))])
    db.execute("set variable as_of = timestamptz '2024-01-31 23:59:59+00'")
    assert rebuild(db, ENDED, audits=()).rows == 0
    assert not rebuild(db, ENDED, audits=()).rebuilt
    db.execute("set variable as_of = timestamptz '2024-02-01 00:00:00+00'")
    assert rebuild(db, ENDED, audits=()).rows == 1
    left = db.execute("select schema_name from duckdb_schemas() where schema_name like '%_then'")
    assert left.fetchall() == []


def test_a_table_is_as_old_as_the_functions_module():
    assert text_version(made("counted")) != text_version(
        Model(
            *[getattr(made("x"), f) for f in ("table", "group", "doc", "grain", "query", "reads")]
        )
    )
    with pytest.raises(ModelError, match="not a module"):
        python_model.method_code("pipeline.methods.nothing.fit")


@pytest.mark.parametrize("model", METHODS, ids=lambda each: each.table)
def test_a_method_is_a_documented_function_and_its_mart_says_when_it_was_known(model):
    assert len(method_named(model.method).__doc__) > 80
    assert model.lookback_days == 0
    assert "period_end_on" in model.grain


def test_a_method_is_not_asked_at_month_ends_itself(tmp_path, monkeypatch):
    (tmp_path / "marts" / "prices").mkdir(parents=True)
    text = f"-- What.\n-- lookback_days: 3\n-- method: a.b\n-- grain: provider\n{COUNTED}"
    (tmp_path / "marts" / "prices" / "months.sql").write_text(text)
    monkeypatch.setattr(sql, "SQL", tmp_path)
    with pytest.raises(ModelError, match="a method is not asked"):
        sql.models.__wrapped__()


def test_a_method_is_as_old_as_the_methods_it_uses():
    code = python_model.method_code("pipeline.methods.price_movement.fit")
    assert "def fit(" in code
    assert "def estimate(" in code  # of pipeline.methods.multilateral
