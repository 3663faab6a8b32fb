"""A month in an hour: daemon, schedules and runs as installed, upstreams on this machine, a clock
that is moved along, and at the end one batch load of the same bytes.

    python -m tests.trials.month [--every HOURS] [--minutes 60] [--folder DIR] > month.log

The code is the product's; only the sources are the seven of `tests.given.upstreams` and the
committed files. A preloaded library (`moved_clock.c`, needs `cc`) moves the clock of the wall from
look to look, each at half past: what became due meanwhile runs, of each schedule its newest tick,
as after a machine slept. Dagster looks at schedules once a minute, which here is a second.

Said at the end: runs and what failed, kinds of answers met, memory, files, history before and after
`upkeep`, 91 days later, and for each published table whether it equals that of the batch load by
RULES. Ends with 1 where one does not.
"""

import argparse
import contextlib
import json
import mmap
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

import dagster as dg

from pipeline import ingest
from pipeline.build.model import models, rebuild
from pipeline.definitions import definitions
from pipeline.release.publish import publish
from pipeline.runs.dead import UNFINISHED
from pipeline.warehouse import Warehouse
from tests.given.upstreams import KEYS, Upstreams, serving
from tests.trials import kills, tiny
from tests.trials.beside import CLOSE, RULES, compared, sources

HOME = Path(__file__).resolve().parents[2]
ROOT = "MONTH_ROOT"
LONGEST_SECONDS = 900.0
# Prices are asked at five past, tables built at twenty-five.
TEN_PAST, HALF_PAST = timedelta(minutes=10), timedelta(minutes=30)
FORGOTTEN_AFTER = timedelta(days=91)
# What is held for good to cost, in docs/PERFORMANCE.md.
MOST_MIB = {"daemon": 400, "code server": 400, "a run": 1500}
MOST_ROWS = {"event_logs": 380, "asset_check_executions": 130, "job_ticks": 4}  # of one run


class Clock:
    """The wall's clock of every process that was started with `environment`."""

    def __init__(self, folder: Path) -> None:
        library, self._file = folder / "moved_clock.so", folder / "clock"
        compiler = shutil.which("cc")
        assert compiler is not None, "a C compiler makes the library that moves the clock"
        code = str(Path(__file__).with_name("moved_clock.c"))
        made = [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), code, "-ldl"]
        subprocess.run(made, check=True)
        if not self._file.exists():
            self._file.write_bytes(bytes(8))
        with self._file.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), 8)
        self.environment = {"LD_PRELOAD": str(library), "MOVED_CLOCK": str(self._file)}
        self._moved = struct.unpack("<q", self._page[:8])[0] / 1e9

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self._moved, UTC)

    def move(self, to: datetime) -> None:
        self._moved += max((to - self.now()).total_seconds(), 0)
        self._page[:8] = struct.pack("<q", int(self._moved * 1e9))


class Machine:
    """Code server and daemon over one warehouse, with their history."""

    def __init__(self, folder: Path, clock: Clock, asked_by: dict[str, str]) -> None:
        self.store = Warehouse(folder / "warehouse")
        self.store.root.mkdir(exist_ok=True)
        self.said = folder / "said.log"
        self.peak_kib: Counter[str] = Counter()
        home = tiny.settle(self.store.root)
        environment = os.environ | clock.environment | asked_by | KEYS
        environment |= {ROOT: str(self.store.root), "DAGSTER_HOME": str(home)}
        environment |= {"DAGSTER_DISABLE_TELEMETRY": "1", "PYTHONUNBUFFERED": "1"}
        socket = folder / "code.sock"
        socket.unlink(missing_ok=True)
        workspace = folder / "workspace.yaml"
        workspace.write_text(
            f"load_from:\n  - grpc_server: {{socket: {socket}, location_name: month}}\n"
        )
        code = ["dagster", "api", "grpc", "-m", "tests.trials.month", "-s", str(socket),
                "--inject-env-vars-from-instance", "--log-level", "warning"]  # fmt: skip
        self.processes = []
        with self.said.open("ab") as out:
            for words in (code, ["tests.trials.month", "--daemon", str(workspace)]):
                self.processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", *words],
                        cwd=HOME, env=environment, stdout=out, stderr=out, start_new_session=True,
                    )
                )  # fmt: skip
                while words is code and not socket.exists():
                    assert self.processes[0].poll() is None, self.said.read_text()
                    time.sleep(0.2)
        self.instance = dg.DagsterInstance.from_config(str(home))
        # A schedule counts from when the daemon first saw it.
        schedules = len([*(definitions(sources(), self.store).schedules or ())])
        until = time.monotonic() + LONGEST_SECONDS
        while len(self.instance.all_instigator_state()) < schedules:
            assert time.monotonic() < until, self.said.read_text()
            time.sleep(0.4)

    def newest(self, job: str = "build") -> str | None:
        """The last run of a job; those of long ago are forgotten, so they are not counted."""
        found = self.instance.get_runs(dg.RunsFilter(job_name=job), limit=1)
        return found[0].run_id if found else None

    def count(self) -> int:
        return int(self.instance.get_runs_count())

    def ended(self) -> Counter[str]:
        """Runs by job and how they stand."""
        runs = self.instance.get_runs()
        return Counter(f"{run.job_name} {run.status.value.lower()}" for run in runs)

    def finishes(self, before: str | None, job: str = "build") -> None:
        """Wait until a job has another last run than before, and none of any job is under way."""
        until = time.monotonic() + LONGEST_SECONDS
        under_way = dg.RunsFilter(statuses=[*UNFINISHED, dg.DagsterRunStatus.QUEUED])
        while self.newest(job) == before or self.instance.get_runs_count(under_way):
            assert time.monotonic() < until, f"{job} does not run, or not end"
            assert all(each.poll() is None for each in self.processes), self.said.read_text()
            self._measure()
            time.sleep(1)

    def _measure(self) -> None:
        for process, name in zip(self.processes, ("code server", "daemon"), strict=True):
            for pid in (process.pid, *kills.below(process.pid)):
                with contextlib.suppress(OSError, IndexError):
                    status = Path(f"/proc/{pid}/status").read_text()
                    kib = int(status.partition("VmHWM:")[2].split()[0])
                    who = name if pid == process.pid else "a run"
                    self.peak_kib[who] = max(self.peak_kib[who], kib)

    def stop(self) -> None:
        for each in reversed(self.processes):
            each.terminate()
        for each in self.processes:
            each.wait(60)


def held(root: Path) -> dict[str, tuple[int, int]]:
    """Files and bytes of each folder of the warehouse and of Dagster's history."""
    found: dict[str, tuple[int, int]] = {}
    for each in sorted(root.rglob("*")):
        if each.is_file() and not each.is_symlink():
            inside = each.relative_to(root).parts
            name = "/".join(inside[: 2 if inside[0] == ".dagster" else 1])
            name = name if len(inside) > 1 else "files of their own"
            files, size = found.get(name, (0, 0))
            found[name] = files + 1, size + each.stat().st_size
    return found


def rows_of_history(root: Path) -> dict[str, int]:
    """Rows of each table of Dagster's history, event rows of runs included."""
    found: Counter[str] = Counter()
    for file in (root / ".dagster").rglob("*.db"):
        with contextlib.closing(sqlite3.connect(file)) as db:
            for (name,) in db.execute("select name from sqlite_master where type = 'table'"):
                [(count,)] = db.execute(f'select count(*) from "{name}"')
                found[name] += count
    return {name: count for name, count in sorted(found.items()) if count > 9}


def beyond(found: Mapping[str, int], most: Mapping[str, int], times: int = 1) -> int:
    """How many figures are over their bound; each is told."""
    over = {name: value for name, value in found.items() if value > most[name] * times}
    for name, value in over.items():
        told("over its bound", f"{name}: {value}, not at most {most[name] * times}")
    return len(over)


def told(name: str, value: object) -> None:
    print(f"{name}: {value}", flush=True)


def live_through(
    machine: Machine, clock: Clock, upstreams: Upstreams, days: int, every: int, minutes: float
) -> int:
    """Move the clock on and wait for what became due; returns how often it was looked.

    Looks are `every` so many hours, or further apart where that would take more than `minutes`.
    """
    machine.finishes(None, "alerts")  # what the daemon asks for when it starts
    moment = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    end = moment + timedelta(days=days)
    step, first, began = 0, 0.0, time.monotonic()
    while moment < end:
        upstreams.step, upstreams.moment = step, moment
        before, last, at = machine.ended(), machine.newest(), time.monotonic()
        clock.move(moment + HALF_PAST)
        machine.finishes(last)
        ran = ", ".join(f"{job} {n}" for job, n in sorted((machine.ended() - before).items()))
        size = sum(size for _, size in held(machine.store.root).values()) / 2**20
        told(f"{moment:%m-%d %H:%M}", f"{time.monotonic() - at:.0f} s, {size:.0f} MiB: {ran}")
        step += 1
        spent = time.monotonic() - began
        first = first or spent  # all tables are made
        each = (spent - first) / (step - 1) if step > 1 else first / 2
        hours = (end - moment) / timedelta(hours=1)
        apart = hours * each / max(minutes * 60 - spent, 1)
        moment += timedelta(hours=max(every, ceil(apart)))
    # After a sleep the build comes before the questions: what the last ones gave is built here.
    upstreams.step, upstreams.moment = step, end
    for job, minute in (("ingest_prices", TEN_PAST), ("build", HALF_PAST)):
        last = machine.newest(job)
        clock.move(end + minute)
        machine.finishes(last, job)
    return step + 1


def said_of_runs(machine: Machine) -> None:
    """Runs by job and end, and the first words of each kind of failure."""
    told("runs", dict(sorted(machine.ended().items())))
    words: Counter[str] = Counter()
    for run in machine.instance.get_runs():
        if run.status is dg.DagsterRunStatus.FAILURE:
            for entry in machine.instance.all_logs(
                run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE
            ):
                data = entry.get_dagster_event().step_failure_data
                about = data.user_failure_data
                words[
                    f"{entry.step_key}: {(about.description if about else str(data.error))[:160]}"
                ] += 1
    for text, count in words.most_common():
        told(f"  failed {count}x", text)


def batch(root: Path) -> None:
    """Land every captured byte at once, build every table whole, publish."""
    store = Warehouse(root)
    with store.connect() as db:
        for each in ingest.in_landing_order(sources()):
            ingest.register(db, each)
            while any(attempt.rows for attempt in ingest.land(each, store, db)):
                pass  # captures of old are read for two minutes at a time
        for model in models():
            rebuild(db, model)
    publish(store)


def daemon(workspace: str) -> None:
    """Dagster's daemon, looking at its schedules every second instead of every minute."""
    from dagster._daemon.cli import create_dagster_daemon_cli
    from dagster._scheduler import scheduler

    scheduler._get_next_scheduler_iteration_time = lambda start: start + 1
    create_dagster_daemon_cli()(["run", "-w", workspace, "--log-level", "warning"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--every", type=int, default=1, help="hours between two looks")
    parser.add_argument("--minutes", type=float, default=60, help="for the looks, all together")
    parser.add_argument("--folder", type=Path, help="kept, and gone on with; else a temporary one")
    parser.add_argument("--daemon", help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.daemon:
        daemon(options.daemon)
        return 0
    if options.batch:
        batch(options.batch)
        return 0
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        return month(folder.absolute(), options.days, options.every, options.minutes)


def month(folder: Path, days: int, every: int, minutes: float) -> int:
    """Live through it, compare with the batch of the same day, and have the history forgotten."""
    clock, upstreams = Clock(folder), Upstreams()
    began = time.monotonic()
    with serving(upstreams, folder) as asked_by:
        machine = Machine(folder, clock, asked_by)
        try:
            looks = live_through(machine, clock, upstreams, days, every, minutes)
            told("lived through", f"{looks} looks in {time.monotonic() - began:.0f} s")
            told("end of the month", clock.now().isoformat())
            said_of_runs(machine)
            told("answers", json.dumps({" ".join(k): n for k, n in sorted(upstreams.met.items())}))
            unlike = compare(machine.store, Warehouse(folder / "again"), clock)
            for when in ("before upkeep", "after upkeep"):
                rows = rows_of_history(machine.store.root)
                told(f"history {when}", rows)
                unlike += beyond({n: rows.get(n, 0) for n in MOST_ROWS}, MOST_ROWS, machine.count())
                told(f"files and bytes {when}", held(machine.store.root))
                if when == "before upkeep":
                    upstreams.moment = clock.now() + FORGOTTEN_AFTER
                    last = machine.newest("upkeep")
                    clock.move(upstreams.moment)
                    machine.finishes(last, "upkeep")
            told("peak memory", {k: f"{v / 1024:.0f} MiB" for k, v in machine.peak_kib.items()})
            unlike += beyond({k: v // 1024 for k, v in machine.peak_kib.items()}, MOST_MIB)
        finally:
            machine.stop()
    return 1 if unlike else 0


def compare(month: Warehouse, again: Warehouse, clock: Clock) -> int:
    """How many published tables are not those of a batch load, which is made now."""
    shutil.rmtree(again.root, ignore_errors=True)
    shutil.copytree(month.raw.root, again.raw.root)
    subprocess.run(
        [sys.executable, "-m", "tests.trials.month", "--batch", str(again.root)],
        cwd=HOME, env=os.environ | clock.environment, check=True,
    )  # fmt: skip
    told("rules", RULES)
    unlike = 0
    for each in compared(month.published, again.published):
        unlike += not each.is_equal
        rows = f"{each.table} {each.rows} rows"
        if each.close:
            told(f"equal to {CLOSE}", f"{rows}, in {', '.join(each.close)}")
        elif each.is_equal:
            told("equal", rows)
        else:
            own = f"{each.of_the_month} and {each.of_the_batch} of their own"
            told("unlike", f"{rows}, {own}")
    told("tables that are not equal", unlike)
    return unlike


if ROOT in os.environ and __name__ != "__main__":
    defs = definitions(sources(), Warehouse(Path(os.environ[ROOT])))

if __name__ == "__main__":
    sys.exit(main())
