"""No other web page starts a run, by whatever way browsers have."""

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from pytest_httpserver import HTTPServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from pipeline.ui.guard import guarded

JSON = {"Content-Type": "application/json"}
LAUNCH = json.dumps({"query": "mutation { launchRun }"})
OWN_PAGE = """<script>
fetch("/graphql", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"})
  .then(() => { const ws = new WebSocket("ws://" + location.host + "/graphql");
    ws.onopen = () => { document.title = "both"; fetch("/asked"); }; });
</script>"""


@dataclass
class Served:
    """A stand-in for the UI that remembers what came through the guard."""

    port: int
    reached: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> int:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        link.putrequest(method, path, skip_host=True)
        headers = {"Host": f"localhost:{self.port}"} | headers
        for name, value in headers.items():
            link.putheader(name, value)
        link.putheader("Content-Length", str(len(body)))
        link.endheaders(body.encode())
        answer = link.getresponse()
        answer.read()
        self.headers = dict(answer.getheaders())
        link.close()
        return answer.status


@contextlib.contextmanager
def serve(*hosts: str) -> Iterator[Served]:
    async def graphql(request: Request) -> JSONResponse:
        served.reached.append(f"{request.method} /graphql")
        return JSONResponse({})

    async def talk(websocket: WebSocket) -> None:
        served.reached.append("websocket /graphql")
        await websocket.accept()
        await websocket.close()

    async def page(request: Request) -> HTMLResponse:
        served.reached.append(f"{request.method} {request.url.path}")
        return HTMLResponse(OWN_PAGE if request.url.path == "/" else "")

    routes: list[Any] = [
        Route("/graphql", graphql, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", talk),
        Route("/{path:path}", page, methods=["GET", "POST"]),
    ]
    app = guarded(Starlette(routes=routes), hosts) if hosts else guarded(Starlette(routes=routes))
    with socket.create_server(("127.0.0.1", 0)) as port:
        served = Served(port.getsockname()[1])
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [port]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield served
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as made:
        yield made


FOREIGN = [
    "evil.example",
    "evil.example:3000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "0.0.0.0",
    "[::ffff:10.0.0.1]",
    "",
]


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize(("method", "path"), [("POST", "/graphql"), ("GET", "/"), ("GET", "/logs")])
def test_a_name_that_is_not_ours_gets_nothing(served, host, method, path):
    assert served.ask(method, path, {"Host": host} | JSON, LAUNCH) == 400
    assert served.reached == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:3000", "127.0.0.1:3000", "[::1]:3000"])
def test_this_machine_by_any_of_its_names_is_answered(served, host):
    assert served.ask("POST", "/graphql", {"Host": host} | JSON, LAUNCH) == 200


def test_a_name_that_was_allowed_is_answered():
    with serve("warehouse.example.org") as served:
        proxied = {"Host": "warehouse.example.org", "Origin": "https://warehouse.example.org"}
        assert served.ask("POST", "/graphql", proxied | JSON, LAUNCH) == 200
        assert served.ask("POST", "/graphql", JSON, LAUNCH) == 400


ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:8000"},
    {"Origin": "http://localhost"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "something-new"},
]


@pytest.mark.parametrize("from_where", ELSEWHERE)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/marts/x"])
def test_another_page_changes_nothing(served, from_where, path):
    assert served.ask("POST", path, JSON | from_where, LAUNCH) == 403
    assert served.reached == []


@pytest.mark.parametrize("from_where", ELSEWHERE)
def test_another_page_opens_no_websocket(served, from_where):
    with (
        pytest.raises(InvalidStatus),
        connect(f"ws://127.0.0.1:{served.port}/graphql", additional_headers=from_where),
    ):
        pass
    assert served.reached == []


def test_our_own_page_and_programs_are_answered(served):
    own = {"Origin": f"http://localhost:{served.port}", "Sec-Fetch-Site": "same-origin"}
    assert served.ask("POST", "/graphql", JSON | own, LAUNCH) == 200
    assert served.ask("POST", "/graphql", JSON, LAUNCH) == 200
    with connect(f"ws://127.0.0.1:{served.port}/graphql"):
        pass
    assert served.reached[-1] == "websocket /graphql"


QUERY = "/graphql?query=mutation%7BlaunchRun%7D"


@pytest.mark.parametrize("path", [QUERY, QUERY.replace("?", "/?"), "/graphql"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_link_starts_nothing(served, path, method):
    assert served.ask(method, path, {"Accept": "*/*"}) == 405
    assert served.reached == []


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data",
             "application/graphql", "text/plain; application/json", ""],
)  # fmt: skip
def test_a_form_starts_nothing(served, kind):
    assert served.ask("POST", QUERY, {"Content-Type": kind}, LAUNCH) == 415
    assert served.reached == []


def test_no_page_shows_the_ui_in_a_frame(served):
    assert served.ask("GET", "/", {}) == 200
    headers = {name.lower(): value for name, value in served.headers.items()}
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FOREIGN_PAGE = """<body>
<form id=f method=post action="UI/graphql?query=mutation{launchRun}" target=t></form>
<iframe name=t></iframe><iframe src="UI/"></iframe>
<img src="UI/graphql?query=mutation{launchRun}"><script src="UI/graphql?query=mutation{a}"></script>
<script>
const body = JSON.stringify({query: "mutation { launchRun }"});
const post = (more) => fetch("UI/graphql", {method: "POST", body, ...more}).catch(() => 0);
document.getElementById("f").submit();
const ws = new WebSocket("UI/graphql".replace("http", "ws"));
Promise.all([post({}), post({mode: "no-cors"}), post({credentials: "include"}),
  post({headers: {"Content-Type": "application/json"}}),
  post({mode: "no-cors", headers: {"Content-Type": "text/plain"}}),
  fetch("UI/graphql?query=mutation{launchRun}", {mode: "no-cors"}).catch(() => 0),
  new Promise(done => { ws.onopen = ws.onerror = done; }),
]).then(() => fetch("/done"));
</script>"""


def visit(folder, url: str, until) -> None:
    """Open a page in a real browser, until something has happened."""
    browser = subprocess.Popen(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, "
         "EXCLUDE 127.0.0.1", f"--user-data-dir={folder}", "--remote-debugging-port=0", url],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    patience = time.monotonic() + 120
    while not until() and browser.poll() is None and time.monotonic() < patience:
        time.sleep(0.2)
    time.sleep(1)
    browser.kill()
    browser.wait()
    assert until(), "the browser never came so far"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt install chromium)")
def test_a_foreign_page_in_a_real_browser_starts_nothing(served, httpserver: HTTPServer, tmp_path):
    page = FOREIGN_PAGE.replace("UI", f"http://localhost:{served.port}")
    httpserver.expect_request("/").respond_with_data(page, content_type="text/html")
    httpserver.expect_request("/done").respond_with_data("")
    asked = lambda: any(request.path == "/done" for request, _ in httpserver.log)  # noqa: E731
    visit(tmp_path, f"http://evil.example:{httpserver.port}/", asked)
    assert set(served.reached) <= {"GET /"}, "a frame is asked for, and then not shown"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt install chromium)")
def test_a_name_rebound_to_this_machine_gets_nothing_in_a_real_browser(served, tmp_path):
    """After DNS rebinding a foreign page is of one origin with the UI, but for the name."""
    shown = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--host-resolver-rules=MAP evil.example 127.0.0.1", f"--user-data-dir={tmp_path}",
         "--dump-dom", f"http://evil.example:{served.port}/"],
        capture_output=True, text=True, timeout=120, check=False,
    ).stdout  # fmt: skip
    assert "Invalid host header" in shown
    assert served.reached == []


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt install chromium)")
def test_our_own_page_in_a_real_browser_works(served, tmp_path):
    visit(tmp_path, f"http://localhost:{served.port}/", lambda: "GET /asked" in served.reached)
    assert {"POST /graphql", "websocket /graphql"} <= set(served.reached)
