"""`python -m pipeline.ui`: Dagster's webserver behind our guard, its daemon and its code server.

Ends within ten seconds of Ctrl-C or SIGTERM, with all of them (exit 130 or 143). Exit 75: another
UI serves this warehouse already. How to let others look: docs/GUIDE.md.
"""

# Dagster takes seconds to import, in which a signal should be heard already.
from __future__ import annotations

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.runs.lock import BusyError, hold
from pipeline.runs.stopping import say, stoppable
from pipeline.ui.guard import THIS_MACHINE
from pipeline.ui.tied import start

if TYPE_CHECKING:
    import dagster as dg

SHOWN = "pipeline.ui.shown"

HOME = Path(__file__).resolve().parents[2]
BUSY = os.EX_TEMPFAIL
# The children of a UI that was killed are gone after this long.
WAIT_SECONDS = 12.0
# With the three seconds its children then still have, less than ten.
IN_ORDER_SECONDS = 5.0
CHILDREN_SECONDS = 4.0
RESTART_SECONDS = 2.0
LOAD_SECONDS = 180.0


def main(arguments: Sequence[str]) -> int:
    """Serve until stopped; returns the exit code."""
    parser = argparse.ArgumentParser("python -m pipeline.ui", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (%(default)s)")
    parser.add_argument("--port", type=int, default=3000, help="port to listen at (%(default)s)")
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME",
        help="a further name under which a reverse proxy may address us",
    )  # fmt: skip
    parser.add_argument("--read-only", action="store_true", help="look, but start and stop nothing")
    parser.add_argument("--module", default=SHOWN, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    os.chdir(HOME)  # dagster.yaml keeps its paths relative to the repository
    os.environ.setdefault("DAGSTER_HOME", str(HOME))
    return stoppable(lambda _: _serve(options), lambda: "the UI has ended", IN_ORDER_SECONDS)


def _serve(options: argparse.Namespace) -> int:
    import dagster as dg

    from pipeline.runs.dead import mark_dead_runs

    with contextlib.ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.get())
        root = _warehouse(instance)
        what = f"UI at http://{options.host}:{options.port}"
        try:
            stack.enter_context(hold(root / "ui.lock", what, wait_seconds=WAIT_SECONDS, say=say))
            port = stack.enter_context(socket.create_server((options.host, options.port)))
        except BusyError as busy:
            say(f"{busy}: open that one")
            return BUSY
        except OSError as error:
            say(f"port {options.port} cannot be had: {error}; choose one with --port")
            return 1
        # Whatever a UI before us launched has ended with it, also what never said that it lives.
        for line in mark_dead_runs(instance, root, young_seconds=0):
            say(line)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ui-")))
        children = Children(folder, options.module)
        try:
            _web(options, instance, children, port, root / "warehouse.duckdb")
        finally:
            children.end()
            children.wait()
    return 1


def _warehouse(instance: dg.DagsterInstance) -> Path:
    from pipeline.runs.launcher import WatchedRunLauncher

    launcher = instance.run_launcher
    if not isinstance(launcher, WatchedRunLauncher):
        raise TypeError("dagster.yaml names another run launcher than pipeline.runs.launcher")
    return launcher.root


class Children:
    """Code server and daemon: started again when they end, ended when we are.

    Args:
        folder: For the code server's socket and the file that tells others where it is.
        module: The code to load.
    """

    def __init__(self, folder: Path, module: str) -> None:
        code = folder / "code.sock"
        self.workspace = folder / "workspace.yaml"
        # Switches of schedules are remembered by this name: it stays, whatever module is loaded.
        location = "pipeline.definitions" if module == SHOWN else module
        self.workspace.write_text(
            f"load_from:\n  - grpc_server: {{socket: {code}, location_name: {location}}}\n",
            encoding="utf-8",
        )
        self._commands = {
            "code server": ["dagster", "code-server", "start", "-m", module, "-s", str(code),
                            "--log-level", "warning", "--inject-env-vars-from-instance"],
            "daemon": ["dagster._daemon", "run", "-w", str(self.workspace),
                       "--log-level", "warning"],
        }  # fmt: skip
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._start("code server")
        try:
            self._wait_for(code)
            self._start("daemon")
            self._watcher.start()
        except BaseException:
            self.end()
            raise

    def _start(self, name: str) -> None:
        self._running[name] = start(["-m", *self._commands[name]])

    def _watch(self) -> None:
        while not self._ended.wait(RESTART_SECONDS):
            for name, child in [*self._running.items()]:
                if child.poll() is not None:
                    say(f"the {name} ended with code {child.returncode}: starting it again")
                    self._start(name)

    def _wait_for(self, code: Path) -> None:
        until = time.monotonic() + LOAD_SECONDS
        while time.monotonic() < until and self._running["code server"].poll() is None:
            with socket.socket(socket.AF_UNIX) as there, contextlib.suppress(OSError):
                there.connect(str(code))
                return
            time.sleep(0.1)
        raise TimeoutError(f"the code server did not answer within {LOAD_SECONDS:.0f} s")

    def end(self) -> None:
        """Ask all of them to end; `wait` then waits."""
        self._ended.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for child in self._running.values():
            if child.stdin is not None:
                child.stdin.close()

    def wait(self) -> None:
        """Wait for all of them to end; each kills what is left of its group by itself."""
        until = time.monotonic() + CHILDREN_SECONDS
        for child in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(until - time.monotonic(), 0.1))


def _web(
    options: argparse.Namespace,
    instance: dg.DagsterInstance,
    children: Children,
    port: socket.socket,
    published: Path,
) -> None:
    import uvicorn
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster_webserver.app import create_app_from_workspace_process_context
    from dagster_webserver.version import __version__

    from pipeline.ui.guard import guarded
    from pipeline.ui.pictures import route

    instance.optimize_for_webserver(statement_timeout=15_000, pool_recycle=3_600, max_overflow=20)
    target = WorkspaceFileTarget([str(children.workspace)])
    with WorkspaceProcessContext(
        instance, target, version=__version__, read_only=options.read_only
    ) as context:
        pages = create_app_from_workspace_process_context(context, live_data_poll_rate=2_000)
        pages.router.routes.insert(0, route(published))
        app = guarded(
            pages,
            (*THIS_MACHINE, *options.allow_host),
        )
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        )
        # In a thread, where uvicorn leaves the signals to us.
        serving = threading.Thread(target=server.run, kwargs={"sockets": [port]}, daemon=True)
        serving.start()
        say(f"the UI is at http://{options.host}:{options.port} (Ctrl-C ends it)")
        try:
            serving.join()
        finally:
            children.end()
            server.should_exit = True
            serving.join(2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
