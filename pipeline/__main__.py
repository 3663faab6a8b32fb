"""`python -m pipeline`: ingest what is reachable, build, audit, publish, print what came of it."""

import logging
import os
import sys
from pathlib import Path

import dagster as dg

from pipeline.status import print_status

HOME = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run both jobs with their history in `warehouse/.dagster`.

    Returns:
        0 when a warehouse was published, whatever happened to single sources; 1 otherwise.
    """
    os.chdir(HOME)  # dagster.yaml keeps its paths relative to the repository
    logging.getLogger("dagster").setLevel(logging.ERROR)
    from pipeline.definitions import defs

    instance = dg.DagsterInstance.from_config(str(HOME))
    defs.resolve_job_def("ingest").execute_in_process(instance=instance, raise_on_error=False)
    built = defs.resolve_job_def("build").execute_in_process(
        instance=instance, raise_on_error=False
    )
    print_status(sys.stdout)
    return 0 if built.success else 1


if __name__ == "__main__":
    sys.exit(main())
