"""What a run says while it works: a moving line at a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline.cli.telling import complain, out

if TYPE_CHECKING:
    import dagster as dg

    from pipeline.runs.command import Watch

EVERY_SECONDS = 10.0
WORKING = {"raw": "asking", "staging": "reading", "history": "asking for the past of"}
LOST = {"STEP_FAILURE": "failed", "STEP_SKIPPED": "left out"}


@contextmanager
def watched(*, quiet: bool, verbose: bool) -> "Iterator[Watch | None]":
    """A watch for `run_jobs`: moving line at a terminal, a line now and then into a pipe.

    Verbose says each source and table as it ends, with its seconds; quiet says nothing.
    """
    if quiet:
        yield None
        return
    if verbose or not sys.stderr.isatty():
        yield _Lines(verbose=verbose)
        return
    columns = (TextColumn("{task.description:28.28}"), BarColumn(20), MofNCompleteColumn())
    with Progress(
        *columns, TimeElapsedColumn(), TextColumn("[dim]{task.fields[now]}"),
        console=out(to_stderr=True), redirect_stdout=False,
    ) as shown:  # fmt: skip
        yield _Bars(shown)


def working_on(step: str) -> str:
    """A step's key in words: `raw__vast` is "asking vast"."""
    kind, _, rest = step.partition("__")
    name = rest.rpartition("__")[2]
    if kind in WORKING:
        return f"{WORKING[kind]} {name}"
    return step.replace("__", " ").replace("_", " ")


def _ended(event: "dg.DagsterEvent") -> str | None:
    """The asset that an event ends; None for other events."""
    if event.event_type_value == "ASSET_MATERIALIZATION" and event.asset_key:
        return event.asset_key.to_user_string()
    if event.event_type_value in LOST:
        return f"{(event.step_key or '').replace('__', '/')} {LOST[event.event_type_value]}"
    return None


class _Bars:
    def __init__(self, shown: Progress) -> None:
        self.shown = shown
        self.tasks: dict[str, int] = {}

    def __call__(self, job: str, count: int, event: "dg.DagsterEvent") -> None:
        if job not in self.tasks:
            self.tasks[job] = self.shown.add_task(job, total=count, now="")
        task = self.shown.tasks[self.tasks[job]].id
        if event.event_type_value == "STEP_START":
            self.shown.update(task, now=working_on(event.step_key or ""))
        elif (ended := _ended(event)) is not None:
            self.shown.update(task, advance=1, now=ended)
        elif event.event_type_value in ("PIPELINE_SUCCESS", "PIPELINE_FAILURE"):
            self.shown.update(task, completed=count, now="")


class _Lines:
    def __init__(self, *, verbose: bool) -> None:
        self.verbose = verbose
        self.done: dict[str, int] = {}
        self.at = self.said_at = time.monotonic()

    def __call__(self, job: str, count: int, event: "dg.DagsterEvent") -> None:
        now = time.monotonic()
        if job not in self.done:
            self.done[job] = 0
            complain(f"{job}: {count} sources and tables")
        ended = _ended(event)
        if ended is not None:
            self.done[job] += 1
            if self.verbose:
                seconds = now - self.at
                complain(f"{job} {self.done[job]}/{count}: {ended} ({seconds:.1f} s)")
            self.at = now
        starts = event.event_type_value == "STEP_START"
        if starts and not self.verbose and now - self.said_at >= EVERY_SECONDS:
            self.said_at = now
            complain(f"{job} {self.done[job]}/{count}: {working_on(event.step_key or '')}")
