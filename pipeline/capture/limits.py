"""The two clocks a request obeys: its host's pace, and its own total time."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Self

# Requests per second, over all hosts of a domain. SEC: at most ten over all machines and all of its
# hosts (sec.gov/os/accessing-edgar-data). Lambda's terms allow slow crawling and name no number.
SLOWER = {
    "sec.gov": 8.0,
    "lambdalabs.com": 1.0,
    "lambda.ai": 1.0,
    "zenodo.org": 0.1,  # its robots.txt asks for ten seconds between requests
    "prices.azure.com": 2.0,  # answers 429 to clients that page faster
}

# RFC 6052: the internet of IPv4 as a network of IPv6 only sees it.
NAT64 = IPv6Network("64:ff9b::/96")


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Whether an address is of the public internet, also one of IPv4 inside one of IPv6."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour
        if inside is None and found in NAT64:
            inside = IPv4Address(int(found) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
    return found.is_global and not found.is_multicast


class Pace:
    """Spaces the requests to one host; threads queue, each for its own slot.

    The own machine is not spared.
    """

    def __init__(
        self,
        per_second: float = 4.0,
        slower: Mapping[str, float] = SLOWER,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second, self._slower = per_second, slower
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._free: dict[str, float] = {}

    def wait(self, host: str, at_most: float) -> bool:
        """Wait for the host's next slot. False, and no slot taken, when that is too far off."""
        if is_loopback(host):
            return True
        domain = next((d for d in self._slower if f".{host}".endswith(f".{d}")), host)
        with self._lock:
            now = self._clock()
            slot = max(now, self._free.get(domain, now))
            if slot - now > at_most:
                return False
            self._free[domain] = slot + 1 / self._slower.get(domain, self._per_second)
        if slot > now:
            self._sleep(slot - now)
        return True


class Deadline:
    """The total time of one call, as a context: names, connections, TLS, proxies, bodies.

    A time-out on reading never fires while an upstream sends a byte now and then, so the deadline
    shuts the socket down from another thread and the blocked read ends.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        self._outer = _RUNNING.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _RUNNING.reset(self._outer)
        self._replace(None)

    def left(self) -> float:
        """Seconds; negative when the time is over."""
        return self._end - time.monotonic()

    def watch(self, connected: socket.socket) -> None:
        """End reads on this socket in time.

        A second handle is kept: TLS moves the connection into an object of its own, which exists
        only after the handshake, and the handshake is where a slow upstream may drip.
        """
        self._replace(connected.dup())
        if self.left() <= 0:  # the timer may have run before there was a socket
            self._cut()

    def _replace(self, twin: socket.socket | None) -> None:
        with self._lock:
            before, self._socket = self._socket, twin
        if before is not None:
            before.close()

    def _cut(self) -> None:
        with self._lock:
            if self._socket is None:
                return
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # closed by the other side already


_RUNNING: ContextVar[Deadline] = ContextVar("_RUNNING")


def running() -> Deadline:
    """The deadline of the call in hand."""
    return _RUNNING.get()
