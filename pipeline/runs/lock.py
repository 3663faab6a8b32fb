"""Locks of the operating system, which end with the process that holds them.

A process that is killed leaves rows in databases and files in folders, but never one of these locks
(`flock(2)`). Two kinds hang on that:

- `hold`: the warehouse, for one run after the other. Its file says who holds it and since when.
- `live`: a run, by its id, for as long as its process lives; `is_live` asks from any process.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

WAIT_SECONDS = 120.0
SAY_EVERY_SECONDS = 5.0
ASK_EVERY_SECONDS = 0.1


class BusyError(RuntimeError):
    """Somebody else holds the lock, and did not let go of it in time."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: process, what it does in words, and since when (UTC)."""

    pid: int
    what: str
    since: datetime

    def __str__(self) -> str:
        return f"process {self.pid} ({self.what}) since {self.since:%Y-%m-%d %H:%M:%S} UTC"


# Locks this process holds already: asking again for the same one would wait for itself. By process
# as well, because a forked child inherits the dictionary and has no business with the lock.
_held: dict[tuple[int, Path], int] = {}


def holder(path: Path) -> Holder | None:
    """Who says to hold the lock; None when the file says nothing readable."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Holder(int(said["pid"]), str(said["what"]), datetime.fromisoformat(said["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def hold(
    path: Path, what: str, *, wait_seconds: float = WAIT_SECONDS, say: Callable[[str], None]
) -> Iterator[None]:
    """Hold a lock for the length of a block; a block inside the same process shares it.

    Args:
        path: The lock's file, made when missing. It stays: deleting it would split the lock in two.
        what: What the holder does, for those who wait.
        wait_seconds: How long to wait for somebody else.
        say: Is told who holds the lock, at once and every few seconds while waiting.

    Raises:
        BusyError: the lock was not to be had in time.
    """
    path = path.absolute()
    if (os.getpid(), path) in _held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _wait(handle, path, wait_seconds, say)
        said = {"pid": os.getpid(), "what": what, "since": datetime.now(UTC).isoformat()}
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(said).encode(), 0)
        _held[os.getpid(), path] = handle
        try:
            yield
        finally:
            del _held[os.getpid(), path]
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _wait(handle: int, path: Path, seconds: float, say: Callable[[str], None]) -> None:
    started = said_at = time.monotonic()
    said = False
    while not _locked(handle, fcntl.LOCK_EX):
        now = time.monotonic()
        by = holder(path) or "a process that does not say who it is"
        if now - started >= seconds:
            raise BusyError(f"{path.name} is held by {by}; waited {seconds:.0f} s")
        if not said or now - said_at >= SAY_EVERY_SECONDS:
            said, said_at = True, now
            left = seconds - (now - started)
            say(f"waiting for {by}; leaving in {left:.0f} s if it is still at work")
        time.sleep(ASK_EVERY_SECONDS)


def _locked(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(root: Path, run_id: str) -> Path:
    return (root / ".dagster" / "alive" / run_id).absolute()


def live(root: Path, run_id: str) -> None:
    """Let others see that a run lives, from now to the end of this process.

    Not to the end of the run: Dagster notes how a run ended after its last step, and somebody who
    asked in between would take it for dead.

    Args:
        root: The warehouse's folder.
        run_id: Dagster's id of the run.
    """
    path = _alive(root, run_id)
    if (os.getpid(), path) in _held:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(handle, fcntl.LOCK_EX)
    _held[os.getpid(), path] = handle


def is_live(root: Path, run_id: str) -> bool | None:
    """Whether the process of a run lives; None when the run never said so."""
    path = _alive(root, run_id)
    if (os.getpid(), path) in _held:
        return True
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        # Shared, so that two who ask at once do not take each other for the run.
        return not _locked(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def signs(root: Path) -> list[str]:
    """Ids of the runs that once said they live."""
    folder = root / ".dagster" / "alive"
    return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []


def forget(root: Path, run_id: str) -> None:
    """Take away the sign of a run that has ended."""
    _alive(root, run_id).unlink(missing_ok=True)
