"""The total time of a call bounds every step of it: each waits for ever here, and each is cut."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.capture import http

LIMIT = 0.4
Serve = Callable[[Callable[[socket.socket], None]], int]


@pytest.fixture
def serving() -> Iterator[Serve]:
    """A server that treats each connection as told; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve(treat: Callable[[socket.socket], None]) -> int:
        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                treat(connection)

        def accept() -> None:
            while not over.is_set():
                with suppress(OSError):
                    connection, _ = listener.accept()
                    threading.Thread(target=one, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1]

    yield serve
    over.set()
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def drip(connection: socket.socket, start: bytes, piece: bytes) -> None:
    connection.sendall(start)
    while True:
        time.sleep(0.05)
        connection.sendall(piece)


def after_the_question(treat: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    def treated(connection: socket.socket) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += connection.recv(4096)
        treat(connection)

    return treated


def cut(url: str) -> str:
    """What the call says that is ended by its total time, and by nothing else."""
    started = time.monotonic()
    with pytest.raises(http.UpstreamError) as caught:
        http.get(url, total_seconds=LIMIT)
    assert LIMIT - 0.1 < time.monotonic() - started < LIMIT + 0.5
    assert caught.value.retryable
    assert f"no whole answer within {LIMIT} s" in str(caught.value)
    return str(caught.value)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, sleep=lambda _: None))


@pytest.fixture
def resolving(monkeypatch) -> Callable[..., None]:
    """Names resolve to these addresses of this machine, after a while."""

    def resolve(*addresses: tuple[str, int], seconds: float = 0.0) -> None:
        def slowly(*_: object, **__: object):
            time.sleep(seconds)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", each) for each in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", slowly)

    return resolve


def test_a_resolver_that_does_not_answer(resolving):
    resolving(("127.0.0.1", 1), seconds=2)
    cut("https://prices.example/a")


def test_eight_addresses_that_do_not_answer(resolving):
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)  # what comes after the queue is full is not even refused
    waiting = [socket.socket() for _ in range(4)]
    with full:
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        resolving(*[full.getsockname()] * 8)
        cut("https://prices.example/a")
        for each in waiting:
            each.close()


def test_an_address_that_does_not_answer_does_not_cost_the_next_its_time(resolving, serving):
    port = serving(after_the_question(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\n\r\n[1]")))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()
    resolving(closed, ("127.0.0.1", port))
    assert http.get(f"http://localhost:{port}/a").body == b"[1]"


def test_a_handshake_that_drips(resolving, serving):
    # The header of a record of 16 KB, of which a byte comes now and then.
    port = serving(lambda c: drip(c, b"\x16\x03\x03\x40\x00", b"\x02"))
    resolving(("127.0.0.1", port))
    cut("https://prices.example/a")


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX-Header: "])
def test_a_proxy_whose_answer_drips(serving, monkeypatch, start):
    port = serving(after_the_question(lambda c: drip(c, start, b"x")))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    cut("https://prices.example/a")


def test_a_handshake_behind_a_proxy_that_drips(serving, monkeypatch):
    def tunnel(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.recv(4096)
        drip(connection, b"\x16\x03\x03\x40\x00", b"\x02")

    port = serving(after_the_question(tunnel))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    cut("https://prices.example/a")


def test_redirects_that_each_take_a_while(serving):
    def on_and_on(connection: socket.socket) -> None:
        time.sleep(0.15)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n")

    cut(f"http://127.0.0.1:{serving(after_the_question(on_and_on))}/a")


def test_a_chunked_body_whose_size_line_drips(serving):
    begins = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;"
    cut(f"http://127.0.0.1:{serving(after_the_question(lambda c: drip(c, begins, b'x')))}/a")


def test_a_gzip_body_that_drips(serving):
    begins = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\0"
    cut(f"http://127.0.0.1:{serving(after_the_question(lambda c: drip(c, begins, b'x')))}/a")


def test_no_handle_of_a_connection_is_left(serving):
    port = serving(after_the_question(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\n\r\n[1]")))
    http.get(f"http://127.0.0.1:{port}/a")
    before = handles()
    for _ in range(5):
        http.get(f"http://127.0.0.1:{port}/a")
    assert handles() <= before


def handles() -> int:
    time.sleep(0.05)  # the server's side closes in a thread
    return len([*Path("/proc/self/fd").iterdir()])
