"""`python -m tests.trials.clients FILE.duckdb [VERSION…]`: DuckDBs of other years ask every past.

Each version is installed in a throw-away folder, opens the published file read-only, and asks every
view of `vintage` whole, as known at a day. Printed: which did not answer, which say something else
than the newest, and which take too long. Ends with 1 where there is one of these.
"""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.trials.thrown_away import installed

VERSIONS = ("1.2.0", "1.3.2", "1.4.0", "1.4.4", "1.5.6", "2.0.1")
MOST_SECONDS = 10.0  # on two cores
GIVEN_UP_SECONDS = 40.0  # of processors: a busy machine shall not look like a slow client
AS_OF = "2025-08-15"
# Run in the other DuckDB, which knows nothing of ours; one process a view, which may be cut short
# while its query is still being planned.
NAMES = """
import json, sys, duckdb
db = duckdb.connect(sys.argv[1], read_only=True)
named = "select view_name from duckdb_views() where schema_name = 'vintage' order by 1"
print(json.dumps([name for (name,) in db.execute(named).fetchall()]))
"""
ASKING = """
import json, resource, sys, time, duckdb
path, as_of, most, name = sys.argv[1:]
db = duckdb.connect(path, read_only=True)
db.execute("set enable_progress_bar = false")
db.execute(f"set variable as_of = timestamptz '{as_of}'")
spent = time.process_time()
resource.setrlimit(resource.RLIMIT_CPU, (int(spent + float(most)) + 1,) * 2)
began = time.perf_counter()
rows = len(db.execute(f'select * from vintage."{name}"').fetchall())
print(json.dumps([time.perf_counter() - began, time.process_time() - spent, rows]))
"""


class Answer(NamedTuple):
    """What came of asking one view."""

    seconds: float
    processor_seconds: float
    rows: int | None
    error: str | None


def asked(version: str, published: Path, *, as_of: str = AS_OF) -> dict[str, Answer]:
    """The answer of each view to a DuckDB of this version.

    Raises:
        CalledProcessError: it cannot be installed, or does not open the file.
    """
    found: dict[str, Answer] = {}
    with TemporaryDirectory(prefix="duckdb-") as folder:
        installed(folder, "--only-binary=:all:", f"duckdb=={version}", "pytz")
        python = partial(subprocess.run, capture_output=True, text=True, cwd=folder,
                         env={"PYTHONPATH": folder, "PATH": "/usr/bin:/bin"})  # fmt: skip
        listed = python([sys.executable, "-c", NAMES, str(published)], check=True)
        for name in json.loads(listed.stdout):
            done = python(
                [sys.executable, "-c", ASKING, str(published), as_of, str(GIVEN_UP_SECONDS), name]
            )
            if done.returncode == 0:
                found[name] = Answer(*json.loads(done.stdout.splitlines()[-1]), None)
            elif done.returncode < 0:
                found[name] = Answer(GIVEN_UP_SECONDS, GIVEN_UP_SECONDS, None, None)
            else:
                found[name] = Answer(0.0, 0.0, None, done.stderr.strip().splitlines()[-1][:300])
            sys.stderr.write(f"{version} {name} {found[name]}\n")
    return found


def main(published: Path, versions: list[str]) -> int:
    """Print what each version says; the newest is asked first, and compared with."""
    bad = 0
    newest: dict[str, Answer] = {}
    for version in reversed(versions or VERSIONS):
        found = asked(version, published)
        newest = newest or found
        failed = {name: each.error for name, each in found.items() if each.error}
        slow = {
            name: each.processor_seconds
            for name, each in found.items()
            if each.processor_seconds > 2 * MOST_SECONDS
        }
        odd = [
            name
            for name, each in found.items()
            if None not in (each.rows, newest[name].rows) and each.rows != newest[name].rows
        ]
        bad += len({*failed, *slow, *odd})
        sys.stdout.write(
            f"{version}: {len(found)} views, {len(failed)} fail, {len(slow)} take over "
            f"{MOST_SECONDS:.0f} s, {len(odd)} have other rows\n"
        )
        for name, why in failed.items():
            sys.stdout.write(f"  {name}: {why}\n")
        for name, took in sorted(slow.items(), key=lambda each: -each[1]):
            over = "over " if took == GIVEN_UP_SECONDS else ""
            sys.stdout.write(f"  {name}: {over}{took:.0f} s of processors\n")
        for name in odd:
            sys.stdout.write(f"  {name}: {found[name].rows} rows, not {newest[name].rows}\n")
        sys.stdout.flush()
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), sys.argv[2:]))
