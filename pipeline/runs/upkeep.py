"""`upkeep`: what the history of runs is cleared of, so that it does not grow for ever."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from sqlalchemy import delete, func, select

from pipeline.runs.dead import forget_signs
from pipeline.runs.launcher import WatchedRunLauncher

__all__ = ["forget_old_runs", "upkeep_job", "upkeep_schedule"]

KEPT_DAYS = 90
AT_ONCE = 500


def forget_old_runs(instance: dg.DagsterInstance, now: datetime) -> int:
    """Delete runs that ended over 90 days ago, with events and logs; what assets are is kept.

    Dagster keeps what checks said of runs that are gone, 130 rows a build: of each check the last
    word stays, whenever it was, and those of 90 days.

    Returns:
        How many.
    """
    over = [
        dg.DagsterRunStatus.SUCCESS,
        dg.DagsterRunStatus.FAILURE,
        dg.DagsterRunStatus.CANCELED,
    ]
    old = instance.get_run_records(
        dg.RunsFilter(statuses=over, updated_before=now - timedelta(days=KEPT_DAYS)),
        limit=AT_ONCE,
    )
    for each in old:
        _forget(instance, each.dagster_run.run_id)
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        said = AssetCheckExecutionsTable.c
        last = select(func.max(said.id)).group_by(said.asset_key, said.check_name)
        before = (now - timedelta(days=KEPT_DAYS)).replace(tzinfo=None)  # theirs are in UTC
        with storage.index_connection() as db:
            db.execute(
                delete(AssetCheckExecutionsTable).where(
                    said.create_timestamp < before, said.id.not_in(last)
                )
            )
    return len(old)


def _forget(instance: dg.DagsterInstance, run_id: str) -> None:
    instance.delete_run(run_id)
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):  # the rows are gone, their file of megabytes not
        for ending in ("", "-wal", "-shm"):
            Path(storage.path_for_shard(run_id) + ending).unlink(missing_ok=True)


@dg.op(description=f"Deletes runs that ended over {KEPT_DAYS} days ago.")
def forget(context: dg.OpExecutionContext) -> None:
    context.log.info(f"{forget_old_runs(context.instance, datetime.now(UTC))} runs forgotten")
    launcher = context.instance.run_launcher
    if isinstance(launcher, WatchedRunLauncher):
        forget_signs(context.instance, launcher.root)


@dg.job(
    name="upkeep",
    description=f"Forgets runs older than {KEPT_DAYS} days and their logs; ticks: dagster.yaml.",
    executor_def=dg.in_process_executor,
)
def upkeep_job() -> None:
    forget()


upkeep_schedule = dg.ScheduleDefinition(
    name="upkeep",
    cron_schedule="40 3 * * *",
    job=upkeep_job,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
