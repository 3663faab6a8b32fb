"""Tables made on a Spark-compatible engine are DuckDB's, and change only when they are good."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.build.engine import CLIENT, Store, chosen
from pipeline.build.lineage import ModelError

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
