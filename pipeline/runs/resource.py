"""The warehouse as a Dagster resource that holds the lock while a run uses it."""

from collections.abc import Iterator

import dagster as dg

from pipeline.runs.lock import hold, live
from pipeline.runs.stopping import overhear
from pipeline.warehouse import Warehouse

# A run of the daemon waits for one at a terminal. The next of the hourly ones would wait behind it.
WAIT_SECONDS = 1_800.0


def held(store: Warehouse) -> dg.ResourceDefinition:
    """A resource that lets one run at a time have the warehouse, whoever executes it.

    Dagster makes resources before the first step and undoes them after the last, in the process
    that executes the steps: at a terminal as in the daemon's worker.
    """

    @dg.resource
    def warehouse(context: dg.InitResourceContext) -> Iterator[Warehouse]:
        what = "materializing by hand"
        if (run := context.run) is not None:
            what = f"run {run.run_id[:8]}, {run.job_name}"
            live(store.root, run.run_id)
            overhear()
        say = context.log.info if context.log else print
        with hold(store.lock, what, wait_seconds=WAIT_SECONDS, say=say), store.kept_open():
            yield store

    return warehouse
