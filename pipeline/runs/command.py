"""Jobs at a terminal: one after the other, alone on the warehouse, watched, and what came of it."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import dagster as dg
from dagster._core.events.log import EventLogEntry

from pipeline.runs import sound
from pipeline.runs.dead import mark_dead_runs
from pipeline.runs.lock import hold, live
from pipeline.runs.stopping import Heard, say
from pipeline.warehouse import Warehouse

# Failures of single sources are told at the end and, in full, in the UI.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Job:
    """A job by name; only these of its assets, where some are named.

    `due` is asked when the job's turn comes: assets that have something to do. None: it is idle.
    """

    name: str
    assets: tuple[dg.AssetKey, ...] = ()
    due: Callable[[Warehouse], Sequence[dg.AssetKey]] | None = None


INGEST, BUILD = Job("ingest"), Job("build")
EVERYTHING = (INGEST, BUILD)


@dataclass(frozen=True)
class Check:
    """A check that found rows: its table, its promise, how many, and whether it blocks."""

    table: str
    promise: str
    rows: int
    blocks: bool


@dataclass
class Outcome:
    """What came of the jobs.

    Attributes:
        success: Whether the last job ended well; failures of sources do not count against it.
        failures: Steps of the last job that failed, with the reason in a sentence.
        checks: Checks that found rows, whether or not they block.
        idle: Jobs that had nothing to do, and so did nothing.
    """

    success: bool = False
    failures: dict[str, str] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)


# Told of every event that Dagster notes: job, assets it works on, event.
Watch = Callable[[str, int, dg.DagsterEvent], None]


def run_jobs(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    store: Warehouse,
    heard: Heard,
    *,
    wait_seconds: float,
    jobs: Sequence[Job] = EVERYTHING,
    watch: Watch | None = None,
) -> Outcome:
    """Execute jobs, with their history in the instance.

    Returns:
        What came of them; of success there is none when a signal ended it (`heard` says which).

    Raises:
        BusyError: another run holds the warehouse.
    """
    with hold(store.lock, "a run at a terminal", wait_seconds=wait_seconds, say=say):
        for line in mark_dead_runs(instance, store.root):
            say(line)
        looked_at = sound.check(store)
        with store.kept_open():
            outcome = _in_turn(defs, instance, store, heard, jobs, watch)
        sound.note(store, looked_at)
    return outcome


def _in_turn(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    store: Warehouse,
    heard: Heard,
    jobs: Sequence[Job],
    watch: Watch | None,
) -> Outcome:
    outcome = Outcome()
    for job in jobs:
        assets = job.assets if job.due is None else tuple(job.due(store))
        if job.due is not None and not assets:
            outcome = replace(outcome, success=True, failures={}, idle=[*outcome.idle, job.name])
            continue
        result = _executed(defs, instance, store, replace(job, assets=assets), watch)
        if result is None or heard.by is not None:
            return Outcome()
        outcome = _outcome(result, outcome)
    return outcome


def _executed(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    store: Warehouse,
    job: Job,
    watch: Watch | None,
) -> dg.ExecuteInProcessResult | None:
    definition = defs.resolve_job_def(job.name)
    run_id = str(uuid.uuid4())
    live(store.root, run_id)
    if watch is not None:
        count = len(job.assets or [*definition.asset_layer.executable_asset_keys])

        def heard_of(entry: EventLogEntry) -> None:
            if entry.dagster_event is not None:
                watch(job.name, count, entry.dagster_event)

        instance.add_event_listener(run_id, heard_of)
    try:
        return definition.execute_in_process(
            instance=instance,
            run_config=QUIET,
            raise_on_error=False,
            run_id=run_id,
            asset_selection=[*job.assets] or None,
        )
    finally:
        # A signal between two of Dagster's own lines leaves the run as it was then.
        run = instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            instance.report_run_failed(run, "Stopped before Dagster took notice.")


def _outcome(result: dg.ExecuteInProcessResult, before: Outcome) -> Outcome:
    failures = {}
    for event in result.get_step_failure_events():
        failure = event.step_failure_data
        told = failure.user_failure_data.description if failure.user_failure_data else None
        failures[event.step_key or "the job"] = told or str(failure.error)
    found = [
        Check(
            each.asset_key.to_user_string().replace("/", "."),
            each.check_name,
            _number(each.metadata.get("rows")),
            each.severity is dg.AssetCheckSeverity.ERROR,
        )
        for each in result.get_asset_check_evaluations()
        if not each.passed
    ]
    return Outcome(result.success, failures, [*before.checks, *found], before.idle)


def _number(value: object) -> int:
    held = getattr(value, "value", None)
    return held if isinstance(held, int) else 0
