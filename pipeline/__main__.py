"""`python -m pipeline`: ingest what is reachable, build, audit, publish, print what came of it.

Exit codes: 0 published, 1 not published, 75 another run holds the warehouse, 130 stopped by Ctrl-C,
143 stopped by SIGTERM.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pipeline.runs.lock import WAIT_SECONDS, BusyError
from pipeline.runs.stopping import Heard, say, stoppable

HOME = Path(__file__).resolve().parents[1]
BUSY = os.EX_TEMPFAIL


def main(arguments: Sequence[str] = ()) -> int:
    """Run both jobs with their history in `warehouse/.dagster`.

    Returns:
        The exit code; 0 when a warehouse was published, whatever happened to single sources.
    """
    parser = argparse.ArgumentParser("python -m pipeline", description=__doc__)
    parser.add_argument(
        "--wait",
        type=float,
        default=WAIT_SECONDS,
        help="seconds to wait for another run (%(default).0f)",
    )
    options = parser.parse_args(arguments)
    os.chdir(HOME)  # dagster.yaml keeps its paths relative to the repository
    published = HOME / "warehouse" / "warehouse.duckdb"
    return stoppable(partial(_run, wait_seconds=options.wait), partial(stands, published))


def _run(heard: Heard, *, wait_seconds: float) -> int:
    # Loading the code takes seconds in which a signal should be heard already.
    import dagster as dg

    from pipeline.definitions import defs
    from pipeline.runs.command import run_jobs
    from pipeline.warehouse import Warehouse

    with dg.DagsterInstance.from_config(str(HOME)) as instance:
        try:
            return run_jobs(defs, instance, Warehouse(), heard, wait_seconds=wait_seconds)
        except BusyError as busy:
            say(str(busy))
            return BUSY


def stands(published: Path) -> str:
    """Which published file there is, in a few words."""
    try:
        at = datetime.fromtimestamp(published.stat().st_mtime, UTC)
    except FileNotFoundError:
        return "the step in hand is rolled back; nothing has been published"
    return f"the step in hand is rolled back; {published} of {at:%Y-%m-%d %H:%M:%S} UTC stands"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
