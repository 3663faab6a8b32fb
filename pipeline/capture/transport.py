"""Connections of one call: every step from the name to the last byte obeys its deadline.

urllib3 gives each address of a name, each read of a handshake and each read of a proxy's answer a
time-out of its own, and the resolver none: their sum has no bound. Here a name is resolved in a
thread that is left behind when the time is over, the addresses share the time that is left, and the
deadline holds a handle of the connection from its first moment.
"""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    InvalidChunkLength,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.response import HTTPResponse
from urllib3.util import Retry
from urllib3.util.connection import allowed_gai_family

from pipeline.capture.bodies import Unusable
from pipeline.capture.limits import is_public, running

Addresses = list[tuple[Any, ...]]

_PUBLIC_ONLY: ContextVar[bool] = ContextVar("_PUBLIC_ONLY", default=False)


@contextmanager
def public_only(wanted: bool) -> Iterator[None]:
    """Refuse to connect to this machine and to private networks, whatever a name resolves to.

    Of a host behind a proxy only the proxy knows the address, and what it may reach is its matter.
    """
    before = _PUBLIC_ONLY.set(wanted)
    try:
        yield
    finally:
        _PUBLIC_ONLY.reset(before)


class Transport(HTTPAdapter):
    """Connects as this module says; never asks again by itself."""

    def __init__(self) -> None:
        super().__init__(max_retries=Retry(0, read=False))

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        if isinstance(pool, HTTPConnectionPool):
            if pool.ConnectionCls is HTTPConnection:  # one for SOCKS stays as it is
                pool.ConnectionCls = _Plain
            elif pool.ConnectionCls is HTTPSConnection:
                pool.ConnectionCls = _Tls
        return pool


class _Answer(HTTPResponse):
    """Python reads `-5` as a size, and a chunk of that size as all that is still to come."""

    def _update_chunk_length(self) -> None:
        super()._update_chunk_length()
        if self.chunk_left is not None and self.chunk_left < 0:
            size = str(self.chunk_left).encode()
            self.close()
            raise InvalidChunkLength(self, size)


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)

    def getresponse(self) -> Any:
        answer = super().getresponse()
        answer.__class__ = _Answer  # urllib3 names its class nowhere that could be set
        return answer


class _Tls(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)

    def getresponse(self) -> Any:
        answer = super().getresponse()
        answer.__class__ = _Answer
        return answer


def _connected(to: HTTPConnection) -> socket.socket:
    """A connection to the first address that answers; errors are urllib3's."""
    seconds = to.timeout if isinstance(to.timeout, int | float) else running().seconds
    try:
        addresses = _resolved(to._dns_host, to.port)
        if _PUBLIC_ONLY.get() and to.proxy is None:
            for each in addresses:
                if not is_public(str(each[4][0])):
                    raise Unusable("a redirect to a host that is on no public network")
        made = _first(addresses, seconds, to.socket_options or ())
    except socket.gaierror as error:
        raise NameResolutionError(to.host, to, error) from error
    except TimeoutError as error:
        raise ConnectTimeoutError(to, f"no connection: {error}") from error
    except OSError as error:
        raise NewConnectionError(to, f"no connection: {error}") from error
    sys.audit("http.client.connect", to, to.host, to.port)
    return made


def _resolved(host: str, port: int) -> Addresses:
    """Addresses of a name. The system's resolver cannot be interrupted, only left alone."""
    answer: SimpleQueue[Addresses | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            family = allowed_gai_family()
            answer.put([*socket.getaddrinfo(host.strip("[]"), port, family, socket.SOCK_STREAM)])
        except Exception as error:  # handed over to the thread that waits
            answer.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answer.get(timeout=max(running().left(), 0.001))
    except Empty:
        raise TimeoutError("its name does not resolve in time") from None
    if isinstance(found, Exception):
        raise found
    return found


def _first(addresses: Addresses, seconds: float, options: Any) -> socket.socket:
    problem: OSError = OSError("the name has no address")
    for family, kind, protocol, _, address in addresses:
        if (left := running().left()) <= 0:
            raise TimeoutError("the time is over")
        made = socket.socket(family, kind, protocol)
        try:
            for option in options:
                made.setsockopt(*option)
            made.settimeout(min(seconds, left))
            made.connect(address)
            running().watch(made)
        except OSError as error:
            problem = error
            made.close()
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise problem
