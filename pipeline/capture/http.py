"""The only module that asks upstreams: bounded, polite, and plain about what went wrong.

Waiting has three layers: seconds are waited out here, minutes by the raw asset, hours by the next
schedule. So an `UpstreamError` says whether asking again can help, and a run without network ends
at once: a host that cannot be reached is not asked twice.

urllib3's own retry loop is switched off. It ends when the headers arrive, so it never sees a body
that breaks off, and its pauses know nothing of a total time. One loop here covers both.

Each call has its own session. Requests to one host are spaced wider than a TLS handshake takes, so
keeping connections would save little, and a fresh one is never stale, never shared with another
thread or a forked process, and carries no cookies along. Proxies and certificate bundles come from
the environment, as usual with requests; `.netrc` is not read.
"""

import itertools
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError, InvalidHeader, ProtocolError, ReadTimeoutError, SSLError
from urllib3.util import Retry

from pipeline.capture.bodies import STEP, Expects, Unusable, check_kind, decoded, spooled
from pipeline.capture.limits import Deadline, Pace, is_loopback, watch
from pipeline.capture.redaction import redacted, without_secrets

BUSY = frozenset({408, 429, 500, 502, 503, 504})
CONDITIONS = {"etag": "if-none-match", "last-modified": "if-modified-since"}
HARMLESS = {
    *("user-agent", "accept", "accept-encoding", "content-type", "content-length"),
    *CONDITIONS.values(),
}


@dataclass(frozen=True)
class Policy:
    """How patient a call is.

    A `Retry-After` above the cap is not shortened: the call ends with a retryable error, since
    asking earlier than told is rude and useless.
    """

    attempts: int = 4
    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    backoff_seconds: float = 1.0
    retry_after_cap_seconds: float = 60.0
    redirects: int = 5
    pace: Pace = field(default_factory=Pace)
    sleep: Callable[[float], None] = time.sleep


POLICY = Policy()


@dataclass(frozen=True)
class Response:
    """One complete answer, or status 304 with an empty body.

    `url` is the address asked, secrets redacted, and not where it redirected to: that is often an
    address signed for minutes, which nobody can cite. Header names are lower-case. A downloaded
    body lies in `file`, a temporary one that the raw store reads once and closes; `body` is empty.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    file: BinaryIO | None = None


@dataclass(frozen=True)
class _Bounds:
    """What a call will take for an answer, and whether the body goes to disk."""

    expects: Expects
    max_bytes: int
    total_seconds: float
    on_disk: bool = False


class UpstreamError(Exception):
    """The upstream gave no usable answer.

    Attributes:
        url: The address asked, secrets redacted.
        status: HTTP status, or None when no answer began.
        retryable: Whether asking again can help; not after a refusal or without a network.
        head: First 200 bytes of the answer, without the secrets we sent.
        retry_after_seconds: How long the upstream wants to be left alone, if it says so.
    """

    def __init__(
        self,
        reason: str,
        *,
        url: str,
        status: int | None = None,
        retryable: bool = False,
        head: bytes = b"",
        retry_after_seconds: float | None = None,
    ) -> None:
        self.url = redacted(url)
        self.status = status
        self.retryable = retryable
        self.head = head[:200]
        self.retry_after_seconds = retry_after_seconds
        said = f", which said {self.head!r}" if head else ""
        super().__init__(f"{reason} from {self.url}{said}")


def get(
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    validators: Mapping[str, str] | None = None,
    expects: Expects = "any",
    max_bytes: int = 64 * 2**20,
    total_seconds: float = 120.0,
) -> Response:
    """The answer with status 200, or with 304 when `validators` still hold.

    Args:
        url: https; plain http only to this machine.
        params: Query parameters.
        headers: Sent to this host only.
        validators: `etag` and `last-modified` of the copy already kept.
        expects: The kind of body; another kind, such as an HTML page for JSON, is an error.
        max_bytes: Cap on the body, on the wire and unzipped.
        total_seconds: Cap on everything: pace, attempts, the pauses between them, redirects.

    Raises:
        UpstreamError: no usable answer within these bounds.
    """
    conditions = {CONDITIONS[k]: v for k, v in (validators or {}).items() if k in CONDITIONS}
    request = requests.Request("GET", url, {**(headers or {}), **conditions}, params=params)
    return _ask(request, _Bounds(expects, max_bytes, total_seconds))


def download(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    validators: Mapping[str, str] | None = None,
    expects: Expects = "any",
    max_bytes: int = 2 * 2**30,
    total_seconds: float = 1800.0,
) -> Response:
    """As `get`, for a body too large for memory: it is written to a temporary file as it comes."""
    conditions = {CONDITIONS[k]: v for k, v in (validators or {}).items() if k in CONDITIONS}
    request = requests.Request("GET", url, {**(headers or {}), **conditions})
    return _ask(request, _Bounds(expects, max_bytes, total_seconds, on_disk=True))


def post(
    url: str,
    *,
    json: object,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    expects: Expects = "any",
    max_bytes: int = 64 * 2**20,
    total_seconds: float = 120.0,
) -> Response:
    """As `get`, for a query that is sent as JSON.

    It is asked again like a GET, so never use it for what changes state. It is not redirected:
    the body may hold what only this host should read.
    """
    request = requests.Request("POST", url, {**(headers or {})}, params=params, json=json)
    return _ask(request, _Bounds(expects, max_bytes, total_seconds))


def attempt(call: Callable[[], Response]) -> Response | UpstreamError:
    """The answer, or the error as a value: one part's failure does not cost the others."""
    try:
        return call()
    except UpstreamError as error:
        return error


def user_agent() -> str:
    """Who asks. The SEC refuses clients that name no contact."""
    try:
        release = version("gpu-credit-warehouse")
    except PackageNotFoundError:  # run from a checkout that is not installed
        release = "dev"
    contact = " ".join(os.environ.get("GPU_CREDIT_WAREHOUSE_CONTACT", "").split())
    return f"gpu-credit-warehouse/{release}" + (f" (+{contact})" if contact else "")


class _Plain(HTTPConnection):
    def getresponse(self) -> Any:
        watch(self.sock)
        return super().getresponse()


class _Tls(HTTPSConnection):
    def getresponse(self) -> Any:
        watch(self.sock)
        return super().getresponse()


class _Transport(HTTPAdapter):
    """Shows each socket to the deadline before the first header is read from it."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        if isinstance(pool, HTTPConnectionPool):
            if pool.ConnectionCls is HTTPConnection:  # one for SOCKS stays as it is
                pool.ConnectionCls = _Plain
            elif pool.ConnectionCls is HTTPSConnection:
                pool.ConnectionCls = _Tls
        return pool


def _ask(request: requests.Request, bounds: _Bounds) -> Response:
    ours = {"user-agent": user_agent(), "accept": "*/*", "accept-encoding": "gzip"}
    theirs = {name.lower(): value for name, value in (request.headers or {}).items()}
    request.headers = {**ours, **theirs}
    problem = "only https is asked"
    try:
        first = request.prepare()
    except requests.RequestException as error:
        first, problem = requests.PreparedRequest(), type(error).__name__
    if not _may_ask(first.url):
        raise UpstreamError(f"no answer ({problem})", url=request.url or "")
    with requests.Session() as session, Deadline(bounds.total_seconds) as deadline:
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Transport(max_retries=Retry(0, read=False)))
        for asked in itertools.count(1):
            try:
                return _exchange(session, first, deadline, bounds)
            except UpstreamError as error:
                wait = error.retry_after_seconds
                if wait is None:
                    wait = POLICY.backoff_seconds * 2 ** (asked - 1) * random.uniform(0.5, 1.0)
                elif wait > POLICY.retry_after_cap_seconds:
                    raise
                if not error.retryable or asked >= POLICY.attempts or wait > deadline.left():
                    raise
            POLICY.sleep(wait)
    raise AssertionError("unreachable")


def _exchange(
    session: requests.Session,
    first: requests.PreparedRequest,
    deadline: Deadline,
    bounds: _Bounds,
) -> Response:
    """One attempt, redirects included."""
    request = first
    for _ in range(POLICY.redirects + 1):
        status: int | None = None
        try:
            with _sent(session, request, deadline) as answer:
                status = answer.status_code
                if target := session.get_redirect_target(answer):
                    request = _followed(request, target)
                    continue
                response = _read(answer, bounds)
            if deadline.left() > 0:  # else the cut may have passed for the end of the body
                return replace(response, url=redacted(first.url or ""))
            if response.file is not None:
                response.file.close()
            problem = Unusable("")
        except Unusable as error:
            problem = error
        except (requests.RequestException, HTTPError, OSError) as error:
            problem = _explained(error)
        if deadline.left() <= 0:
            problem = Unusable(f"no whole answer within {deadline.seconds:g} s", retryable=True)
        # Raised out here: as the cause, the caught error would print its address with the secrets.
        raise UpstreamError(
            str(problem),
            url=request.url or "",
            status=status,
            retryable=problem.retryable,
            head=without_secrets(problem.head[:4096], request.url or "", _private(request)),
            retry_after_seconds=problem.retry_after_seconds,
        )
    raise UpstreamError(f"more than {POLICY.redirects} redirects", url=first.url or "")


def _private(request: requests.PreparedRequest) -> dict[str, str]:
    """Headers that may hold a key: all but a few, since keys come in headers of any name."""
    return {k: v for k, v in request.headers.items() if k.lower() not in HARMLESS}


def _sent(
    session: requests.Session, request: requests.PreparedRequest, deadline: Deadline
) -> requests.Response:
    """The answer with its headers read. Goes around `Session.send`, which reads whole redirects."""
    url = request.url or ""
    if not POLICY.pace.wait(urlsplit(url).hostname or "", deadline.left()):
        raise Unusable("no answer (its pace leaves no time to ask)", retryable=True)
    left = max(deadline.left(), 0.001)  # zero would mean without blocking
    timeout = (min(POLICY.connect_seconds, left), min(POLICY.read_seconds, left))
    settings: Any = session.merge_environment_settings(url, {}, True, None, None)
    return session.get_adapter(url).send(request, timeout=timeout, **settings)


def _read(answer: requests.Response, bounds: _Bounds) -> Response:
    status, body, file = answer.status_code, b"", None
    headers = {k.lower(): v for k, v in answer.headers.items() if k.lower() != "set-cookie"}
    encoding = headers.get("content-encoding", "").strip().lower()
    if status == 200:
        wire = answer.raw.stream(STEP, decode_content=False)
        pieces = decoded(wire, encoding, bounds.max_bytes)
        if bounds.on_disk:
            file = spooled(pieces, bounds.expects)
        else:
            body = b"".join(pieces)
            check_kind(body, bounds.expects)
    elif status != 304 or answer.request.headers.keys().isdisjoint(CONDITIONS.values()):
        raise Unusable(
            f"HTTP {status}",
            retryable=status in BUSY,
            head=_head(answer, encoding),
            retry_after_seconds=_retry_after(headers.get("retry-after")),
        )
    return Response(answer.url, status, headers, body, datetime.now(UTC), file)


def _head(answer: requests.Response, encoding: str) -> bytes:
    """The beginning of an error page, if it can be had."""
    try:
        return next(decoded(answer.raw.stream(4096, decode_content=False), encoding, STEP), b"")
    except (Unusable, HTTPError, OSError):
        return b""


def _retry_after(value: str | None) -> float | None:
    """Seconds, from either form of the header; None when absent or unreadable."""
    try:
        return None if value is None else Retry(0).parse_retry_after(value)
    except InvalidHeader:
        return None


def _may_ask(url: str | None) -> bool:
    parts = urlsplit(url or "")
    host = parts.hostname or ""
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    )


def _followed(request: requests.PreparedRequest, target: str) -> requests.PreparedRequest:
    """The request for where a redirect leads: never another scheme, never our keys elsewhere."""
    if request.method != "GET":
        raise Unusable("a redirect of a POST")
    follow = request.copy()
    try:
        follow.prepare_url(urljoin(request.url or "", target), None)
        old, new = urlsplit(request.url or ""), urlsplit(follow.url or "")
        moved = (old.hostname, old.port) != (new.hostname, new.port)
    except ValueError:  # requests.InvalidURL is one
        raise Unusable("a redirect to an unreadable address") from None
    if old.scheme != new.scheme or not _may_ask(follow.url):
        raise Unusable(f"a redirect to {redacted(follow.url or '')}, which may not be asked,")
    if moved:
        for name in _private(follow):
            del follow.headers[name]
    return follow


def _explained(error: Exception) -> Unusable:
    """What happened, and whether to ask again; never what the error prints, which has the address.

    A connection that was made and broke is worth asking again. One that was never made is not.
    """
    cause = error.args[0] if error.args else error
    if isinstance(error, (requests.ReadTimeout, ReadTimeoutError)):
        return Unusable(f"silence for {POLICY.read_seconds:g} s", retryable=True)
    if isinstance(error, (ProtocolError, SSLError)) or isinstance(cause, ProtocolError):
        return Unusable("an answer that breaks off", retryable=True)
    reason = getattr(cause, "reason", error)  # what urllib3 gave up on
    return Unusable(f"no answer ({type(reason).__name__})")
