"""`run`, `ingest` and `build`: jobs that may be stopped, and a summary of what came of them."""

import gc
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from pipeline.cli.telling import BUSY, FAILED, as_json, called, complain, frame, out
from pipeline.runs.lock import BusyError
from pipeline.runs.stopping import Heard, stoppable

if TYPE_CHECKING:
    import polars as pl

    from pipeline.release.status import Status
    from pipeline.runs.command import Job, Outcome

HOME = Path(__file__).resolve().parents[2]
REASON_CHARACTERS = 200
# Rich hides the cursor while it draws; a process that is ended at once never shows it again.
SHOW_CURSOR = "\x1b[?25h"


def run(
    wanted: Sequence[str] | None = None,
    *,
    verb: str,
    wait_seconds: float,
    json: bool = False,
    quiet: bool = False,
    verbose: bool = False,
) -> int:
    """Run what a verb stands for, and say what came of it.

    Args:
        wanted: Sources to ingest or tables to build; None for all.
        verb: `run`, `ingest` or `build`.
        wait_seconds: How long to wait for another run.
        json: The summary as one JSON document.
        quiet: Nothing but what failed.
        verbose: Each source and table as it ends, and the table of all sources.

    Returns:
        The exit code; 0 also where single sources failed.
    """
    os.chdir(HOME)  # dagster.yaml keeps its paths relative to the repository

    def work(heard: Heard) -> int:
        # Loading the code takes seconds in which a signal should be heard already. Nothing of it is
        # garbage: looking for some takes a sixth of them.
        gc.disable()
        import dagster as dg

        from pipeline.cli.progress import watched
        from pipeline.definitions import defs
        from pipeline.release.status import status
        from pipeline.runs.command import run_jobs
        from pipeline.warehouse import Warehouse

        gc.freeze()
        gc.enable()
        jobs = _jobs(verb, wanted)
        store = Warehouse()
        with dg.DagsterInstance.from_config(str(HOME)) as instance:
            try:
                with watched(quiet=quiet or json, verbose=verbose) as watch:
                    outcome = run_jobs(
                        defs, instance, store, heard,
                        wait_seconds=wait_seconds, jobs=jobs, watch=watch,
                    )  # fmt: skip
            except BusyError as busy:
                complain(str(busy))
                return BUSY
        if heard.by is not None:
            return FAILED
        there = status(store) if verb != "ingest" else None
        if json:
            as_json(summary(outcome, there))
        else:
            tell(outcome, there, verb=verb, part=bool(wanted), quiet=quiet, verbose=verbose)
        return 0 if outcome.success else FAILED

    try:
        return stoppable(work, partial(stands, HOME / "warehouse" / "warehouse.duckdb"))
    finally:
        gc.enable()
        gc.unfreeze()  # or DuckDB's binding tells of each object that outlives it


def stands(published: Path) -> str:
    """Which published file there is, in a few words."""
    if sys.stderr.isatty():
        sys.stderr.write(SHOW_CURSOR)
    try:
        at = datetime.fromtimestamp(published.stat().st_mtime, UTC)
    except FileNotFoundError:
        return "the step in hand is rolled back; nothing has been published"
    return f"the step in hand is rolled back; {published} of {at:%Y-%m-%d %H:%M:%S} UTC stands"


class UnknownNameError(ValueError):
    """A source or table that there is not, with the nearest that there are."""


def _jobs(verb: str, wanted: Sequence[str] | None) -> "list[Job]":
    from pipeline import assets, due, source_assets
    from pipeline.build.model import models, upstream
    from pipeline.runs.command import Job
    from pipeline.sources.source import discover

    if not wanted:
        jobs = {
            "ingest": Job("ingest", due=partial(due.to_ask, discover())),
            "build": Job("build", due=due.tables),
        }
        return [*jobs.values()] if verb == "run" else [jobs[verb]]
    if verb == "ingest":
        sources = {each.name: each for each in discover()}
        found = [sources[known(name, sources, "source")] for name in wanted]
        return [Job("ingest", tuple(source_assets.keys(found)))]
    tables = {each.table for each in models()}
    by_name = {table: table for table in tables} | {each.name: each.table for each in models()}
    asked = {by_name[known(name, by_name, "table")] for name in wanted}
    return [Job("build", tuple(assets.table_key(table) for table in sorted(upstream(asked))))]


def known(name: str, names: Sequence[str] | dict[str, Any], what: str) -> str:
    """The name, where there is such a one.

    Raises:
        UnknownNameError: there is not; says which come nearest.
    """
    if name in names:
        return name
    from difflib import get_close_matches

    near = get_close_matches(name, [*names], n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise UnknownNameError(f"there is no {what} {name!r}{hint}")


def summary(outcome: "Outcome", there: "Status | None") -> dict[str, Any]:
    """What came of a run, for `--json`."""
    found: dict[str, Any] = {
        "success": outcome.success,
        "failures": outcome.failures,
        "checks": [vars(each) for each in outcome.checks],
        "idle": outcome.idle,
    }
    if there is not None:
        found |= {"published": there.path, **there.publication}
        found |= {"sources": there.sources.to_dicts(), "tables": there.tables}
    return found


def tell(
    outcome: "Outcome",
    there: "Status | None",
    *,
    verb: str,
    part: bool = False,
    quiet: bool = False,
    verbose: bool = False,
) -> None:
    """One summary: sources, checks that found rows, failures, the file, and what to do next."""
    console = out()
    if there is not None and not quiet and verb == "run":
        if there.is_build:
            console.print("The published file is held by another program: shown is the build.")
        if verbose:
            frame(console, there.sources)
        tell_sources(there.sources)
        rows = sum(there.tables.values())
        console.print(f"Marts: {len(there.tables)} tables, {rows:,} rows.")
    if "build" in outcome.idle and not quiet:
        console.print("Nothing new: no table was built, nothing was copied or written.")
    if outcome.checks:
        count = len(outcome.checks)
        console.print(
            f"Checks that found rows, without holding anything back: {count}", style="bold"
        )
        for each in outcome.checks:
            console.print(f"  {each.table}: {words(each.promise)} ({each.rows} rows)")
    for step, why in outcome.failures.items():
        shown = why if verbose else f"{why[:REASON_CHARACTERS]}{'…' if why[200:] else ''}"
        console.print(Text(f"Failed: {step}: {shown}", style="red"))
    if there is not None and outcome.success and not part and not quiet:
        console.print(f"report: {Path(there.path).parent / 'report' / 'index.html'}")
        console.print(f"published: {there.path}")
    for line in next_steps(outcome, there, verb=verb, part=part) if not quiet else ():
        console.print(f"next: {line}", style="bold")


def words(promise: str) -> str:
    return promise.replace("_", " ")


def tell_sources(sources: "pl.DataFrame") -> None:
    """How many sources landed, and the others by what they were told, once for each reason.

    The address asked is left out here; the table of all sources has it.
    """
    console = out()
    by: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    landed = 0
    for row in sources.iter_rows(named=True):
        if row["outcome"] == "landed":
            landed += 1
        else:
            reason = (row["outcome_reason"] or "no reason").partition(" from http")[0]
            by[row["outcome"]][reason].append(row["source"])
    console.print(f"Sources: {landed} of {sources.height} read.", style="bold")
    for outcome, reasons in sorted(by.items()):
        for reason, names in sorted(reasons.items(), key=lambda each: -len(each[1])):
            console.print(Text(f"  {outcome} ({', '.join(names)}): {reason}"))
    if "is_stale" in sources.columns:
        stale = sources.filter("is_stale")["source"].to_list()
        if stale:
            console.print(Text(f"  stale, what is held may be old: {', '.join(stale)}"))


def next_steps(outcome: "Outcome", there: "Status | None", *, verb: str, part: bool) -> list[str]:
    """What to do now, in commands that work as things stand."""
    me = called()
    if not outcome.success:
        return [f"{me} doctor; the failed step is whole in {me} {verb} --verbose and in `make ui`"]
    if verb == "ingest" or part:
        return [f"{me} build (builds all that changed, and publishes)"]
    steps = [f'{me} sql "from meta.data_dictionary" or {me} sql to ask; {me} status for sources']
    if there is not None and "outcome" in there.sources.columns:
        asked = [
            (row["outcome_reason"] or "").removeprefix("set ")
            for row in there.sources.iter_rows(named=True)
            if row["outcome"] == "skipped"
        ]
        if asked:
            names = ", ".join(sorted({*asked}))
            steps.append(f"{len(asked)} sources wait for {names}: see .env.example")
        if (there.sources["outcome"] == "unreachable").sum() > 5:
            steps.append("most upstreams were out of reach: with a network, run again")
    return steps
