"""A run whose process is gone is marked as failed, and nobody waits for it."""

import dagster as dg
import pytest

from pipeline.runs.dead import UNFINISHED, mark_dead_runs
from pipeline.runs.launcher import WatchedRunLauncher
from pipeline.runs.lock import _alive, live
from tests.trials import tiny


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("dead") / "warehouse"


@pytest.fixture(scope="module")
def instance(root):
    with dg.DagsterInstance.from_config(str(tiny.settle(root))) as made:
        yield made


def left(instance, root, status):
    """A run of that status; its process said that it lives, and is gone."""
    run = instance.create_run_for_job(dg.GraphDefinition(name="ingest").to_job(), status=status)
    sign = _alive(root, run.run_id)
    sign.parent.mkdir(parents=True, exist_ok=True)
    sign.touch()
    return run.run_id


@pytest.mark.parametrize("status", ["NOT_STARTED", "STARTING", "STARTED", "CANCELING"])
def test_a_dead_run_is_marked_whatever_it_was_doing(instance, root, status):
    run_id = left(instance, root, dg.DagsterRunStatus[status])
    [line] = mark_dead_runs(instance, root)
    assert run_id[:8] in line
    assert "process of this run is gone" in line
    assert instance.get_run_by_id(run_id).status is dg.DagsterRunStatus.FAILURE
    assert mark_dead_runs(instance, root) == []


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE", "CANCELED"])
def test_a_run_nobody_works_on_is_left_as_it_is(instance, root, status):
    run_id = left(instance, root, dg.DagsterRunStatus[status])
    assert mark_dead_runs(instance, root) == []
    assert instance.get_run_by_id(run_id).status is dg.DagsterRunStatus[status]
    assert dg.DagsterRunStatus.QUEUED not in UNFINISHED, "it waits for a daemon, not for a process"


def test_a_live_run_is_left_alone(instance, root):
    run_id = left(instance, root, dg.DagsterRunStatus.STARTED)
    live(root, run_id)
    assert mark_dead_runs(instance, root) == []


def test_a_run_that_has_not_said_it_lives_is_given_time_to_load(instance, root):
    run_id = left(instance, root, dg.DagsterRunStatus.STARTING)
    _alive(root, run_id).unlink()
    assert mark_dead_runs(instance, root) == []
    assert len(mark_dead_runs(instance, root, young_seconds=0)) == 1


def test_the_daemon_asks_the_same_lock(instance, root):
    launcher = instance.run_launcher
    assert isinstance(launcher, WatchedRunLauncher)
    assert launcher.supports_check_run_worker_health
    assert instance.run_monitoring_enabled
    run_id = left(instance, root, dg.DagsterRunStatus.STARTED)
    run = instance.get_run_by_id(run_id)
    assert launcher.check_run_worker_health(run).status.value == "FAILED"
    live(root, run_id)
    assert launcher.check_run_worker_health(run).status.value == "RUNNING"


def test_two_runs_the_queue_starts_are_one_after_the_other(instance):
    assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
