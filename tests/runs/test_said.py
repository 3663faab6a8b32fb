"""What runs of the daemon leave behind: few lines in the log, and no sign of those that ended."""

from datetime import UTC, datetime

import dagster as dg

from pipeline import warehouse as wh
from pipeline.runs.alerts import noted
from pipeline.runs.lock import live, signs
from pipeline.runs.upkeep import upkeep_job
from tests.given.lives import put
from tests.trials.tiny import settle


def test_upkeep_says_one_line_and_forgets_the_signs_of_runs_that_ended(store, capfd):
    for run_id in ("gone-1", "gone-2"):
        (store.root / ".dagster" / "alive").mkdir(parents=True, exist_ok=True)
        (store.root / ".dagster" / "alive" / run_id).touch()
    live(store.root, "of this process")
    with dg.DagsterInstance.from_config(str(settle(store.root))) as instance:
        done = upkeep_job.execute_in_process(instance=instance)
        steps = [
            each.dagster_event_type.value
            for each in instance.all_logs(done.run_id)
            if each.dagster_event_type
        ]
    assert steps.count("STEP_SUCCESS") == 1  # what is not said is in the history
    said = capfd.readouterr()
    assert "0 runs forgotten" in said.err + said.out
    assert "DEBUG" not in said.err + said.out
    assert signs(store.root) == ["of this process"]


def test_an_alert_of_a_source_nobody_asked_says_so(db):
    wh.create_declared(db)
    at = datetime(2026, 11, 27, tzinfo=UTC)
    row = {"source": "vast", "is_stale": True, "last_landed_at": at}
    row |= {"outcome": "landed", "outcome_reason": None}
    put(db, "meta.source_status", row)
    [(_, words)] = noted(db, [], at)
    assert words.endswith(": not asked since")
