"""Who holds the warehouse, and whether a run is alive, is asked of the operating system."""

import contextlib
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from pipeline.runs.lock import BusyError, forget, hold, holder, is_live, live, signs

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["pipeline.runs.lock"])


def keep_holding(path: Path, told) -> None:
    with hold(path, "a test", say=print):
        told.send(True)
        time.sleep(600)


def keep_living(root: Path, told) -> None:
    live(root, "some-run")
    told.send(True)
    time.sleep(600)


@contextlib.contextmanager
def elsewhere(work, where: Path):
    """Another process that holds something until it is killed."""
    heard, told = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=work, args=(where, told))
    process.start()
    try:
        assert heard.poll(60)
        yield process
    finally:
        process.kill()
        process.join()


def test_the_second_is_told_who_holds_the_warehouse_since_when_and_leaves_in_time(tmp_path):
    said: list[str] = []
    with elsewhere(keep_holding, tmp_path / "run.lock") as other:
        began = time.monotonic()
        with (
            pytest.raises(BusyError, match=f"process {other.pid} .a test. since 20..-") as left,
            hold(tmp_path / "run.lock", "us", wait_seconds=0.5, say=said.append),
        ):
            pass
        assert time.monotonic() - began < 10
    assert "UTC; waited 0 s" in str(left.value)
    [line] = said
    assert line.startswith(f"waiting for process {other.pid} (a test) since 20")


def test_it_is_said_again_every_few_seconds(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.runs.lock.SAY_EVERY_SECONDS", 0.2)
    said: list[str] = []
    with (
        elsewhere(keep_holding, tmp_path / "run.lock"),
        pytest.raises(BusyError),
        hold(tmp_path / "run.lock", "us", wait_seconds=1, say=said.append),
    ):
        pass
    assert len(said) >= 3


def test_a_killed_holder_holds_nothing(tmp_path):
    path = tmp_path / "run.lock"
    with elsewhere(keep_holding, path) as other:
        assert holder(path).pid == other.pid
        os.kill(other.pid, signal.SIGKILL)
        with hold(path, "the next", wait_seconds=5, say=print):
            assert holder(path).pid == os.getpid()
            assert holder(path).what == "the next"
    assert holder(path) is None


def test_a_run_inside_the_command_that_holds_the_lock_shares_it(tmp_path):
    path = tmp_path / "run.lock"
    with hold(path, "the command", say=print):
        with hold(path, "its run", wait_seconds=0, say=pytest.fail):
            pass
        assert holder(path).what == "the command", "still held"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"pid": 1}', "\xff", '{"pid":1,"what":2,"since":3}']
)
def test_a_lock_file_nobody_can_read_is_still_a_lock(tmp_path, text):
    path = tmp_path / "run.lock"
    with elsewhere(keep_holding, path):
        path.write_text(text, encoding="latin-1")
        assert holder(path) is None
        with (
            pytest.raises(BusyError, match="does not say who"),
            hold(path, "us", wait_seconds=0, say=print),
        ):
            pass


def test_a_run_lives_as_long_as_its_process(tmp_path):
    assert is_live(tmp_path, "some-run") is None
    with elsewhere(keep_living, tmp_path) as other:
        assert is_live(tmp_path, "some-run") is True
        os.kill(other.pid, signal.SIGKILL)
        other.join()
        assert is_live(tmp_path, "some-run") is False
    assert signs(tmp_path) == ["some-run"]
    forget(tmp_path, "some-run")
    assert is_live(tmp_path, "some-run") is None
