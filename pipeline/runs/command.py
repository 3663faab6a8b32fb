"""What `python -m pipeline` does: the jobs one after the other, alone on the warehouse."""

import sys
import uuid

import dagster as dg

from pipeline.release.status import print_status
from pipeline.runs.dead import mark_dead_runs
from pipeline.runs.lock import hold, live
from pipeline.runs.stopping import Heard, say
from pipeline.warehouse import Warehouse

# Failures of single sources are in the table at the end and, in full, in the UI.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
JOBS = ("ingest", "build")


def run_jobs(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    store: Warehouse,
    heard: Heard,
    *,
    wait_seconds: float,
) -> int:
    """Ingest and build, with their history in the instance, and print what came of it.

    Returns:
        0 when a warehouse was published, whatever happened to single sources; 1 otherwise, also
        when a signal ended it (`heard` then says which).

    Raises:
        BusyError: another run holds the warehouse.
    """
    with hold(store.lock, "python -m pipeline", wait_seconds=wait_seconds, say=say):
        for line in mark_dead_runs(instance, store.root):
            say(line)
        store.check()
        for name in JOBS:
            run_id = str(uuid.uuid4())
            live(store.root, run_id)
            try:
                result = defs.resolve_job_def(name).execute_in_process(
                    instance=instance, run_config=QUIET, raise_on_error=False, run_id=run_id
                )
            finally:
                # A signal between two of Dagster's own lines leaves the run as it was then.
                run = instance.get_run_by_id(run_id)
                if run is not None and not run.is_finished:
                    instance.report_run_failed(run, "Stopped before Dagster took notice.")
            if heard.by is not None:
                return 1
        for event in result.get_step_failure_events():
            failure = event.step_failure_data
            say(f"{event.step_key}: {failure.user_failure_data or failure.error}")
        print_status(sys.stdout, store)
        return 0 if result.success else 1
