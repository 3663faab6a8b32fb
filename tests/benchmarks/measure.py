"""Running a command by itself: what it printed, how long it took, how much memory it held."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Run:
    """One process: its own clock (`answer`), the clock around it, and its peak memory."""

    answer: dict[str, Any]
    wall_seconds: float
    cpu_seconds: float
    peak_gib: float


def run(*arguments: str, env: dict[str, str] | None = None) -> Run:
    """Run `python <arguments>` in the repository; its last printed line may be JSON.

    Peak memory counts from the parent's size at the fork, so that the parent imports neither DuckDB
    nor Polars.

    Raises:
        RuntimeError: the command failed.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | (env or {}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}: {printed}")
    lines = printed.strip().splitlines()
    answer = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Run(answer, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20)


def best(times: int, *arguments: str) -> Run:
    """The fastest of several runs by its own clock, with the largest peak among them."""
    runs = [run(*arguments) for _ in range(times)]
    fastest = min(runs, key=lambda each: each.answer["seconds"])
    peak = max(each.peak_gib for each in runs)
    return Run(fastest.answer, fastest.wall_seconds, fastest.cpu_seconds, peak)


def machine() -> str:
    """Cores, memory and versions, in two lines."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ("duckdb", "polars", "pandas", "dagster", "pyarrow")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    cores, busy = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    return (
        f"{platform.system()} {platform.machine()}, {cores} cores, {memory:.0f} GiB, load "
        f"{busy:.1f} before the first run\nPython {platform.python_version()}, {versions}"
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows under their headings, aligned: the first column left, the others right."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
