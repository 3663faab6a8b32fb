"""`python -m pipeline.ui.tied COMMAND…`: run a command that ends, with its children, when we do.

Standard input is a pipe whose other end only the parent holds. When it closes, because the parent
let go or was killed, the command's whole group is asked to end and, three seconds later, killed.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

IN_ORDER_SECONDS = 3.0


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a Python command (`-m module …`) tied to this process; closing `stdin` ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.ui.tied", sys.executable, *command],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C at the terminal is for the parent, which ends us in order
    )


def main(command: Sequence[str]) -> int:
    """Run the command to its end or ours; returns its exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    parted = threading.Event()

    def watch() -> None:
        # Not through sys.stdin: its lock would be held for ever and break the interpreter's end.
        while os.read(0, 1024):
            pass
        parted.set()
        _signal(child.pid, signal.SIGTERM)
        if not _wait(child):
            _signal(child.pid, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    code = child.wait()
    if parted.is_set():
        _gone(child.pid)
    _signal(child.pid, signal.SIGKILL)  # what the command left behind
    return code


def _wait(child: subprocess.Popen[bytes]) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(IN_ORDER_SECONDS)
        return True
    return False


def _gone(group: int) -> None:
    """Give the rest of the group what is left of its time."""
    clock = threading.Event()
    for _ in range(int(IN_ORDER_SECONDS / 0.1)):
        if not _signal(group, 0):  # none is sent: it is asked whether there is anybody
            return
        clock.wait(0.1)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
