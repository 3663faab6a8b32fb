"""kill -9 at any moment leaves the last good warehouse, and the next run goes on from there."""

import hashlib
import json
import multiprocessing
import random
import shutil
import signal
import time
from collections.abc import Callable
from datetime import timedelta

import polars as pl

from pipeline.build.model import models
from pipeline.release.export import export
from pipeline.warehouse import Warehouse, opened_for_reading
from tests.given.churn import (
    BY_DAY,
    STATES,
    build_everything,
    checksum,
    keep_adding,
    keep_building,
    keep_exporting,
    keep_publishing,
    publish_state,
)
from tests.given.market import DAYS, START
from tests.given.support import build, fill, rows

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
    build_everything(store)
    valid = {}
    for name in STATES:
        publish_state(store, name)
        valid[name] = checksum(store.published)
    assert [rows for rows, *_ in valid.values()] == [10, 50 + 13]
    moments = random.Random(7)
    for trial in range(8):
        work = (keep_building, keep_publishing)[trial // 2 % 2]
        kill_after(moments.uniform(0, 0.8), work, store)
        assert checksum(store.published) in valid.values()
        recovered = [*STATES][trial % 2]
        publish_state(store, recovered)
        assert checksum(store.published) == valid[recovered]
        assert not list(store.root.glob("*.draft*"))


def test_a_kill_while_exporting_leaves_the_files_of_one_publication(store):
    build_everything(store)
    for name in STATES:
        publish_state(store, name)
        shutil.copytree(store.root, store.root.with_name(name))
    export(store)
    moments = random.Random(11)
    seen = set()
    for _ in range(6):
        kill_after(moments.uniform(0, 0.6), keep_exporting, store)
        seen.add(whole_exports(store)["files"]["csv/provider_price_daily.csv"]["rows"])
        assert {each.name for each in store.exports.iterdir() if each.name[0] != "."} == SHOWN
    assert seen <= {10, 50 + 13}
    export(store)
    with opened_for_reading(store.published) as db:
        [(build, published_at)] = db.execute("from meta.publication").fetchall()
    manifest = whole_exports(store)
    assert manifest["build_id"] == build
    assert manifest["published_at"] == published_at.isoformat()
    left = {each.name for each in (store.exports / ".releases").iterdir()}
    assert len(left) <= 2
    assert not [each for each in left if "draft" in each]


def test_a_kill_in_the_middle_of_building_by_day_leaves_what_building_all_comes_to(store):
    with store.connect() as db:
        fill(db, STATES["long"])
        build(db, *BY_DAY)
    moments = random.Random(13)
    for _ in range(2):
        kill_after(moments.uniform(0.1, 0.9), keep_adding, store)
        with store.connect() as db:
            build(db, *BY_DAY)
            for model in models():
                if model.by_day:
                    held, whole = f"from {model.table}", f"from ({model.query})"
                    assert rows(db, f"{held} order by all") == rows(db, f"{whole} order by all")
            [newest] = rows(db, "select max(observed_on) as on_day from marts.host_price_daily")
        assert newest["on_day"] >= START + timedelta(days=DAYS + 40)


SHOWN = {"parquet", "csv", "xlsx", "manifest.json", "datapackage.json", "SHA256SUMS"}


def whole_exports(store: Warehouse) -> dict:
    """The manifest, after every file was held against it."""
    manifest = json.loads((store.exports / "manifest.json").read_text())
    found = {
        str(path.relative_to(store.exports)): hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in ("parquet", "csv", "xlsx")
        for path in (store.exports / kind).iterdir()
    }
    assert found == {name: each["sha256"] for name, each in manifest["files"].items()}
    for name, each in manifest["files"].items():
        if name.startswith("parquet"):
            assert pl.read_parquet(store.exports / name).height == each["rows"]
    return manifest
