"""Runs whose process is gone: found by their lock, marked as failed, and said.

Dagster keeps a run's status in its database; a run that is killed stays STARTED there, and the
daemon's queue waits for it. Whether it lives is asked of the operating system, by
`pipeline.runs.lock`.
"""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pipeline.runs.lock import forget, is_live, signs

UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
# From the daemon's word to the first step a worker loads the code and has not said that it lives.
YOUNG_SECONDS = 120.0
GONE = "the process of this run is gone (killed, or the machine went down)"


def gone(root: Path, record: dg.RunRecord, *, young_seconds: float = YOUNG_SECONDS) -> bool:
    """Whether the process of an unfinished run is gone.

    Args:
        root: The warehouse's folder.
        record: The run, as Dagster has it.
        young_seconds: How long a run that never said it lives is given the benefit of the doubt.
    """
    lives = is_live(root, record.dagster_run.run_id)
    if lives is not None:
        return not lives
    changed = record.update_timestamp
    if changed.tzinfo is None:
        changed = changed.replace(tzinfo=UTC)
    return (datetime.now(UTC) - changed).total_seconds() >= young_seconds


def mark_dead_runs(
    instance: dg.DagsterInstance, root: Path, *, young_seconds: float = YOUNG_SECONDS
) -> list[str]:
    """Mark every run whose process is gone as failed, so that nobody waits for it.

    Returns:
        One sentence per run, for a person.
    """
    said = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED)):
        if not gone(root, record, young_seconds=young_seconds):
            continue
        # A run notes how it ended and then its process goes: it may have done both meanwhile.
        run = instance.get_run_by_id(record.dagster_run.run_id)
        if run is None or run.is_finished:
            continue
        instance.report_run_failed(run, f"Marked as failed: {GONE}.")
        said.append(
            f"run {run.run_id[:8]} ({run.job_name}) was left {run.status.value}: {GONE}; "
            "marked as failed"
        )
    forget_signs(instance, root)
    return said


def forget_signs(instance: dg.DagsterInstance, root: Path) -> int:
    """Take away the signs of runs that have ended: one file for each would stay.

    Returns:
        How many.
    """
    unfinished = {run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))}
    ended = [each for each in signs(root) if each not in unfinished and not is_live(root, each)]
    for run_id in ended:
        forget(root, run_id)
    return len(ended)
