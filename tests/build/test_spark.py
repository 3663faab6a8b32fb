"""What Spark is asked instead of DuckDB; what it answers is the trial's (tests/trials/spark.py)."""

import duckdb
import polars as pl
import pytest
import sqlglot

from pipeline.build.spark import spark_sql, spark_type, typed
from tests.trials.spark import CASES, differing


@pytest.mark.parametrize("case", CASES)
def test_what_a_rule_must_answer_is_what_duckdb_answers(case: str):
    query, answer = CASES[case]
    with duckdb.connect() as db:
        assert not differing(pl.DataFrame(answer, infer_schema_length=None), db.sql(query).pl())
    sqlglot.parse_one(spark_sql(query, {}), read="spark")


def test_a_difference_of_a_millionth_is_seen_and_one_of_the_fifteenth_digit_is_not():
    one = pl.DataFrame({"k": ["a", "b"], "v": [1.0, 2.0]})
    turned = pl.DataFrame({"v": [2.0 + 1e-15, 1.0], "k": ["b", "a"]})
    assert not differing(one, turned)
    assert "v" in differing(one, one.with_columns(pl.col("v") + 1e-6))
    assert "rows" in differing(one, one.head(1))
    assert "v" in differing(one, one.with_columns(pl.lit(None, pl.Float64).alias("v")))


def test_names_are_settled_before_an_engine_reads_them():
    said = spark_sql(
        "select * exclude (b) from staging.t join staging.u using (k) group by all",
        {"staging.t": {"k": "BIGINT", "b": "DOUBLE"}, "staging.u": {"k": "BIGINT", "c": "DATE"}},
    ).lower()
    assert "*" not in said
    assert "using" not in said
    assert "group by all" not in said


def test_a_table_is_written_in_the_dictionarys_types_and_order():
    assert spark_type("observed_on") == "date"
    assert typed("select 1", ["provider_count"]) == (
        "select cast(`provider_count` as bigint) as `provider_count` from (select 1)"
    )
