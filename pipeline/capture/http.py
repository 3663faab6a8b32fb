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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import (
    HTTPError,
    InvalidChunkLength,
    InvalidHeader,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Retry

from pipeline.capture import redaction
from pipeline.capture.bodies import STEP, Expects, Unusable, check_kind, decoded, spooled
from pipeline.capture.limits import Deadline, Pace
from pipeline.capture.reach import Reach
from pipeline.capture.redirects import CONDITIONS, followed, may_ask, private_headers
from pipeline.capture.transport import Transport, public_only

BUSY = frozenset({408, 429, 500, 502, 503, 504})


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
    own_machine: bool = False  # only tests have their upstream on it
    pace: Pace = field(default_factory=Pace)
    reach: Reach = field(default_factory=Reach)
    sleep: Callable[[float], None] = time.sleep


POLICY = Policy()


@dataclass(frozen=True)
class Response:
    """One complete answer, or status 304 with an empty body.

    `url` is the address asked, secrets redacted, and not where it redirected to: that is often an
    address signed for minutes, which nobody can cite. Header names are lower-case. A downloaded
    body lies in `file`, a temporary one that the raw store reads once and closes; `body` is empty.
    `redacted`: the body repeated a secret of ours, which is taken out.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    file: BinaryIO | None = None
    redacted: bool = False


@dataclass(frozen=True)
class _Bounds:
    """What a call will take for an answer, and whether the body goes to disk."""

    expects: Expects
    max_bytes: int
    total_seconds: float
    on_disk: bool = False
    hosts: tuple[str, ...] = ()
    secrets: frozenset[str] = frozenset()


class UpstreamError(Exception):
    """The upstream gave no usable answer.

    Attributes:
        url: The address asked, secrets redacted.
        status: HTTP status, or None when no answer began.
        retryable: Whether asking again can help; not after a refusal or without a network.
        reason: What went wrong, without the address.
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
        self.reason = reason
        self.url = redaction.redacted(url)
        self.status = status
        self.retryable = retryable
        self.head = redaction.cleaned(head)[:200]
        self.retry_after_seconds = retry_after_seconds
        said = f", which said {self.head!r}" if head else ""
        super().__init__(redaction.cleaned(f"{reason} from {self.url}{said}"))


def get(
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    validators: Mapping[str, str] | None = None,
    expects: Expects = "any",
    max_bytes: int = 64 * 2**20,
    total_seconds: float = 120.0,
    may_lead_to: Sequence[str] = (),
) -> Response:
    """The answer with status 200, or with 304 when `validators` still hold.

    Args:
        url: https.
        params: Query parameters.
        headers: Sent to this host only.
        validators: `etag` and `last-modified` of the copy already kept.
        expects: The kind of body; another kind, such as an HTML page for JSON, is an error.
        max_bytes: Cap on the body, on the wire and unzipped.
        total_seconds: Cap on everything: pace, names, connections, TLS, proxies, bodies, attempts
            and the pauses between them, redirects.
        may_lead_to: Hosts, besides its own, that a redirect may lead to, as the upstream documents.

    Raises:
        UpstreamError: no usable answer within these bounds.
    """
    conditions = {CONDITIONS[k]: v for k, v in (validators or {}).items() if k in CONDITIONS}
    request = requests.Request("GET", url, {**(headers or {}), **conditions}, params=params)
    return _ask(request, _Bounds(expects, max_bytes, total_seconds, hosts=tuple(may_lead_to)))


def download(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    validators: Mapping[str, str] | None = None,
    expects: Expects = "any",
    max_bytes: int = 2 * 2**30,
    total_seconds: float = 1800.0,
    may_lead_to: Sequence[str] = (),
) -> Response:
    """As `get`, for a body too large for memory: it is written to a temporary file as it comes."""
    conditions = {CONDITIONS[k]: v for k, v in (validators or {}).items() if k in CONDITIONS}
    request = requests.Request("GET", url, {**(headers or {}), **conditions})
    return _ask(request, _Bounds(expects, max_bytes, total_seconds, True, tuple(may_lead_to)))


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


def _ask(request: requests.Request, bounds: _Bounds) -> Response:
    ours = {"user-agent": user_agent(), "accept": "*/*", "accept-encoding": "gzip"}
    theirs = {name.lower(): value for name, value in (request.headers or {}).items()}
    request.headers = {**ours, **theirs}
    problem = "only https is asked"
    try:
        first = request.prepare()
    except requests.RequestException as error:
        first, problem = requests.PreparedRequest(), type(error).__name__
    lost = POLICY.reach.lost(first.url or "")
    if lost or not may_ask(first.url, POLICY.own_machine):
        raise UpstreamError(lost or f"no answer ({problem})", url=request.url or "")
    carried = redaction.carried(first.url or "", first.headers, first.body)
    redaction.know(carried)
    bounds = replace(bounds, secrets=carried)
    with requests.Session() as session, Deadline(bounds.total_seconds) as deadline:
        for scheme in ("https://", "http://"):
            session.mount(scheme, Transport())
        for asked in itertools.count(1):
            try:
                return _exchange(session, first, deadline, bounds)
            except UpstreamError as error:
                if error.status is None and not error.retryable:
                    POLICY.reach.lose(error.url, error.reason)
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
            with _sent(session, request, deadline, is_first=request is first) as answer:
                status = answer.status_code
                if target := session.get_redirect_target(answer):
                    request = followed(
                        request,
                        target,
                        hosts=bounds.hosts,
                        secrets=bounds.secrets,
                        own_machine=POLICY.own_machine,
                    )
                    continue
                response = _read(answer, bounds)
            if deadline.left() > 0:  # else the cut may have passed for the end of the body
                return replace(response, url=redaction.redacted(first.url or ""))
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
            head=redaction.cleaned(problem.head[:4096], _sensitive(request, bounds)),
            retry_after_seconds=problem.retry_after_seconds,
        )
    raise UpstreamError(f"more than {POLICY.redirects} redirects", url=first.url or "")


def _sensitive(request: requests.PreparedRequest, bounds: _Bounds) -> frozenset[str]:
    """What an error's text must not repeat: our secrets, and words of any header of ours."""
    words = {word for value in private_headers(request).values() for word in value.split()}
    return bounds.secrets | {word for word in words if len(word) >= redaction.SHORTEST}


def _sent(
    session: requests.Session,
    request: requests.PreparedRequest,
    deadline: Deadline,
    *,
    is_first: bool,
) -> requests.Response:
    """The answer with its headers read. Goes around `Session.send`, which reads whole redirects."""
    url = request.url or ""
    if not POLICY.pace.wait(urlsplit(url).hostname or "", deadline.left()):
        raise Unusable("no answer (its pace leaves no time to ask)", retryable=True)
    left = max(deadline.left(), 0.001)  # zero would mean without blocking
    timeout = (min(POLICY.connect_seconds, left), min(POLICY.read_seconds, left))
    settings: Any = session.merge_environment_settings(url, {}, True, None, None)
    with public_only(not is_first and not POLICY.own_machine):
        return session.get_adapter(url).send(request, timeout=timeout, **settings)


def _read(answer: requests.Response, bounds: _Bounds) -> Response:
    status, body, file = answer.status_code, b"", None
    cleaning = redaction.Cleaning(bounds.secrets)
    headers = {
        name.lower(): redaction.cleaned(value, bounds.secrets)
        for name, value in answer.headers.items()
        if name.lower() != "set-cookie"
    }
    encoding = headers.get("content-encoding", "").strip().lower()
    if status == 200:
        wire = answer.raw.stream(STEP, decode_content=False)
        pieces = cleaning(decoded(wire, encoding, bounds.max_bytes))
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
    now = datetime.now(UTC)
    return Response(answer.url, status, headers, body, now, file, redacted=cleaning.found)


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


def _explained(error: Exception) -> Unusable:
    """What happened, and whether to ask again; never what the error prints, which has the address.

    A connection that was made and broke is worth asking again. One that was never made is not.
    """
    for each in (error, *error.args):
        if isinstance(each, InvalidChunkLength):
            kind = "a negative" if each.length.startswith(b"-") else "an unreadable"
            return Unusable(f"{kind} chunk size", retryable=True)
    cause = error.args[0] if error.args else error
    if isinstance(error, (requests.ReadTimeout, ReadTimeoutError)):
        return Unusable(f"silence for {POLICY.read_seconds:g} s", retryable=True)
    if isinstance(error, (ProtocolError, SSLError)) or isinstance(cause, ProtocolError):
        return Unusable("an answer that breaks off", retryable=True)
    reason = getattr(cause, "reason", error)  # what urllib3 gave up on
    return Unusable(f"no answer ({type(reason).__name__})")
