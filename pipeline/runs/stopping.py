"""What Ctrl-C and SIGTERM do: the first stops a run in order, the second at once.

Libraries replace signal handlers (Dagster while a job runs, uvicorn while it serves) and lose
signals that arrive between two steps. The interpreter writes every signal to a pipe before any
handler (`signal.set_wakeup_fd`); a thread listens there, whoever handles it.
"""

import atexit
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM)
IN_ORDER_SECONDS = 8.0
# `make` passes a SIGTERM on that its whole group was sent: one request that arrives twice.
SAME_REQUEST_SECONDS = 0.2
AGAIN_SECONDS = 0.5


@dataclass
class Heard:
    """What was asked so far: None, or the first signal."""

    by: signal.Signals | None = None
    known: threading.Event = field(default_factory=threading.Event)

    @property
    def code(self) -> int:
        """The exit code shells expect: 130 after Ctrl-C, 143 after SIGTERM."""
        return 0 if self.by is None else 128 + self.by


def say(line: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def stoppable(
    work: Callable[[Heard], int],
    what_stands: Callable[[], str],
    patience_seconds: float = IN_ORDER_SECONDS,
) -> int:
    """Do something that Ctrl-C and SIGTERM may end, and say then what stands.

    Args:
        work: Returns an exit code; looks at what was heard between its steps.
        what_stands: Says what there is, stopped or not.
        patience_seconds: How long after the first signal the work may take to end.

    Returns:
        The exit code of the work. After a signal the process ends here: 130 after Ctrl-C, 143 after
        SIGTERM. The interpreter's own end would wait for threads, and libraries would complain.
    """
    heard = listen(lambda by: say(f"ended at once by {by.name}; {what_stands()}"), patience_seconds)
    try:
        code = work(heard)
    except KeyboardInterrupt:
        code = 1
        heard.known.wait(1)  # the handler was faster than the listener
    except BaseException:  # also whatever a library makes of an interrupt
        if heard.by is None:
            raise
    if heard.by is None:
        return code
    say(f"stopped by {heard.by.name}: {what_stands()}")
    sys.stdout.flush()
    os._exit(heard.code)


_at_stop: list[Callable[[], None]] = []
# The listening thread outlives the interpreter's own end: what it can reach would be called leaked.
atexit.register(_at_stop.clear)
_listening = threading.Event()


def at_stop(end: Callable[[], None]) -> None:
    """Have something called when a stop is asked for, from another thread, and twice a second on.

    For libraries whose long calls do not return for a signal.
    """
    _at_stop.append(end)


def listen(last_words: Callable[[signal.Signals], None], patience_seconds: float) -> Heard:
    """Hear SIGINT and SIGTERM from now to the end of the process; call once, in the main thread.

    The first raises `KeyboardInterrupt` where the program is, unless a library handles it. A second
    one, or the end of our patience, end the process on the spot: open transactions then roll back
    as after any crash.

    Args:
        last_words: Is called before such an end.
        patience_seconds: How long after the first signal.
    """
    heard = Heard()
    for each in STOPPING:
        signal.signal(each, _interrupt)

    def end(ear: int) -> None:
        first = _next(ear, None)
        assert first is not None  # without a deadline it waits for one
        heard.by = first
        heard.known.set()
        until = time.monotonic() + patience_seconds
        _end_calls()
        time.sleep(SAME_REQUEST_SECONDS)
        while select.select([ear], [], [], 0)[0]:
            os.read(ear, 64)
        while time.monotonic() < until and _next(ear, time.monotonic() + AGAIN_SECONDS) is None:
            _end_calls()
        try:
            last_words(first)
        finally:
            sys.stderr.flush()
            os._exit(heard.code)

    _in_thread(end)
    return heard


def overhear() -> None:
    """End long calls when somebody else handles the signals, as Dagster does in a run's worker."""
    if _listening.is_set() or threading.current_thread() is not threading.main_thread():
        return

    def end(ear: int) -> None:
        while _next(ear, None) is not None:
            _end_calls()

    _in_thread(end)


def _in_thread(listener: Callable[[int], None]) -> None:
    ear, mouth = os.pipe()
    os.set_blocking(mouth, False)
    signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
    _listening.set()
    threading.Thread(target=listener, args=(ear,), daemon=True).start()


def _end_calls() -> None:
    for each in _at_stop:
        each()


def _interrupt(number: int, _: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def _next(ear: int, deadline: float | None) -> signal.Signals | None:
    """The next signal that asks to stop; None when the deadline passes without one."""
    while True:
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        if not select.select([ear], [], [], left)[0]:
            return None
        number = os.read(ear, 1)[0]
        if number in STOPPING:
            return signal.Signals(number)
