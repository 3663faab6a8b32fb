"""`python -m pipeline`: ingest what is reachable, build, audit, publish, print what came of it."""

import os
import sys
from pathlib import Path

import dagster as dg

from pipeline.release.status import print_status

HOME = Path(__file__).resolve().parents[1]
# Failures of single sources are in the table at the end and, in full, in the UI.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def main() -> int:
    """Run both jobs with their history in `warehouse/.dagster`.

    Returns:
        0 when a warehouse was published, whatever happened to single sources; 1 otherwise.
    """
    os.chdir(HOME)  # dagster.yaml keeps its paths relative to the repository
    from pipeline.definitions import defs

    with dg.DagsterInstance.from_config(str(HOME)) as instance:
        for name in ("ingest", "build"):
            result = defs.resolve_job_def(name).execute_in_process(
                instance=instance, run_config=QUIET, raise_on_error=False
            )
    for event in result.get_step_failure_events():
        failure = event.step_failure_data
        sys.stderr.write(f"{event.step_key}: {failure.user_failure_data or failure.error}\n")
    print_status(sys.stdout)
    return 0 if result.success else 1


if __name__ == "__main__":
    sys.exit(main())
