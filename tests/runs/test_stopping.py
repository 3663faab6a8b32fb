"""Ctrl-C and SIGTERM end a run in order, twice at once; what was published stands."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.warehouse import Warehouse
from tests.trials import tiny
from tests.trials.kills import HOME, start, unfinished

INTERRUPTED = """
import sys, time
from functools import partial
from pathlib import Path
from pipeline.runs.stopping import stoppable
from pipeline.warehouse import Warehouse, transaction

def work(heard):
    with Warehouse(Path(sys.argv[1])).connect() as db:
        db.execute("create or replace table t as select 1 as n")
        with transaction(db):
            db.execute("insert into t values (2)")
            print("begun", flush=True)
            db.execute(sys.argv[2])
    return 0

sys.exit(stoppable(work, lambda: "this stands"))
"""
LONG_QUERY = "select count(*) from range(10000000000) t(i) where i % 7 = sqrt(i)::bigint"


@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_query_in_hand_is_ended_and_rolled_back(tmp_path, by, code):
    run = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path), LONG_QUERY],
        cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stdout is not None
    assert run.stdout.readline() == "begun\n"
    time.sleep(1)
    began = time.monotonic()
    run.send_signal(by)
    _, said = run.communicate(timeout=60)
    assert run.returncode == code
    assert said == f"stopped by {by.name}: this stands\n", "one line, and no traceback"
    assert time.monotonic() - began < 30
    with Warehouse(tmp_path).connect() as db:
        assert db.execute("select n from t").fetchall() == [(1,)]


DEAF = """
import signal, sys, time
from pipeline.runs import stopping

def work(heard):
    def ignored(*_): pass
    for each in stopping.STOPPING:
        signal.signal(each, ignored)  # as a library does, or a long call that never returns
    print("begun", flush=True)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        time.sleep(0.1)
    return 0

sys.exit(stopping.stoppable(work, lambda: "this stands", float(sys.argv[1])))
"""


@pytest.mark.parametrize(("times", "patience"), [(2, 60), (1, 1)])
def test_twice_or_too_long_ends_at_once_whoever_has_the_signals(times, patience):
    run = subprocess.Popen(
        [sys.executable, "-c", DEAF, str(patience)],
        cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stdout is not None
    assert run.stdout.readline() == "begun\n"
    for _ in range(times):
        run.send_signal(signal.SIGTERM)
        time.sleep(0.5)
    _, said = run.communicate(timeout=30)
    assert run.returncode == 143
    assert said == "ended at once by SIGTERM; this stands\n"


def wait_for(path: Path, text: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if path.exists() and text in path.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} never says {text}")


@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_publishes_nothing_and_starts_no_further_job(tmp_path, monkeypatch, by, code):
    root = tmp_path / "warehouse"
    first = start(root)
    first.join(240)
    assert first.exitcode == 0
    before = Warehouse(root).published.read_bytes()
    monkeypatch.setenv(tiny.WITHIN, "30")
    run = subprocess.Popen(
        [sys.executable, "-m", "tests.trials.tiny", str(root)],
        cwd=HOME, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(root / "run.lock", f'"pid": {run.pid},')
    while not unfinished(root):
        time.sleep(0.2)
    os.kill(run.pid, by)
    _, said = run.communicate(timeout=60)
    assert run.returncode == code
    stands = r"the step in hand is rolled back; .*warehouse.duckdb of 20.* UTC stands"
    assert re.fullmatch(f"stopped by {by.name}: {stands}\n", said)
    assert Warehouse(root).published.read_bytes() == before
    with Warehouse(root).connect() as db:
        assert db.execute("select count(*) from staging.first").fetchall() == [(1,)]
    assert unfinished(root) == [], "a stopped run is over"
