"""`make ui`, as a person at a shell has it: refuses strangers, ends whole, survives kill -9."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time

from tests.trials import tiny
from tests.trials.kills import HOME, LAUNCH, UI, agree, below, processes, unfinished
from tests.ui import look

RUNS = "{ runsOrError { ... on Runs { results { runId } } } }"


def ask(port: int, method: str, path: str, headers: dict[str, str], body: str = "") -> int:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.request(method, path, body.encode(), headers)
    status = link.getresponse().status
    link.close()
    return status


def refuses_strangers(ui: UI) -> None:
    """The ways of issue 11: GET, form, and JSON with a foreign host and origin."""
    body = json.dumps({"query": LAUNCH.replace("JOB", "everything")})
    own = {"Host": f"localhost:{ui.port}", "Content-Type": "application/json"}
    link = "/graphql?query=" + "".join(f"%{byte:02x}" for byte in LAUNCH.encode())
    assert ask(ui.port, "GET", link, {}) == 405
    assert ask(ui.port, "POST", link, {"Content-Type": "text/plain"}) == 415
    assert ask(ui.port, "POST", "/graphql", own | {"Host": "evil.example"}, body) == 400
    assert ask(ui.port, "POST", "/graphql", own | {"Origin": "http://evil.example"}, body) == 403
    assert ask(ui.port, "POST", "/graphql", own | {"Sec-Fetch-Site": "cross-site"}, body) == 403
    assert ui.ask(RUNS)["runsOrError"]["results"] == [], "no run was started"
    assert ask(ui.port, "GET", "/", {}) == 200


def second_leaves(ui: UI) -> None:
    environment = os.environ | {tiny.ROOT: str(ui.root), "DAGSTER_HOME": str(tiny.settle(ui.root))}
    command = [sys.executable, "-c", "import pipeline.ui.__main__ as ui; ui.WAIT_SECONDS = 0.2; "
               "raise SystemExit(ui.main(['--port', '0']))"]  # fmt: skip
    second = subprocess.run(
        command, cwd=HOME, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert second.returncode == 75
    assert f"UI at http://127.0.0.1:{ui.port}" in second.stderr


def is_painted_by_what_came_of_it(ui: UI) -> None:
    """A failing source red, a skipped one grey with its reason; pictures in `.pictures/ui`."""
    run = ui.launch("ask")
    assert ui.ends(run) == "FAILURE"
    if look.browser() is None:
        return
    folder = HOME / ".pictures" / "ui"
    folder.mkdir(parents=True, exist_ok=True)
    base = f"http://127.0.0.1:{ui.port}"
    with look.opened() as page:
        group = page.read(f"{base}/locations/tests.trials.tiny/asset-groups/prices",
                          "(?=.*Failed.*Failed)(?=.*Observed)")  # fmt: skip
        page.saved(folder / "sources.png")
        assert group.count("Failed") == 2, "bytes and rows of the one that is down"
        skipped = page.read(
            f"{base}/assets/raw/lambda_cloud", "(?=.*Latest observation)(?=.*Skipped: set TINY_KEY)"
        )
        page.saved(folder / "skipped.png")
        assert "Failed" not in skipped
        failed = page.read(f"{base}/assets/raw/hyperbolic", "Failed in")
        page.saved(folder / "failed.png")
        assert "Skipped" not in failed
        launched = page.read(f"{base}/runs/{run}", "(?=.*Failure)(?=.*ask)(?=.*STEP_FAILURE)")
        page.saved(folder / "launched.png")
        assert "raw__hyperbolic" in launched


def test_make_ui_from_its_start_to_its_end(tmp_path):
    root = tmp_path / "warehouse"
    ui = UI(root)
    try:
        ui.ready()
        refuses_strangers(ui)
        second_leaves(ui)
        is_painted_by_what_came_of_it(ui)
        victim = ui.launch()
        ui.worker()
        started = below(ui.process.pid)
        ui.kill()
        following = UI(root)
        try:
            following.ready()
            assert following.ends(victim) == "FAILURE"
            assert following.ends(following.launch()) == "SUCCESS"
            agree(root)
            assert not set(started) & processes().keys(), "nothing of the killed one is left"
            took = following.stop(signal.SIGINT)
        finally:
            following.kill()
        assert took <= 10
        assert "stopped by SIGINT: the UI has ended" in following.said.read_text()
        assert unfinished(root) == []
    finally:
        ui.kill()


def test_make_ui_ends_while_it_starts(tmp_path):
    ui = UI(tmp_path / "warehouse")
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until and len(below(ui.process.pid)) < 3:
            time.sleep(0.1)  # python, what ties the code server, and the code server
        assert ui.stop(signal.SIGTERM) <= 10
    finally:
        ui.kill()
