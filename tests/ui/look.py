"""`python -m tests.ui.look http://localhost:3000 FOLDER [NAME…]`: pictures of a running UI.

Not a test: what a page looks like is judged by a person. A headless Chromium opens each page, waits
some seconds for it to draw (its clock must run: pages poll), and saves a PNG.
"""

import base64
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from websockets.sync.client import connect

PAGES = {
    "overview": "/overview",
    "assets": "/assets",
    "lineage": "/asset-groups",
    "level": "/assets/marts/gpu_price_daily",
    "coverage": "/assets/marts/facility_coverage",
    "skipped": "/assets/raw/lambda_cloud",
    "failed": "/assets/raw/vast",
    "jobs": "/jobs",
    "automation": "/automation",
    "runs": "/runs",
}
WIDTH, HEIGHT = 1500, 1500
SECONDS = 8.0


def look(base: str, folder: Path, names: list[str]) -> None:
    """Save a picture of every page, or of those named."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("no Chromium on this machine (apt install chromium)")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="look-", ignore_cleanup_errors=True) as profile:
        opened = subprocess.Popen(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-dev-shm-usage", f"--window-size={WIDTH},{HEIGHT}", "--no-first-run",
             f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            with connect(_address(Path(profile)), max_size=None) as browser_socket:
                page = _Page(browser_socket)
                for name in names or PAGES:
                    page.saved(base + PAGES[name], folder / f"{name}.png")
                    sys.stdout.write(f"{folder / name}.png\n")
        finally:
            opened.terminate()
            opened.wait(10)


def _address(profile: Path) -> str:
    """Where the browser can be told what to do, which it writes down when it has started."""
    said = profile / "DevToolsActivePort"
    until = time.monotonic() + 60
    while not said.exists() or len(said.read_text().split()) < 2:
        if time.monotonic() > until:
            raise SystemExit("Chromium did not start")
        time.sleep(0.2)
    port, path = said.read_text().split()
    return f"ws://127.0.0.1:{port}{path}"


class _Page:
    """A tab of the browser, by the Chrome DevTools Protocol."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._count, self._session = socket, 0, None
        target = self._told("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._told("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]

    def _told(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while (answer := json.loads(self._socket.recv(60))).get("id") != self._count:
            continue
        return dict(answer["result"])

    def saved(self, url: str, path: Path) -> None:
        self._told("Page.navigate", url=url)
        time.sleep(SECONDS)
        shot = self._told("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    look(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
