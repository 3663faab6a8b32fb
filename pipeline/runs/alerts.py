"""`meta.alerts`: runs that failed and sources that went stale, and a word to whoever listens.

A sensor in the UI asks for the job `alerts` when there is something new; the job writes, since only
a run may have the warehouse. With `GCW_ALERT_URL` set, each new alert is posted there once as
`{"text": ...}`, which Slack, Mattermost and most webhooks take; with `GCW_ALERT_SMTP` and
`GCW_ALERT_MAIL` set, it is mailed.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import dagster as dg

from pipeline.capture.http import UpstreamError, post
from pipeline.capture.mail import NotSentError, send
from pipeline.warehouse import DuckDB, Warehouse, exists

__all__ = ["alerts_job", "alerts_sensor", "noted"]

EVERY_SECONDS = 300
LOOKED_AT = 50
STALE = """
    select 'stale' as alert_kind, source as about,
        'nothing landed since ' || coalesce(cast(last_landed_at as varchar), 'ever') || ': '
        || coalesce(outcome_reason, nullif(outcome, 'landed'), 'not asked since') as alert_text
    from meta.source_status where is_stale
"""


def noted(db: DuckDB, failures: Iterable[tuple[str, str]], now: datetime) -> list[tuple[str, str]]:
    """Write what is new and clear what is over.

    Args:
        db: The build database.
        failures: Runs that failed: `job run-id`, and why.
        now: Moment of the alerts.

    Returns:
        What was raised: about what, and in which words.
    """
    raised = [("failure", about, text) for about, text in failures]
    if exists(db, "meta.source_status"):
        stale = db.execute(STALE).fetchall()
        raised += [(str(kind), str(about), str(text)) for kind, about, text in stale]
        names = [about for kind, about, _ in raised if kind == "stale"]
        db.execute(
            "update meta.alerts set cleared_at = $now where alert_kind = 'stale' "
            "and cleared_at is null and not list_contains($names, about)",
            {"now": now, "names": names},
        )
    told = []
    for kind, about, text in raised:
        again = "alert_kind = 'failure' or cleared_at is null"
        held = db.execute(
            f"select 1 from meta.alerts where alert_kind = ? and about = ? and ({again})",
            [kind, about],
        )
        if not held.fetchall():
            db.execute(
                "insert into meta.alerts values (?, ?, ?, ?, null)", [now, kind, about, text]
            )
            told.append((about, text))
    return told


def _failed(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    runs = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]), limit=LOOKED_AT)
    return [run for run in runs if run.job_name != "alerts"]


@dg.op(
    description="Failed runs and stale sources into meta.alerts; each new one posted once.",
    required_resource_keys={"warehouse"},
)
def write_alerts(context: dg.OpExecutionContext) -> None:
    store: Warehouse = context.resources.warehouse
    failures = [
        (f"{run.job_name} {run.run_id[:8]}", "the run failed: its page in the UI says where")
        for run in _failed(context.instance)
    ]
    with store.connect() as db:
        told = noted(db, failures, datetime.now(UTC))
    for about, text in told:
        context.log.warning(f"{about}: {text}")
    for problem in passed_on(told):
        context.log.warning(problem)


def passed_on(told: list[tuple[str, str]], env: Mapping[str, str] = os.environ) -> list[str]:
    """Tell new alerts to whoever is configured; what could not be told, in a sentence each.

    Sentences name no address: it is a secret. Told again where no answer came: twice at worst.
    """
    words = "\n".join(f"{about}: {text}" for about, text in told)
    problems = []
    if told and (url := env.get("GCW_ALERT_URL")):
        try:
            post(url, json={"text": words})
        except UpstreamError as error:
            problems.append(f"{len(told)} alerts could not be posted: {type(error).__name__}")
    to = [each.strip() for each in env.get("GCW_ALERT_MAIL", "").split(",") if each.strip()]
    server = env.get("GCW_ALERT_SMTP")
    if told and (to or server):
        try:
            if not (to and server):
                raise NotSentError("GCW_ALERT_SMTP and GCW_ALERT_MAIL go together")
            send(server, to, words)
        except NotSentError as error:
            problems.append(f"{len(told)} alerts could not be mailed: {error}")
    return problems


@dg.job(
    name="alerts",
    description="Writes meta.alerts; the sensor `alerts` asks for it.",
    executor_def=dg.in_process_executor,
)
def alerts_job() -> None:
    write_alerts()


@dg.sensor(
    name="alerts",
    job=alerts_job,
    minimum_interval_seconds=EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for `alerts` after a run failed, and once a day for sources that went stale.",
)
def alerts_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    newest = next((run.run_id for run in _failed(context.instance)), "none")
    mark = f"{newest} {datetime.now(UTC):%Y-%m-%d}"
    if mark == context.cursor:
        return dg.SkipReason("no run has failed since, and sources were looked at today")
    context.update_cursor(mark)
    return dg.RunRequest(run_key=mark)
