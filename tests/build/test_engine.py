"""Tables made on a Spark-compatible engine are DuckDB's, and change only when they are good."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipeline.build.engine import CLIENT, Spark, Store, UnservedError, chosen
from pipeline.build.lineage import ModelError
from pipeline.build.model import growing, models
from pipeline.runs import described

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not (CLIENT / "pysail").exists(), reason="Sail has no wheel for this machine")
def test_what_sail_makes_is_what_duckdb_makes_and_a_pointer_waits_for_the_checks(tmp_path: Path):
    """Four acts in one child (tests/given/on_sail.py), which Sail lives in."""
    own = {name: value for name, value in os.environ.items() if name != "SPARK_REMOTE"}
    env = {**own, "PYTHONPATH": f"{ROOT}:{CLIENT}"}
    asked = [sys.executable, "-m", "tests.given.on_sail", str(tmp_path)]
    told = subprocess.run(asked, capture_output=True, text=True, env=env, cwd=ROOT, timeout=300)
    assert told.returncode == 0, told.stdout + told.stderr[-3_000:]
    assert told.stdout.splitlines() == [
        "equal to DuckDB, by day, each with its pointer",
        "a check that fails leaves the pointer and the table",
        "killed before the pointer: the old answer stands",
        "the next run finishes, equal to a whole build",
    ]


def test_an_engine_is_named_with_its_server_and_store_or_refused(tmp_path: Path):
    assert chosen({}) is None
    with pytest.raises(ModelError, match="SPARK_REMOTE"):
        chosen({"ENGINE": "spark"})
    with pytest.raises(ModelError, match="not flink"):
        chosen({"ENGINE": "flink"})
    url = tmp_path.as_uri()
    engine = chosen({"ENGINE": "spark", "SPARK_REMOTE": "sc://localhost:1", "STORE": url})
    assert engine is not None
    assert engine.store == Store.at(url)


@pytest.mark.parametrize(
    ("reads", "day", "why"),
    [
        ({"vintage.gpu_price_daily"}, "observed_on", "reads vintage.gpu_price_daily: .* the past"),
        ({"staging.gpu_offers", "known.gpu_offers"}, "observed_on", "reads known.gpu_offers"),
        ({"marts.gpu_price_daily"}, None, "month ends .* are DuckDB's"),
    ],
)
def test_the_past_and_answers_of_month_ends_are_not_asked_of_spark(tmp_path, reads, day, why):
    engine = Spark("sc://localhost:1", Store.at(tmp_path.as_uri()))
    with duckdb.connect() as db, pytest.raises(UnservedError, match=f"^marts.x .*{why}"):
        engine.make(db, "marts.x", "select 1 as cik", frozenset(reads), day)


def test_a_table_says_which_engine_makes_it():
    made = {each.table: described.kinds(each, {"ENGINE": "spark"}) for each in models()}
    assert {table for table, kinds in made.items() if "spark" in kinds} == growing()
    assert {table for table, kinds in made.items() if "duckdb" in kinds} == made.keys() - growing()
    month_ends = [each for each in models() if each.is_kept]
    assert month_ends
    assert not {each.table for each in month_ends} & growing()
    assert not any("spark" in described.kinds(each, {}) for each in models())


def test_a_pointer_names_one_folder_and_keeps_the_one_before(tmp_path: Path):
    store = Store.at(tmp_path.as_uri())
    assert store.pointer("marts.x") is None
    for folder in "abc":
        (tmp_path / "marts.x" / folder).mkdir(parents=True)
        store.point("marts.x", folder, ["build", 1, None])
    assert store.pointer("marts.x") == {"folder": "c", "of": ["build", 1, None]}
    assert sorted(each.name for each in (tmp_path / "marts.x").iterdir()) == [
        "b", "c", "current.json"
    ]  # fmt: skip
