"""What the UI answers to: its own pages and programs on this machine, not other web pages.

Dagster's webserver takes `launchRun` by GET, by form and by JSON from any page, whatever `Host` and
`Origin` say. A page somewhere could then start runs through a link or DNS rebinding.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["THIS_MACHINE", "guarded"]

THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
READS = ("GET", "HEAD", "OPTIONS")


def guarded(app: ASGIApp, hosts: Sequence[str] = THIS_MACHINE) -> ASGIApp:
    """An app that refuses foreign hosts, pages and frames, and GraphQL other than JSON by POST.

    Args:
        app: What to guard.
        hosts: Names under which it may be addressed, without port.
    """
    return TrustedHostMiddleware(SameOrigin(app), allowed_hosts=[*hosts], www_redirect=False)


class SameOrigin:
    """Refuse what another page sends, by the headers browsers set and pages cannot.

    `Sec-Fetch-Site` and `Origin`: https://www.w3.org/TR/fetch-metadata/ and RFC 6454. A request
    without either is no browser's: a program on this machine, which could run the pipeline anyway.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif refusal := _refusal(scope):
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, _unframed(send))


def _refusal(scope: Scope) -> PlainTextResponse | None:
    headers = Headers(scope=scope)
    method = scope.get("method")  # none for a WebSocket
    if method not in READS and _from_elsewhere(headers):
        return PlainTextResponse("Another page may not ask this.\n", status_code=403)
    if method is not None and scope["path"].rstrip("/") == "/graphql":
        reads_page = method == "GET" and "text/html" in headers.get("accept", "")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if not reads_page and (method != "POST" or kind != "application/json"):
            return PlainTextResponse(
                "GraphQL is asked by POST of application/json.\n",
                status_code=405 if method != "POST" else 415,
                headers={"Allow": "POST"},
            )
    return None


def _from_elsewhere(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers["host"].lower()


def _unframed(send: Send) -> Send:
    """A frame of the UI inside another page would take that page's visitor's clicks."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Frame-Options"] = "DENY"
            headers.append("Content-Security-Policy", "frame-ancestors 'none'")
        await send(message)

    return answer
