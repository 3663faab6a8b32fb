"""Hosts that could not be reached a moment ago: tried once, not once for each part of a source.

Without a network fifty regions of one upstream would each wait for the host's pace to find out the
same thing. Only a connection that was never made counts; a host that answers is never lost.
"""

import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from pipeline.capture.limits import is_loopback

# Shorter than the pause before a raw asset asks again.
FORGET_SECONDS = 30.0


class Reach:
    """What is known of hosts by name and port; the own machine is always tried."""

    def __init__(
        self,
        forget_seconds: float = FORGET_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._forget, self._clock = forget_seconds, clock
        self._lock = threading.Lock()
        self._lost: dict[tuple[str, int | None], tuple[float, str]] = {}

    def lose(self, url: str, reason: str) -> None:
        """No connection to the host of this address could be made."""
        host, port = _host(url)
        if host and not is_loopback(host):
            with self._lock:
                self._lost[host, port] = (self._clock() + self._forget, reason)

    def lost(self, url: str) -> str | None:
        """Why the host of this address need not be tried now; None when it may be."""
        with self._lock:
            until, reason = self._lost.get(_host(url), (0.0, ""))
            return f"{reason}, as a moment ago" if reason and self._clock() < until else None


def _host(url: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.port
    except ValueError:
        return "", None
