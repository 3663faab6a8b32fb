"""`make run` on a fresh warehouse, without network: under Dagster, or the same calls by themselves.

`python -m tests.benchmarks.whole_run <dagster|direct> <folder>` prints the seconds of each phase.
"""

import json
import os
import shutil
import socket
import sys
import time
from pathlib import Path

import dagster as dg

from pipeline import ingest
from pipeline.build import model as sql
from pipeline.cli.running import HOME
from pipeline.definitions import definitions
from pipeline.release.export import export
from pipeline.release.publish import publish
from pipeline.runs.command import QUIET
from pipeline.sources.source import discover
from pipeline.warehouse import Warehouse

Seconds = dict[str, float]


def refuse_the_network() -> None:
    """Sources answer at once that there is no network: the upstreams' speed is not ours."""

    def refuse(*_: object) -> None:
        raise ConnectionRefusedError("benchmarks never leave this machine")

    socket.socket.connect = refuse  # type: ignore[method-assign]
    socket.getaddrinfo = refuse  # type: ignore[assignment]


def under_dagster(store: Warehouse) -> Seconds:
    """Both jobs as `python -m pipeline run` runs them, with their history on disk."""
    start = time.perf_counter()
    built = definitions(warehouse=store)
    seconds = {"definitions": time.perf_counter() - start}
    os.chdir(store.root)  # dagster.yaml keeps its paths relative to where it runs
    shutil.copy(HOME / "dagster.yaml", store.root)
    start = time.perf_counter()
    with dg.DagsterInstance.from_config(str(store.root)) as instance:
        for name in ("ingest", "build"):
            began = time.perf_counter()
            result = built.resolve_job_def(name).execute_in_process(
                instance=instance, run_config=QUIET, raise_on_error=False
            )
            seconds[name] = time.perf_counter() - began
        steps = instance.get_run_step_stats(result.run_id)
    seconds["seconds"] = time.perf_counter() - start
    seconds["publish"] = sum(
        (step.end_time or 0.0) - (step.start_time or 0.0)
        for step in steps
        if step.step_key.startswith("published")
    )
    seconds["build"] -= seconds["publish"]
    return seconds


def direct(store: Warehouse) -> Seconds:
    """What the assets' bodies do, in the same order, one after the other, on one connection."""
    with store.kept_open():
        return _one_after_the_other(store)


def _one_after_the_other(store: Warehouse) -> Seconds:
    marks = [time.perf_counter()]
    for source in ingest.in_landing_order(discover()):
        attempts = ingest.capture(source, store)
        with store.connect() as db:
            ingest.register(db, source)
            ingest.record(db, attempts)
        with store.connect() as db:
            ingest.land(source, store, db)
    marks.append(time.perf_counter())
    failed: set[str] = set()
    with store.connect() as db:
        for model in sql.models():
            if model.reads & failed:
                failed.add(model.table)
                continue
            try:
                sql.rebuild(db, model)
            except sql.BUILD_ERRORS as error:
                failed.add(model.table)
                print(f"{model.table}: {error}"[:300], file=sys.stderr)
    marks.append(time.perf_counter())
    publish(store)
    export(store)
    marks.append(time.perf_counter())
    names = ("ingest", "build", "publish")
    seconds = {name: marks[n + 1] - marks[n] for n, name in enumerate(names)}
    return seconds | {"seconds": marks[-1] - marks[0]}


def counted(store: Warehouse) -> Seconds:
    with store.connect() as db:
        return {
            table: db.execute(f"select count(*) from {table}").fetchall()[0][0]
            for (table,) in db.execute(
                "select schema_name || '.' || table_name from duckdb_tables() where schema_name "
                "= 'marts' or table_name = 'gpu_offers'"
            ).fetchall()
        }


if __name__ == "__main__":
    refuse_the_network()
    fresh = Warehouse(Path(sys.argv[2]))
    phases = under_dagster(fresh) if sys.argv[1] == "dagster" else direct(fresh)
    print(json.dumps(phases | {"rows": counted(fresh)}))
