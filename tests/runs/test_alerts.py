"""`meta.alerts`: what is told, once, and what is over."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from pipeline import warehouse as wh
from pipeline.runs.alerts import alerts_sensor, noted
from pipeline.runs.upkeep import KEPT_DAYS, forget_old_runs
from tests.given.lives import put
from tests.given.support import rows

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def status(db, **stale):
    put(
        db,
        "meta.source_status",
        *(
            {"source": name, "is_stale": is_stale, "last_landed_at": NOW, "outcome": "skipped",
             "outcome_reason": "set A_KEY"}
            for name, is_stale in stale.items()
        ),
    )  # fmt: skip


def test_what_went_stale_is_told_once_and_cleared_when_it_lands(db):
    wh.create_declared(db)
    status(db, vast=True, runpod=False)
    [(about, words)] = noted(db, [], NOW)
    assert about == "vast"
    assert words.endswith("set A_KEY")
    assert noted(db, [], NOW + timedelta(hours=1)) == []
    status(db, vast=False, runpod=False)
    assert noted(db, [], NOW + timedelta(hours=2)) == []
    [alert] = rows(db, "from meta.alerts")
    assert (alert["alert_kind"], alert["cleared_at"]) == ("stale", NOW + timedelta(hours=2))
    status(db, vast=True, runpod=False)
    assert len(noted(db, [], NOW + timedelta(hours=3))) == 1  # stale again is another alert


def test_a_run_that_failed_is_told_once(db):
    failed = [("build 1234abcd", "the run failed")]
    assert noted(db, failed, NOW) == failed
    assert noted(db, failed, NOW) == []


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@dg.op
def fail():
    raise ZeroDivisionError


@dg.job
def failing():
    fail()


def test_a_failed_run_asks_for_the_job_and_only_once(instance):
    def asked(cursor):
        context = dg.build_sensor_context(instance, cursor=cursor)
        return alerts_sensor(context), context.cursor

    request, mark = asked(None)
    assert isinstance(request, dg.RunRequest)
    assert isinstance(asked(mark)[0], dg.SkipReason)
    failing.execute_in_process(instance=instance, raise_on_error=False)
    assert isinstance(asked(mark)[0], dg.RunRequest)


def test_old_runs_are_forgotten_and_young_ones_kept(instance):
    failing.execute_in_process(instance=instance, raise_on_error=False)
    now = datetime.now(UTC)
    assert forget_old_runs(instance, now + timedelta(days=KEPT_DAYS - 1)) == 0
    assert forget_old_runs(instance, now + timedelta(days=KEPT_DAYS + 1)) == 1
    assert instance.get_runs() == []


def test_nothing_of_an_old_run_stays_on_the_disk(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        done = failing.execute_in_process(instance=instance, raise_on_error=False)
        left = tmp_path / "storage" / done.run_id / "compute_logs"
        left.mkdir(parents=True, exist_ok=True)
        (left / "step.err").write_text("said")
        assert [each for each in tmp_path.rglob("*") if done.run_id in each.name]
        assert forget_old_runs(instance, datetime.now(UTC) + timedelta(days=KEPT_DAYS + 1)) == 1
        assert [each for each in tmp_path.rglob("*") if done.run_id in each.name] == []


def test_of_old_checks_the_last_word_stays(instance):
    @dg.asset(name="rows", check_specs=[dg.AssetCheckSpec("holds", asset="rows")])
    def checked():
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])

    def held():
        return instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(dg.AssetKey("rows"), "holds"), limit=9
        )

    for _ in range(3):
        dg.materialize([checked], instance=instance)
    newest = held()[0].run_id
    now = datetime.now(UTC)
    forget_old_runs(instance, now + timedelta(days=KEPT_DAYS - 1))
    assert len(held()) == 3
    forget_old_runs(instance, now + timedelta(days=KEPT_DAYS + 1))
    assert [each.run_id for each in held()] == [newest]
