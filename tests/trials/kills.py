"""`python -m tests.trials.kills --seed 7`: kill -9 at random moments, then run again.

Three victims: the whole command, a run of the daemon (its worker, or the code server with all its
children), and `make ui` with everything it started. Each time the next run must finish, both
tables must agree, and no run may be left unfinished in Dagster's history.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from pipeline.runs.dead import UNFINISHED
from pipeline.warehouse import Warehouse
from tests.trials import tiny

HOME = Path(__file__).resolve().parents[2]
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.trials.tiny"])
# Generous, because the machine may be shared: a hang is what we look for.
FINISH_SECONDS = 240.0
JOBS = "{ repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name } } } } }"

LAUNCH = (
    'mutation { launchRun(executionParams: {runConfigData: {}, selector: {jobName: "JOB", '
    'repositoryName: "__repository__", repositoryLocationName: "tests.trials.tiny"}}) '
    "{ ... on LaunchRunSuccess { run { runId } } } }"
)


def _command(root: Path, wait_seconds: float, told: Any) -> None:
    os.setsid()
    told.send(time.monotonic())
    os.dup2(os.open(root.parent / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(tiny.main(root, wait_seconds=wait_seconds))


def start(root: Path, *, wait_seconds: float = 60.0) -> multiprocessing.process.BaseProcess:
    """The whole command in a process of its own, imports done."""
    root.mkdir(parents=True, exist_ok=True)
    heard, told = PROCESSES.Pipe(duplex=False)
    victim = PROCESSES.Process(target=_command, args=(root, wait_seconds, told))
    victim.start()
    assert heard.poll(60)
    return victim


def finishes(root: Path) -> float:
    """The next command: ends with a published file whose tables agree, and leaves nothing open.

    Returns:
        The seconds it took.
    """
    began = time.monotonic()
    following = start(root)
    following.join(FINISH_SECONDS)
    took = time.monotonic() - began
    hung = following.is_alive()
    if hung:
        following.kill()
    assert not hung, "the next run hangs"
    assert following.exitcode == 0, following.exitcode
    agree(root)
    assert unfinished(root) == []
    return took


def agree(root: Path) -> None:
    first, second = tiny.counts(Warehouse(root))
    assert first == second


def unfinished(root: Path) -> list[str]:
    """Runs Dagster's history has as not ended."""
    with dg.DagsterInstance.from_config(str(tiny.settle(root))) as instance:
        return [run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))]


def kill_commands(root: Path, moments: random.Random, trials: int) -> Counter[str]:
    """Kill the whole command at random moments of its life, so often that it was alive."""
    finishes(root)
    length = finishes(root)
    met: Counter[str] = Counter()
    while met["alive when killed"] < trials:
        victim = start(root)
        victim.join(moments.uniform(0, length))
        victim.kill()
        victim.join()
        met["alive when killed" if victim.exitcode == -signal.SIGKILL else "had ended"] += 1
        agree(root)
        met["left a run unfinished"] += bool(unfinished(root))
        length = finishes(root)
    return met


class UI:
    """`make ui` for the tiny pipeline, in a session of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.said = root.parent / "ui.said"
        environment = os.environ | {tiny.ROOT: str(root)}
        with self.said.open("ab") as out:
            self.process = subprocess.Popen(
                ["make", "--old-file=.venv/.ready", "ui", f"PY={sys.executable}",
                 f"DAGSTER_HOME={tiny.settle(root)}",
                 f"UI=--port {self.port} --module tests.trials.tiny"],
                cwd=HOME, env=environment, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    def ready(self) -> None:
        """Wait until it answers and knows the code."""
        until = time.monotonic() + FINISH_SECONDS
        while time.monotonic() < until:
            assert self.process.poll() is None, self.said.read_text()
            with contextlib.suppress(OSError, KeyError, TypeError):
                if self.ask(JOBS)["repositoriesOrError"]["nodes"]:
                    return
            time.sleep(0.3)
        raise AssertionError(f"the UI does not answer: {self.said.read_text()}")

    def ask(self, query: str) -> Any:
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def launch(self, job: str = "everything") -> str:
        """Start a run as a click does, again while the code is loaded; returns its id."""
        self.before = set(workers(self.process.pid))  # one that has finished may still be leaving
        until = time.monotonic() + FINISH_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(OSError, KeyError, TypeError):
                return str(self.ask(LAUNCH.replace("JOB", job))["launchRun"]["run"]["runId"])
            time.sleep(1)
        raise AssertionError(f"no run can be launched: {self.said.read_text()}")

    def status(self, run_id: str) -> str:
        return str(
            self.ask(f'{{ runOrError(runId: "{run_id}") {{ ... on Run {{ status }} }} }}')[
                "runOrError"
            ]["status"]
        )

    def ends(self, run_id: str) -> str:
        """The status a run ends with."""
        until = time.monotonic() + FINISH_SECONDS
        while time.monotonic() < until:
            if (status := self.status(run_id)) in ("SUCCESS", "FAILURE", "CANCELED"):
                return status
            time.sleep(0.3)
        raise AssertionError(f"run {run_id} hangs as {status}")

    def worker(self) -> int:
        """The process of the run that was launched, once it is there."""
        until = time.monotonic() + FINISH_SECONDS
        while time.monotonic() < until:
            if found := set(workers(self.process.pid)) - self.before:
                return found.pop()
            time.sleep(0.2)
        raise AssertionError("the run was never started")

    def kill(self) -> None:
        """kill -9 for the process and its group, as a shell's job; not for what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, by: signal.Signals = signal.SIGINT) -> float:
        """Ask it to end, as a terminal does; returns the seconds until nothing of it is left."""
        began = time.monotonic()
        started = below(self.process.pid)
        os.killpg(self.process.pid, by)
        self.process.wait(FINISH_SECONDS)
        while set(started) & processes().keys():
            assert time.monotonic() - began < FINISH_SECONDS, "something stays"
            time.sleep(0.1)
        return time.monotonic() - began


def processes() -> dict[int, tuple[int, int, str]]:
    """Every process: parent, group, command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                state, parent, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
                if state != "Z":
                    found[int(folder.name)] = (int(parent), int(group), words)
    return found


def below(pid: int) -> list[int]:
    """Every process that descends from one, parents first."""
    every = processes()
    found = [pid]
    for each in found:
        found += [child for child, (parent, *_) in every.items() if parent == each]
    return found[1:]


def workers(pid: int) -> list[int]:
    """Processes of runs: multiprocessing's children below the code server."""
    every = processes()
    nothing = (0, 0, "")
    return [e for e in below(pid) if "multiprocessing.spawn" in every.get(e, nothing)[2]]


def code_server(pid: int) -> int:
    """Group of the code server and everything below it."""
    every = processes()
    mine = below(pid)
    [group] = {
        group
        for each, (_, group, words) in every.items()
        if each in mine and "code-server start" in words and "pipeline.ui.tied" not in words
    }
    return group


@contextlib.contextmanager
def serving(root: Path) -> Iterator[UI]:
    ui = UI(root)
    try:
        ui.ready()
        yield ui
    finally:
        ui.stop()


def kill_runs(root: Path, moments: random.Random, trials: int) -> Counter[str]:
    """Kill the daemon's run at random moments; every sixth time the whole code server with it."""
    met: Counter[str] = Counter()
    with serving(root) as ui:
        run_id = ui.launch()
        ui.worker()
        began = time.monotonic()
        assert ui.ends(run_id) == "SUCCESS"
        length = time.monotonic() - began
        for trial in range(trials):
            run_id = ui.launch()
            worker = ui.worker()
            time.sleep(moments.uniform(0, length))
            with contextlib.suppress(ProcessLookupError):
                if trial % 6 == 5:
                    met["with the code server"] += 1
                    os.killpg(code_server(ui.process.pid), signal.SIGKILL)
                    ui.ready()
                else:
                    os.kill(worker, signal.SIGKILL)
            following = ui.launch()
            met[ui.ends(run_id)] += 1
            assert ui.ends(following) == "SUCCESS", "the next run"
            agree(root)
        assert unfinished(root) == []
    return met


def kill_uis(root: Path, moments: random.Random, trials: int) -> Counter[str]:
    """Kill `make ui` with a run under way; the next one serves, and its run finishes."""
    met: Counter[str] = Counter()
    for _ in range(trials):
        ui = UI(root)
        ui.ready()
        ui.launch()
        time.sleep(moments.uniform(0, 6))
        started = below(ui.process.pid)
        ui.kill()
        with serving(root) as following:
            assert following.ends(following.launch()) == "SUCCESS"
            agree(root)
        met["processes alive afterwards"] += len(set(started) & processes().keys())
        assert unfinished(root) == []
    return met


def main() -> int:
    """Do all three kinds and print what was met."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--commands", type=int, default=60, help="kills of the command")
    parser.add_argument("--runs", type=int, default=60, help="kills of the daemon's run")
    parser.add_argument("--uis", type=int, default=6, help="kills of the UI")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    kinds = {
        "command": (kill_commands, options.commands),
        "daemon's run": (kill_runs, options.runs),
        "make ui": (kill_uis, options.uis),
    }
    for name, (kind, trials) in kinds.items():
        if trials:
            with tempfile.TemporaryDirectory() as folder:
                began = time.monotonic()
                met = kind(Path(folder) / "warehouse", random.Random(options.seed), trials)
                took = time.monotonic() - began
                print(
                    f"{name}: {trials} kills, every next run finished, {dict(met)}, {took:.0f} s",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
