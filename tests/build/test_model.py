from pathlib import Path

import pytest
import sqlglot

from pipeline import warehouse as wh
from pipeline.build import model as sql
from pipeline.build.lineage import parsed, rewound_once
from pipeline.build.model import (
    Check,
    Model,
    ModelError,
    fingerprint,
    models,
    rebuild,
    rewound,
    tables_read,
)  # fmt: skip
from tests.given.support import DERIVED, fill, offer, rows

CHEAP = """
select source, offer_id, price_usd_per_gpu_hour from staging.gpu_offers
"""


def made(query: str, *, grain=("source", "offer_id")) -> Model:
    return Model("marts.offers_now", "prices", "Offers.", grain, query, tables_read(query))


def test_dependencies_come_from_the_from_clauses():
    query = """
        with own as (select * from staging.gpu_offers)
        select * from own where exists (select 1 from marts.a union all select 1 from staging.b)
    """
    assert tables_read(query) == {"staging.gpu_offers", "marts.a", "staging.b"}


@pytest.mark.parametrize("query", ["drop table staging.gpu_offers", "select 1; select 2", "selec"])
def test_a_model_is_one_select(query):
    with pytest.raises(ModelError):
        tables_read(query)


def test_a_rewound_query_reads_only_what_was_known():
    text = rewound("select a.source from staging.gpu_offers as a join marts.b using (source)")
    assert "known.gpu_offers" in text
    assert "vintage.b" in text
    assert "staging." not in text


def test_the_past_of_a_table_has_its_common_expressions_in_one_list():
    """DuckDB 1.4.0 does not find those of a query that stands inside another's."""
    queries = {each.table: each.query for each in models() if not each.is_kept}

    def inner(node: object) -> list[str]:
        if isinstance(node, list):
            return [name for each in node for name in inner(each)]
        if not isinstance(node, dict):
            return []
        own = [each["key"] for each in node.get("cte_map", {}).get("map", ())]
        return own + [name for each in node.values() for name in inner(each)]

    shared = 0
    for table in queries:
        if table.startswith("meta."):
            continue
        [statement] = parsed(rewound_once(table, queries))["statements"]
        names = [each["key"] for each in statement["node"]["cte_map"]["map"]]
        assert inner(statement) == names, table
        shared += any(name.startswith("past_") for name in names)
    assert shared > 20


def test_a_common_expression_of_two_tables_keeps_both_meanings(db):
    """Both call theirs `one`; the second reads the first twice."""
    db.execute("create schema marts; create schema vintage; create table marts.x as select 1 as n")
    queries = {
        "marts.a": "with one as (select x.n + 1 as n from marts.x) select one.n from one",
        "marts.b": "with one as (select a.n * 10 as n from marts.a) "
        "select one.n + b.n as n from one cross join marts.a as b",
    }
    past = rewound_once("marts.b", queries).replace("vintage.x", "marts.x")
    assert db.execute(past).fetchall() == [(22,)]


def test_the_past_of_a_table_that_rests_on_a_recursive_one_can_be_asked(db):
    db.execute("create schema marts; create schema vintage; create table marts.x as select 1 as n")
    queries = {
        "marts.a": "with recursive steps as (select x.n from marts.x union all "
        "select steps.n + 1 from steps where steps.n < 3) select max(steps.n) as n from steps",
        "marts.b": "select a.n + b.n as n from marts.a cross join marts.a as b",
    }
    past = rewound_once("marts.b", queries).replace("vintage.x", "marts.x")
    assert db.execute(past).fetchall() == [(6,)]


def test_steps_and_marts_share_one_past():
    text = rewound("select a.source from steps.a join marts.b using (source)")
    assert "vintage.a" in text
    assert "vintage.b" in text


def test_a_step_with_the_name_of_a_mart_is_refused(tmp_path, monkeypatch):
    for layer in ("steps", "marts"):
        (tmp_path / layer / "prices").mkdir(parents=True)
        (tmp_path / layer / "prices" / "now.sql").write_text(f"-- What.\n-- grain: source{CHEAP}")
    monkeypatch.setattr(sql, "SQL", tmp_path)
    with pytest.raises(ModelError, match=r"steps\.now has the name of marts.now"):
        sql.models.__wrapped__()


def test_meta_has_no_vintage():
    with pytest.raises(ModelError, match="no vintage"):
        rewound("from meta.attempts")


def test_a_mart_with_two_rows_per_grain_never_replaces_the_last_good_one(db):
    fill(db, [offer(), offer(offer_id="b", price_usd_per_gpu_hour=5.0)])
    rebuild(db, made(CHEAP))
    doubled = made(CHEAP + " union all " + CHEAP)
    with pytest.raises(ModelError, match="more than one row"):
        rebuild(db, doubled)
    assert len(rows(db, "from marts.offers_now")) == 2


def test_a_column_outside_the_dictionary_never_replaces_the_last_good_one(db):
    fill(db, [offer()])
    rebuild(db, made(CHEAP))
    with pytest.raises(ModelError, match="cost"):
        rebuild(db, made("select source, offer_id, 1 as cost from staging.gpu_offers"))
    assert "cost" not in rows(db, "from marts.offers_now")[0]


def test_a_failed_audit_never_replaces_the_last_good_table(db):
    fill(db, [offer()])
    rebuild(db, made(CHEAP))
    fill(db, [offer(offer_id="b", price_usd_per_gpu_hour=100.0)])
    dear = "select * from marts.offers_now where price_usd_per_gpu_hour > 50"
    audit = Check("marts.offers_now", "nothing_dear", "Why.", dear, blocks=True)
    with pytest.raises(ModelError, match="nothing_dear"):
        rebuild(db, made(CHEAP), [audit])
    assert len(rows(db, "from marts.offers_now")) == 1
    warned = rebuild(db, made(CHEAP), [Check(*[*audit.__dict__.values()][:4], blocks=False)])
    assert warned.broken["nothing_dear"].height == 1
    assert len(rows(db, "from marts.offers_now")) == 2


def test_nothing_is_rebuilt_where_nothing_changed(db):
    fill(db, [offer()])
    assert rebuild(db, made(CHEAP)).rebuilt
    assert not rebuild(db, made(CHEAP)).rebuilt
    fill(db, [offer(offer_id="b")])
    assert rebuild(db, made(CHEAP)).rebuilt


def test_a_table_made_anew_that_says_what_it_said_makes_nothing_due(db):
    fill(db, [offer(region="us-east-1")])
    regions = made("select source, region as offer_id from staging.gpu_offers group by all")
    state = "select version, built_at from meta.versions where table_name = 'marts.offers_now'"
    assert rebuild(db, regions).rebuilt
    first = rows(db, state)
    fill(db, [offer(region="us-east-1", offer_id="b")])
    assert not rebuild(db, regions).rebuilt
    assert rows(db, state) == first
    # Nor is it looked at again, until something else lands.
    held = "select fingerprint from meta.versions where table_name = 'marts.offers_now'"
    assert rows(db, held) == [{"fingerprint": fingerprint(db, regions)}]
    fill(db, [offer(region="us-west-2", offer_id="c")])
    assert rebuild(db, regions).rebuilt
    assert rows(db, state) != first


def test_tables_carry_the_dictionarys_words(db):
    fill(db, [offer()])
    rebuild(db, made(CHEAP))
    [(doc,)] = db.execute(
        "select comment from duckdb_columns() where table_name = 'offers_now' "
        "and column_name = 'price_usd_per_gpu_hour'"
    ).fetchall()
    assert doc == wh.described("price_usd_per_gpu_hour")
    assert doc.endswith("[USD/GPU-hour]")


def test_each_model_comes_after_what_it_reads():
    seen: set[str] = set()
    for each in models():
        assert (
            not {
                table
                for table in each.reads
                if table.startswith(tuple(f"{each}." for each in DERIVED))
            }
            - seen
        )
        seen.add(each.table)


@pytest.mark.parametrize("path", sorted(sql.SQL.rglob("*.sql")), ids=lambda p: p.name)
def test_the_sql_reads_in_spark_too(path: Path):
    query = path.read_text(encoding="utf-8")
    strict = sqlglot.ErrorLevel.RAISE
    [spark] = sqlglot.transpile(query, read="duckdb", write="spark", unsupported_level=strict)
    sqlglot.parse_one(spark, read="spark")


@pytest.mark.parametrize("each", sql.checks(), ids=lambda c: f"{c.table}__{c.promise}")
def test_a_check_is_about_a_table_that_is_made(each: Check):
    assert each.table in {model.table for model in models()}
    assert each.table in tables_read(each.query)
