"""Models and checks as Spark's SQL: the values it answers are those of DuckDB."""

import os
import subprocess
import sys

import polars as pl
import pytest

from pipeline.build.engine import CLIENT
from pipeline.build.model import checks, models
from pipeline.build.spark import spark_sql, spark_type, typed
from pipeline.warehouse import Warehouse
from tests.trials.spark import CASES, differing


@pytest.mark.skipif(not (CLIENT / "pysail").exists(), reason="Sail has no wheel for this machine")
def test_all_models_and_checks_answer_on_sail_what_they_answer_on_duckdb(committed: Warehouse):
    """In a process of its own: Sail's threads stay, and a child forked beside them would hang."""
    own = {name: value for name, value in os.environ.items() if name != "SPARK_REMOTE"}
    own["PYTHONPATH"] = str(CLIENT)
    asked = [sys.executable, "-m", "tests.trials.spark", str(committed.build), "--few"]
    told = subprocess.run(asked, capture_output=True, text=True, env=own, timeout=600)
    assert told.returncode == 0, told.stdout + told.stderr[-2_000:]
    lines = told.stdout.splitlines()
    alike = [each.split(" | ")[0] for each in lines if " | equal | " in each]
    names = [each.table for each in models()]
    names += [f"{each.table}__{each.promise}" for each in checks()]
    assert alike == names
    assert [each.split(" | ")[0] for each in lines if "as DuckDB" in each] == list(CASES)


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
