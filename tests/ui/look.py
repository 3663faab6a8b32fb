"""`python -m tests.ui.look http://localhost:3000 FOLDER [NAME…]`: pictures of a running UI.

What a page looks like is judged by a person; what stands on it, by tests (`Page.read`). A headless
Chromium opens each page, waits for it to draw (its clock must run: pages poll), and saves a PNG.
"""

import base64
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
READ_SECONDS = 60.0


def browser() -> str | None:
    """Chromium, where this machine has it."""
    return shutil.which("chromium") or shutil.which("google-chrome")


def look(base: str, folder: Path, names: list[str]) -> None:
    """Save a picture of every page, or of those named."""
    folder.mkdir(parents=True, exist_ok=True)
    with opened() as page:
        for name in names or PAGES:
            page.opened(base + PAGES[name])
            time.sleep(SECONDS)
            page.saved(folder / f"{name}.png")
            sys.stdout.write(f"{folder / name}.png\n")


@contextmanager
def opened() -> "Iterator[Page]":
    """A tab of a browser of its own."""
    program = browser()
    if program is None:
        raise SystemExit("no Chromium on this machine (apt install chromium)")
    with TemporaryDirectory(prefix="look-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-dev-shm-usage", f"--window-size={WIDTH},{HEIGHT}", "--no-first-run",
             f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            with connect(_address(Path(profile)), max_size=None) as socket:
                yield Page(socket)
        finally:
            process.terminate()
            process.wait(10)


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


class Page:
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

    def opened(self, url: str) -> None:
        self._told("Page.navigate", url=url)

    def read(self, url: str, awaited: str) -> str:
        """The text of a page, as soon as it has what is awaited (a regular expression).

        Raises:
            AssertionError: it does not come; says what stands there.
        """
        self.opened(url)
        until = time.monotonic() + READ_SECONDS
        while time.monotonic() < until:
            text = re.sub(r"\s+", " ", str(self.evaluated("document.body?.innerText ?? ''")))
            if re.search(awaited, text):
                return text
            time.sleep(0.2)
        raise AssertionError(f"{url} does not say {awaited!r}: {text}")

    def evaluated(self, script: str) -> Any:
        """The value of a script on the page, its promise kept."""
        told = self._told(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def emulated(self, *, width: int, scheme: str) -> None:
        """As on a screen so wide, in light or dark."""
        self._told("Emulation.setDeviceMetricsOverride", width=width, height=HEIGHT,
                   deviceScaleFactor=1, mobile=width < 600)  # fmt: skip
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._told("Emulation.setEmulatedMedia", features=[feature])

    def saved(self, path: Path) -> None:
        """A picture of the page as it is."""
        shot = self._told("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    look(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
