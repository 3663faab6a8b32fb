import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline.capture import http
from pipeline.capture.bodies import Unusable
from pipeline.capture.limits import Deadline, Pace
from pipeline.capture.redaction import redacted
from pipeline.capture.redirects import followed

PRICES = b'{"offers": [{"price": 2.49}]}'
Serve = Callable[[Callable[[socket.socket, int], None]], str]


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, recorded instead of waited out."""
    pauses: list[float] = []
    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, sleep=pauses.append))
    return pauses


@pytest.fixture
def misbehaving() -> Iterator[Serve]:
    """A server that says exactly these bytes: `answer(connection, attempt)`, counted from one."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()
    threads: list[threading.Thread] = []

    def serve(answer: Callable[[socket.socket, int], None]) -> str:
        def one(connection: socket.socket, attempt: int) -> None:
            with connection, suppress(OSError):
                connection.settimeout(5)
                asked = b""
                while b"\r\n\r\n" not in asked:
                    asked += connection.recv(4096)
                answer(connection, attempt)

        def accept() -> None:
            attempt = 0
            while not over.is_set():
                with suppress(OSError):
                    connection, _ = listener.accept()
                    attempt += 1
                    thread = threading.Thread(target=one, args=(connection, attempt), daemon=True)
                    threads.append(thread)
                    thread.start()

        threads.append(threading.Thread(target=accept, daemon=True))
        threads[0].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/prices"

    yield serve
    over.set()
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for thread in threads:
        thread.join(timeout=2)


def whole(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def refused(call: Callable[[], http.Response]) -> http.UpstreamError:
    with pytest.raises(http.UpstreamError) as caught:
        call()
    return caught.value


class Answers:
    """Gives these answers in turn, the last one for ever, and counts."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = answers
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def behind(server: HTTPServer, *answers: Answer) -> tuple[str, Answers]:
    handler = Answers(*answers)
    server.expect_request("/prices").respond_with_handler(handler)
    return server.url_for("/prices"), handler


# --- what an answer gives --------------------------------------------------------------------


def test_an_answer_is_its_body_and_lower_case_headers(httpserver):
    url, asked = behind(httpserver, Answer(PRICES, headers={"ETag": '"a"', "Set-Cookie": "id=1"}))
    response = http.get(url, params={"gpu": "H100"}, expects="json")
    assert (response.status, response.body) == (200, PRICES)
    assert response.url == f"{url}?gpu=H100"
    assert response.headers["etag"] == '"a"'
    assert "set-cookie" not in response.headers
    assert response.fetched_at.utcoffset().total_seconds() == 0
    assert len(asked.asked) == 1


def test_gzip_is_asked_for_and_unpacked(httpserver):
    packed = gzip.compress(PRICES[:10]) + gzip.compress(PRICES[10:])
    url, asked = behind(httpserver, Answer(packed, headers={"Content-Encoding": "gzip"}))
    assert http.get(url, expects="json").body == PRICES
    assert asked.asked[0].headers["Accept-Encoding"] == "gzip"


def test_an_encoding_nobody_asked_for_is_refused(httpserver):
    url, asked = behind(httpserver, Answer(PRICES, headers={"Content-Encoding": "br"}))
    assert not refused(lambda: http.get(url)).retryable
    assert len(asked.asked) == 1


def test_validators_are_sent_and_304_has_no_body(httpserver):
    url, asked = behind(httpserver, Answer(status=304))
    validators = {"etag": '"a"', "last-modified": "Fri, 20 Nov 2026 12:00:00 GMT"}
    response = http.get(url, validators=validators, expects="json")
    assert (response.status, response.body) == (304, b"")
    assert asked.asked[0].headers["If-None-Match"] == '"a"'
    assert asked.asked[0].headers["If-Modified-Since"] == validators["last-modified"]


def test_304_to_a_question_without_validators_is_an_error(httpserver):
    url, _ = behind(httpserver, Answer(status=304))
    error = refused(lambda: http.get(url))
    assert (error.status, error.retryable) == (304, False)


def test_a_post_sends_json_and_is_asked_again(httpserver):
    url, asked = behind(httpserver, Answer(status=503), Answer(PRICES))
    assert http.post(url, json={"query": "{ gpuTypes { id } }"}, expects="json").body == PRICES
    assert [r.get_json() for r in asked.asked] == [{"query": "{ gpuTypes { id } }"}] * 2


def test_we_say_who_we_are(httpserver, monkeypatch):
    url, asked = behind(httpserver, Answer(PRICES))
    monkeypatch.delenv("GPU_CREDIT_WAREHOUSE_CONTACT", raising=False)
    http.get(url)
    monkeypatch.setenv("GPU_CREDIT_WAREHOUSE_CONTACT", "desk@example.org")
    http.get(url)
    plain, with_contact = (r.headers["User-Agent"] for r in asked.asked)
    assert plain.startswith("gpu-credit-warehouse/")
    assert "(" not in plain
    assert with_contact == f"{plain} (+desk@example.org)"


def test_attempt_turns_the_error_into_a_value(httpserver):
    url, _ = behind(httpserver, Answer(status=403))
    error = http.attempt(lambda: http.get(url))
    assert isinstance(error, http.UpstreamError)
    assert error.status == 403


# --- asking again ----------------------------------------------------------------------------


def test_retry_after_is_waited_out(httpserver, slept):
    url, asked = behind(httpserver, Answer(status=429, headers={"Retry-After": "7"}), Answer("ok"))
    assert http.get(url).body == b"ok"
    assert len(asked.asked) == 2
    assert slept == [7]


def test_a_retry_after_above_the_cap_ends_the_call(httpserver, slept):
    url, asked = behind(httpserver, Answer(status=429, headers={"Retry-After": "3600"}))
    error = refused(lambda: http.get(url, total_seconds=7200))
    assert (error.status, error.retryable, error.retry_after_seconds) == (429, True, 3600)
    assert len(asked.asked) == 1
    assert slept == []


def test_a_retry_after_beyond_the_total_time_ends_the_call(httpserver, slept):
    url, asked = behind(httpserver, Answer(status=503, headers={"Retry-After": "30"}))
    assert refused(lambda: http.get(url, total_seconds=5)).retryable
    assert (len(asked.asked), slept) == (1, [])


def test_an_unreadable_retry_after_is_ignored(httpserver, slept):
    url, _ = behind(httpserver, Answer(status=503, headers={"Retry-After": "soon"}), Answer("ok"))
    assert http.get(url).body == b"ok"
    assert len(slept) == 1


def test_500_then_200_takes_two_attempts(httpserver):
    url, asked = behind(httpserver, Answer("oops", status=500), Answer(PRICES))
    assert http.get(url, expects="json").body == PRICES
    assert len(asked.asked) == 2


@pytest.mark.parametrize("status", sorted(http.BUSY))
def test_busy_for_ever_is_asked_a_bounded_number_of_times(httpserver, slept, status):
    url, asked = behind(httpserver, Answer("busy", status=status))
    error = refused(lambda: http.get(url))
    assert (error.status, error.retryable, error.head) == (status, True, b"busy")
    assert len(asked.asked) == http.POLICY.attempts
    assert 0.5 <= slept[0] <= 1 <= slept[1] <= 2 <= slept[2] <= 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 501])
def test_a_refusal_is_not_asked_again(httpserver, status):
    url, asked = behind(httpserver, Answer("no", status=status))
    error = refused(lambda: http.get(url))
    assert (error.status, error.retryable, len(asked.asked)) == (status, False, 1)


def test_a_refused_connection_fails_at_once(slept):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    started = time.monotonic()
    error = refused(lambda: http.get(f"http://127.0.0.1:{port}/prices"))
    assert time.monotonic() - started < 0.5
    assert (error.status, error.retryable, slept) == (None, False, [])


def test_a_name_that_does_not_resolve_fails_at_once(monkeypatch, slept):
    def no_such_name(*_: object, **__: object):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    error = refused(lambda: http.get("https://prices.invalid/offers?api_key=hunter2hunter2"))
    assert "NameResolutionError" in str(error)
    assert (error.retryable, slept) == (False, [])


# --- bodies that are not whole ---------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(whole(PRICES)[:-5], id="content-length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1d\r\n" + PRICES[:9],
            id="inside-a-chunk",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1d\r\n" + PRICES + b"\r\n",
            id="before-the-last-chunk",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
            id="no-chunk-at-all",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(PRICES)[:-9],
            id="gzip-without-length",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + PRICES[:-4], id="json-without-length"),
        pytest.param(whole(b""), id="empty"),
        pytest.param(b"", id="hangs-up"),
    ],
)
def test_a_body_that_breaks_off_is_asked_again(misbehaving, broken):
    url = misbehaving(lambda c, attempt: c.sendall(broken if attempt == 1 else whole(PRICES)))
    assert http.get(url, expects="json").body == PRICES


@pytest.mark.parametrize(
    ("size", "name"), [("-5", "a negative"), ("-1d", "a negative"), ("five", "an unreadable")]
)
def test_a_chunk_size_that_is_none_has_a_name(misbehaving, size, name):
    chunk = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n".encode()
    url = misbehaving(lambda c, _: c.sendall(chunk + PRICES + b"\r\n0\r\n\r\n"))
    error = refused(lambda: http.get(url))
    assert f"{name} chunk size" in str(error)
    assert error.retryable


def test_a_body_that_always_breaks_off_is_a_retryable_error(misbehaving):
    attempts: list[int] = []

    def always_short(connection: socket.socket, attempt: int) -> None:
        attempts.append(attempt)
        connection.sendall(whole(PRICES)[:-5])

    url = misbehaving(always_short)
    error = refused(lambda: http.get(url))
    assert (error.status, error.retryable) == (200, True)
    assert attempts == [1, 2, 3, 4]


def endless(connection: socket.socket, _: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 4096)


def test_an_endless_body_ends_at_the_cap(misbehaving, slept):
    url = misbehaving(endless)
    error = refused(lambda: http.get(url, max_bytes=2**20))
    assert "more than 1048576 bytes" in str(error)
    assert (error.retryable, slept) == (False, [])


def test_a_gzip_bomb_ends_at_the_cap(misbehaving):
    bomb = gzip.compress(bytes(32 * 2**20))
    assert len(bomb) < 2**16
    url = misbehaving(lambda c, _: c.sendall(whole(bomb, "Content-Encoding: gzip")))
    error = refused(lambda: http.get(url, max_bytes=2**20))
    assert "more than 1048576 bytes" in str(error)
    assert not error.retryable


def test_a_body_of_exactly_the_cap_is_kept(httpserver):
    url, _ = behind(httpserver, Answer(b"x" * 1000))
    assert len(http.get(url, max_bytes=1000).body) == 1000
    refused(lambda: http.get(url, max_bytes=999))


def drip(connection: socket.socket, pieces: Iterator[bytes]) -> None:
    for piece in pieces:
        connection.sendall(piece)
        time.sleep(0.02)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="body-of-no-length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n", id="inside-a-chunk"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Header: ", id="headers"),
        pytest.param(b"HTTP/1.1 302 Found\r\nLocation: /", id="redirect"),
        pytest.param(b"HTTP/1.1 500 Oops\r\nContent-Length: 1000\r\n\r\n", id="error-page"),
    ],
)
def test_a_slow_drip_ends_at_the_total_time(misbehaving, start):
    url = misbehaving(lambda c, _: drip(c, iter([start] + [b"x"] * 500)))
    started = time.monotonic()
    error = refused(lambda: http.get(url, total_seconds=0.3))
    assert 0.25 < time.monotonic() - started < 1
    assert error.retryable
    assert "0.3 s" in str(error)


def test_silence_is_a_retryable_error(misbehaving, monkeypatch):
    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, read_seconds=0.1, attempts=2))
    url = misbehaving(lambda *_: time.sleep(0.5))
    error = refused(lambda: http.get(url))
    assert "silence" in str(error)
    assert error.retryable


def test_the_total_time_covers_the_pauses_between_attempts(httpserver, monkeypatch):
    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, sleep=time.sleep, attempts=100))
    url, _ = behind(httpserver, Answer(status=503, headers={"Retry-After": "0"}))
    started = time.monotonic()
    refused(lambda: http.get(url, total_seconds=0.3))
    assert time.monotonic() - started < 1


def test_the_deadline_leaves_no_thread_behind(httpserver):
    url, _ = behind(httpserver, Answer(PRICES))
    before = threading.active_count()
    for _ in range(3):
        http.get(url)
    time.sleep(0.05)
    assert threading.active_count() <= before + 1  # the test server's own


# --- the right kind of body ------------------------------------------------------------------

PAGE = b"<!DOCTYPE html><html><body>Checking your browser</body></html>"
TABLE = b"gpu,price\nH100,2.49\n"
FEED = b'<?xml version="1.0"?><rates><rate>1.08</rate></rates>'


@pytest.mark.parametrize(
    ("expects", "body"),
    [
        ("json", PAGE),
        ("csv", PAGE),
        ("xml", PAGE),
        ("json", FEED),
        ("csv", FEED),
        ("xml", PRICES),
        ("csv", b'{"error": "rate limited"}'),
        ("json", b"rate limited"),
    ],
)
def test_another_kind_of_body_is_not_asked_again(httpserver, expects, body):
    url, asked = behind(httpserver, Answer(body))
    error = refused(lambda: http.get(url, expects=expects))
    assert (error.status, error.retryable, error.head) == (200, False, body[:200])
    assert len(asked.asked) == 1


@pytest.mark.parametrize(
    ("expects", "body"),
    [
        ("json", b"\xef\xbb\xbf\n [1]\n"),
        ("csv", TABLE),
        ("xml", b"\n" + FEED + b"\n"),
        ("any", PAGE),
    ],
)
def test_the_kind_asked_for_passes(httpserver, expects, body):
    url, _ = behind(httpserver, Answer(body))
    assert http.get(url, expects=expects).body == body


# --- redirects -------------------------------------------------------------------------------


def test_a_redirect_is_followed_and_the_address_asked_is_kept(httpserver):
    httpserver.expect_request("/v1").respond_with_data(status=301, headers={"Location": "/v2"})
    httpserver.expect_request("/v2").respond_with_data(PRICES)
    response = http.get(httpserver.url_for("/v1"))
    assert response.body == PRICES
    assert response.url == httpserver.url_for("/v1")


def test_a_redirect_loop_is_not_asked_again(httpserver):
    url, asked = behind(httpserver, Answer(status=302, headers={"Location": "/prices"}))
    error = refused(lambda: http.get(url))
    assert "more than 5 redirects" in str(error)
    assert not error.retryable
    assert len(asked.asked) == 6


@pytest.mark.parametrize(
    "target",
    [
        "http://prices.example.org/v2",
        "https://127.0.0.1/v2",
        "ftp://127.0.0.1/v2",
        "file:///etc/passwd",
        "//prices.example.org/v2",
    ],
)
def test_a_redirect_to_another_scheme_or_off_this_machine_is_refused(httpserver, target):
    url, asked = behind(httpserver, Answer(status=302, headers={"Location": target}))
    error = refused(lambda: http.get(url))
    assert "redirect" in str(error)
    assert (error.retryable, len(asked.asked)) == (False, 1)


def test_a_redirect_to_nonsense_is_refused(misbehaving):
    nonsense = b"HTTP/1.1 302 Found\r\nLocation: http://[::1/v2\r\n\r\n"
    url = misbehaving(lambda c, _: c.sendall(nonsense))
    error = refused(lambda: http.get(url))
    assert "redirect to an unreadable address" in str(error)
    assert not error.retryable


def prepared(url: str, **headers: str) -> requests.PreparedRequest:
    return requests.Request("GET", url, headers=headers).prepare()


def led(asked: requests.PreparedRequest, target: str, *hosts: str, secrets=()):
    """Where a redirect leads outside tests: this machine is no upstream."""
    return followed(asked, target, hosts=hosts, secrets=secrets, own_machine=False)


@pytest.mark.parametrize("target", ["http://sec.example/b", "http://127.0.0.1/b"])
def test_https_never_becomes_http(target):
    with pytest.raises(Unusable, match="may not be asked"):
        led(prepared("https://sec.example/a"), target)


def test_keys_do_not_follow_to_another_host():
    keys = {"Authorization": "Bearer abcdefgh", "X-API-KEY": "abcdefgh", "if-none-match": '"a"'}
    asked = prepared("https://api.example/a", **keys)
    assert led(asked, "/b").headers == asked.headers
    elsewhere = led(asked, "https://cdn.example/b", "cdn.example")
    assert dict(elsewhere.headers) == {"if-none-match": '"a"'}
    assert "X-API-KEY" in asked.headers


@pytest.mark.parametrize(
    "target",
    [
        "https://other.example/b",
        "//other.example/b",
        "https://cdn.example.evil.example/b",
        "https://evil.example/cdn.example",
        "https://cdn.example@evil.example/b",
        "https://cdn.example:8443/b",
        "https://api.example:8443/b",
    ],
)
def test_a_redirect_leads_to_no_other_host_than_the_source_declares(target):
    with pytest.raises(Unusable, match="does not declare"):
        led(prepared("https://api.example/a"), target, "cdn.example")


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "127.1.2.3", "10.0.0.1", "192.168.1.1", "172.16.0.1"),
        *("169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "[::1]", "[fe80::1]"),
        *("[fd00::1]", "[::ffff:10.0.0.1]", "[2002:7f00:1::]", "[64:ff9b::a9fe:a9fe]", "[::]"),
        *("printer.local", "metadata.internal", "a.localhost"),
    ],
)
def test_a_redirect_leads_to_no_address_that_is_not_public_even_declared(host):
    with pytest.raises(Unusable, match="on no public network"):
        led(prepared("https://api.example/a"), f"https://{host}/b", host.strip("[]"))


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:192.168.0.1"]
)
def test_a_name_that_resolves_to_a_private_address_is_not_followed(monkeypatch, address):
    """The first answer comes from a stub, so that no test needs https on this machine."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_: [(family, socket.SOCK_STREAM, 6, "", (address, 443))]
    )
    connections: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, to: connections.append(to))
    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, own_machine=False))
    request = prepared("https://cdn.example/b")
    with requests.Session() as session, Deadline(5) as deadline:
        session.mount("https://", http.Transport())
        with pytest.raises(Unusable, match="on no public network"):
            http._sent(session, request, deadline, is_first=False)
    assert connections == []


@pytest.mark.parametrize(
    "target",
    [
        "https://cdn.example/hunter2hunter2/b",
        "https://cdn.example/b?next=/hunter2hunter2",
        "https://cdn.example/b?auth=aHVudGVyMmh1bnRlcjI%3D",
    ],
)
def test_a_key_in_a_path_is_not_carried_to_another_host(target):
    asked = prepared(f"https://api.example/{SECRET}/a")
    with pytest.raises(Unusable, match="carries our key") as caught:
        led(asked, target, "cdn.example", secrets=[SECRET])
    assert SECRET not in str(caught.value)
    assert led(asked, f"/v2/{SECRET}", secrets=[SECRET]).url == f"https://api.example/v2/{SECRET}"


def test_outside_tests_this_machine_is_not_asked(httpserver, monkeypatch):
    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, own_machine=False))
    url, asked = behind(httpserver, Answer(PRICES))
    assert "only https is asked" in str(refused(lambda: http.get(url)))
    assert asked.asked == []
    assert not http.Policy().own_machine


def test_a_post_is_not_redirected(httpserver):
    url, _ = behind(httpserver, Answer(status=307, headers={"Location": "/elsewhere"}))
    assert "redirect" in str(refused(lambda: http.post(url, json={})))


@pytest.mark.parametrize("url", ["http://prices.example.org/", "ftp://x.org/", "not an address"])
def test_only_https_is_asked(url):
    assert not refused(lambda: http.get(url)).retryable


def test_a_key_that_is_no_header_is_not_sent():
    error = refused(lambda: http.get("https://x.example", headers={"X-Key": "hunter2\n"}))
    assert "InvalidHeader" in str(error)
    assert "hunter2" not in str(error)


# --- secrets ---------------------------------------------------------------------------------

SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "name",
    [
        *("key", "token", "api_key", "apikey", "access_token", "sig", "signature", "password"),
        *("secret", "API-KEY", "X-Amz-Signature", "api%5Fkey", "apiToken", "sas", "sasToken"),
        *("accessKey", "client-secret", "Ocp-Apim-Subscription-Key", "pwd", "X-Auth-Token", "jwt"),
        *("AWSAccessKeyId", "X-Goog-Credential", "userPassword", "%61pikey"),
    ],
)
def test_secret_parameters_are_redacted(name):
    url = redacted(f"https://me:{SECRET}@x.org/p?page=2&{name}={SECRET}&pageToken=abc#{SECRET}")
    assert url == f"https://x.org/p?page=2&{name}=REDACTED&pageToken=abc"


@pytest.mark.parametrize("name", ["gpu", "pageToken", "nextToken", "continuation_token", "monkey"])
def test_other_parameters_are_kept(name):
    assert redacted(f"https://x.org/p?{name}=abcdefghij") == f"https://x.org/p?{name}=abcdefghij"


def test_no_secret_in_an_answer_or_an_error(httpserver):
    echo = f"bad key {SECRET}, token {SECRET[::-1]}"
    url, _ = behind(httpserver, Answer(PRICES), Answer(echo, status=401))

    def ask() -> http.Response:
        headers = {"Authorization": f"Bearer {SECRET[::-1]}"}
        return http.get(url, params={"key": SECRET}, headers=headers)

    assert ask().url == f"{url}?key=REDACTED"
    error = refused(ask)
    assert error.url == f"{url}?key=REDACTED"
    assert error.head == b"bad key REDACTED, token REDACTED"
    assert SECRET not in str(error)
    assert SECRET[::-1] not in str(error)


def test_an_error_brings_along_no_cause_that_prints_the_address(misbehaving):
    url = misbehaving(lambda c, _: c.close())
    error = refused(lambda: http.get(url, params={"key": SECRET}))
    assert error.__cause__ is None
    assert error.__context__ is None


def test_a_netrc_file_is_not_read(httpserver, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text(f"machine localhost login me password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    url, asked = behind(httpserver, Answer(PRICES))
    http.get(url)
    assert "Authorization" not in asked.asked[0].headers


# --- pace ------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def paced(clock: Clock) -> Pace:
    return Pace(4.0, {"slow.example": 0.5}, clock, clock.sleep)


def test_requests_to_one_host_are_spaced():
    clock = Clock()
    pace = paced(clock)
    at = []
    for host in ["a.example", "a.example", "b.example", "a.example"]:
        assert pace.wait(host, 60)
        at.append(clock.now)
    assert at == [100, 100.25, 100.25, 100.5]


def test_a_slow_domain_counts_all_its_hosts():
    clock = Clock()
    pace = paced(clock)
    for host in ["slow.example", "www.slow.example", "notslow.example"]:
        pace.wait(host, 60)
    assert clock.now == 102


def test_a_slot_too_far_off_is_not_taken():
    clock = Clock()
    pace = paced(clock)
    assert pace.wait("slow.example", 60)
    assert not pace.wait("slow.example", 1)
    assert pace.wait("slow.example", 2)
    assert clock.now == 102


def test_threads_queue_for_their_own_slots():
    slots: list[float] = []
    pace = Pace(4.0, {}, lambda: 0.0, slots.append)
    threads = [threading.Thread(target=pace.wait, args=("a.example", 60)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slots) == [n / 4 for n in range(1, 8)]


def test_every_attempt_and_redirect_keeps_the_pace(httpserver, monkeypatch):
    hosts: list[str] = []

    class Recorded(Pace):
        def wait(self, host: str, at_most: float) -> bool:
            hosts.append(host)
            return at_most > 0

    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, pace=Recorded()))
    moved = Answer(status=302, headers={"Location": "/prices"})
    url, _ = behind(httpserver, moved, Answer(status=503), Answer(PRICES))
    http.get(url)
    assert hosts == ["localhost"] * 3


def test_a_pace_that_leaves_no_time_is_a_retryable_error(monkeypatch):
    full = Pace(clock=lambda: 0.0)
    full.wait("prices.example.org", 60)
    monkeypatch.setattr(http, "POLICY", replace(http.POLICY, pace=full))
    error = refused(lambda: http.get("https://prices.example.org", total_seconds=0.2))
    assert (error.status, error.retryable) == (None, True)


def test_the_deadline_cuts_a_socket_it_is_shown_too_late():
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(0.01) as deadline:
        time.sleep(0.05)
        deadline.watch(ours)
        ours.settimeout(1)
        assert ours.recv(1) == b""


# --- bodies too large for memory -------------------------------------------------------------

LONG_TABLE = b"gpu,price\n" + b"H100,2.49\n" * 50_000


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_download_lies_in_a_file_unzipped(httpserver, encoding):
    sent = gzip.compress(LONG_TABLE) if encoding else LONG_TABLE
    headers = {"Content-Encoding": encoding} if encoding else {}
    url, _ = behind(httpserver, Answer(sent, headers={"ETag": '"a"', **headers}))
    answer = http.download(url, expects="csv")
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"", '"a"')
    with answer.file as file:
        assert file.read() == LONG_TABLE


def test_a_download_takes_less_memory_than_its_body(httpserver):
    url, _ = behind(httpserver, Answer(gzip.compress(b"gpu,price\n" + bytes(64 * 2**20)),
                                       headers={"Content-Encoding": "gzip"}))  # fmt: skip
    tracemalloc.start()
    answer = http.download(url)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with answer.file as file:
        assert file.seek(0, 2) > 64 * 2**20
    assert peak < 32 * 2**20


def test_a_download_is_asked_for_with_validators_and_304_has_no_file(httpserver):
    url, asked = behind(httpserver, Answer(status=304))
    answer = http.download(url, validators={"etag": '"a"'})
    assert (answer.status, answer.file) == (304, None)
    assert asked.asked[0].headers["if-none-match"] == '"a"'


def test_a_download_that_breaks_off_is_asked_again(misbehaving):
    broken = whole(LONG_TABLE)[:-5]
    url = misbehaving(lambda c, attempt: c.sendall(broken if attempt == 1 else whole(LONG_TABLE)))
    with http.download(url).file as file:
        assert file.read() == LONG_TABLE


@pytest.mark.parametrize(
    ("answer", "expects", "why"),
    [
        (Answer(b"<!DOCTYPE html><p>Sign in"), "csv", "HTML instead of CSV"),
        (Answer(b'{"a": [1, 2'), "json", "breaks off"),
        (Answer(b""), "any", "an empty body"),
        (Answer(LONG_TABLE, status=403), "csv", "HTTP 403"),
    ],
)
def test_a_download_is_checked_as_any_body_is(httpserver, answer, expects, why):
    url, _ = behind(httpserver, answer)
    assert why in str(refused(lambda: http.download(url, expects=expects)))


def test_an_endless_download_ends_at_the_cap(misbehaving):
    def endless(connection: socket.socket, _: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65_536)

    assert "more than" in str(refused(lambda: http.download(misbehaving(endless), max_bytes=2**20)))


def test_a_download_ends_at_the_total_time(misbehaving):
    def quiet_end(connection: socket.socket, _: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\ngpu,price\n")
        connection.recv(1)

    error = refused(lambda: http.download(misbehaving(quiet_end), total_seconds=0.2))
    assert "no whole answer within 0.2 s" in str(error)
