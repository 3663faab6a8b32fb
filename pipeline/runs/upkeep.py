"""`upkeep`: what the history of runs is cleared of, so that it does not grow for ever."""

from datetime import UTC, datetime, timedelta

import dagster as dg

__all__ = ["forget_old_runs", "upkeep_job", "upkeep_schedule"]

KEPT_DAYS = 90
AT_ONCE = 500


def forget_old_runs(instance: dg.DagsterInstance, now: datetime) -> int:
    """Delete runs that ended over 90 days ago, with their events; what assets are is kept.

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
        instance.delete_run(each.dagster_run.run_id)
    return len(old)


@dg.op(description=f"Deletes runs that ended over {KEPT_DAYS} days ago.")
def forget(context: dg.OpExecutionContext) -> None:
    context.log.info(f"{forget_old_runs(context.instance, datetime.now(UTC))} runs forgotten")


@dg.job(
    name="upkeep",
    description=f"Forgets runs older than {KEPT_DAYS} days; ticks go by dagster.yaml.",
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
