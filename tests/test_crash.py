"""kill -9 at any moment leaves the last good warehouse, and the next run goes on from there."""

import multiprocessing
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from pipeline.release.export import export
from pipeline.warehouse import Warehouse
from tests.given.churn import (
    STATES,
    checksum,
    keep_building,
    keep_exporting,
    keep_publishing,
    publish_state,
)

# A server that has imported everything and opened nothing: each victim starts within milliseconds.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.given.churn"])


def kill_after(seconds: float, work: Callable, store: Warehouse) -> None:
    """Start the work in another process and kill it, in the middle of whatever it does by then."""
    heard, started = PROCESSES.Pipe(duplex=False)
    victim = PROCESSES.Process(target=work, args=(store.root, started))
    victim.start()
    try:
        assert heard.poll(60)
        time.sleep(seconds)
    finally:
        victim.kill()
        victim.join()
    assert victim.exitcode == -signal.SIGKILL, "ended by itself"


def test_a_kill_at_any_moment_leaves_the_last_good_warehouse(store):
    valid = {}
    for name in STATES:
        publish_state(store, name)
        valid[name] = checksum(store.published)
    assert [rows for rows, *_ in valid.values()] == [10, 50 + 13]
    moments = random.Random(7)
    for trial in range(24):
        work = (keep_building, keep_publishing)[trial // 2 % 2]
        kill_after(moments.uniform(0, 0.8), work, store)
        assert checksum(store.published) in valid.values()
        recovered = [*STATES][trial % 2]
        publish_state(store, recovered)
        assert checksum(store.published) == valid[recovered]
        assert not list(store.root.glob("*.draft*"))


def test_a_kill_while_exporting_leaves_whole_files(store):
    publish_state(store, "long")
    whole = {path: path.read_bytes() for path in export(store)}
    moments = random.Random(11)
    for _ in range(10):
        kill_after(moments.uniform(0, 0.3), keep_exporting, store)
        assert {path: path.read_bytes() for path in whole} == whole
        found = [*Path(store.exports).rglob("*.parquet")]
        assert set(found) == {path for path in whole if path.suffix == ".parquet"}
        assert all(pl.read_parquet(path).width for path in found)
    assert export(store) == [*whole]
    assert {path for path in store.exports.rglob("*") if path.is_file()} == set(whole)
