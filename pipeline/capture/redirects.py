"""Where a request may go, and where a redirect may lead it.

A redirect is a stranger's wish: it may not lead from https to anything else, to a host the source
has not declared, to this machine or a private network, nor carry a key to another host.
"""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

from requests import PreparedRequest

from pipeline.capture.bodies import Unusable
from pipeline.capture.limits import is_loopback, is_public
from pipeline.capture.redaction import cleaned, redacted

CONDITIONS = {"etag": "if-none-match", "last-modified": "if-modified-since"}
HARMLESS = {
    *("user-agent", "accept", "accept-encoding", "content-type", "content-length"),
    *CONDITIONS.values(),
}


def may_ask(url: str | None, own_machine: bool) -> bool:
    """Only https; with `own_machine` plain http to this machine too, where tests have a server."""
    parts = urlsplit(url or "")
    host = parts.hostname or ""
    return bool(host) and (
        parts.scheme == "https" or (own_machine and parts.scheme == "http" and is_loopback(host))
    )


def private_headers(request: PreparedRequest) -> dict[str, str]:
    """Headers that may hold a key: all but a few, since keys come in headers of any name."""
    return {k: v for k, v in request.headers.items() if k.lower() not in HARMLESS}


def followed(
    request: PreparedRequest,
    target: str,
    *,
    hosts: Collection[str],
    secrets: Collection[str],
    own_machine: bool,
) -> PreparedRequest:
    """The request for where a redirect leads, without our keys where that is another host.

    Args:
        request: The one that was answered with a redirect.
        target: Where to, as the answer says.
        hosts: Other hosts the source declares.
        secrets: What the first request carried; an address that repeats one goes to no other host.
        own_machine: Whether this machine may be asked, which only tests allow.

    Raises:
        Unusable: it may not lead there.
    """
    if request.method != "GET":
        raise Unusable("a redirect of a POST")
    follow = request.copy()
    try:
        follow.prepare_url(urljoin(request.url or "", target), None)
        url = follow.url or ""
        old, new = urlsplit(request.url or ""), urlsplit(url)
        moved = (old.hostname, old.port) != (new.hostname, new.port)
        host = new.hostname or ""
    except ValueError:  # requests.InvalidURL is one
        raise Unusable("a redirect to an unreadable address") from None
    shown = cleaned(redacted(url), secrets)
    if old.scheme != new.scheme or not may_ask(url, own_machine):
        raise Unusable(f"a redirect to {shown}, which may not be asked,")
    if not own_machine and not _may_be_public(host):
        raise Unusable("a redirect to a host that is on no public network")
    if moved:
        if host not in hosts or new.port not in (None, 443):
            raise Unusable(f"a redirect to {shown}, which the source does not declare,")
        if cleaned(url, secrets) != url:
            raise Unusable(f"a redirect that carries our key to {host}")
        for name in private_headers(follow):
            del follow.headers[name]
    return follow


def _may_be_public(host: str) -> bool:
    """False for an address that is not, and for names of this machine; others must be resolved."""
    try:
        return is_public(str(ip_address(host)))
    except ValueError:
        return host != "localhost" and not host.endswith((".localhost", ".local", ".internal"))
