"""`python -m tests.trials.clients FILE.duckdb [VERSION…]`: DuckDBs of other years ask every past.

Each version is installed in a throw-away folder, opens the published file read-only, and asks every
view of `vintage` whole, as known at a day. Printed: which did not answer, which say something else
than the newest, and the slowest (in brackets seconds of processors). Ends with 1 where there is one
of these, or one that takes too long.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

VERSIONS = ("1.2.0", "1.3.2", "1.4.0", "1.4.4", "1.5.6", "2.0.1")
MOST_SECONDS = 10.0  # on two cores
GIVEN_UP_SECONDS = 40.0  # of processors: a busy machine shall not look like a slow client
AS_OF = "2025-08-15"
# Runs in the other DuckDB, which knows nothing of ours.
ASKING = """
import json, sys, threading, time, duckdb
path, as_of, most = sys.argv[1], sys.argv[2], float(sys.argv[3])
db = duckdb.connect(path, read_only=True)
db.execute(f"set variable as_of = timestamptz '{as_of}'")
names = db.execute("select view_name from duckdb_views() where schema_name = 'vintage' order by 1")
for (name,) in names.fetchall():
    began, spent, done = time.perf_counter(), time.process_time(), threading.Event()
    def watch():
        while not done.wait(0.5):
            if time.process_time() - spent > most:
                return db.interrupt()
    watching = threading.Thread(target=watch)
    watching.start()
    try:
        rows, why = len(db.execute(f'select * from vintage."{name}"').fetchall()), None
    except Exception as error:
        rows, why = None, f"{type(error).__name__}: {error}"[:300]
    done.set()
    watching.join()
    took = [round(time.perf_counter() - began, 2), round(time.process_time() - spent, 2)]
    print(json.dumps([name, *took, rows, why]), flush=True)
"""


def asked(version: str, published: Path, *, as_of: str = AS_OF) -> dict[str, list[object]]:
    """Seconds, seconds of processors, rows and error by view, of a DuckDB of this version.

    Raises:
        CalledProcessError: it cannot be installed.
    """
    with TemporaryDirectory(prefix="duckdb-") as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--only-binary=:all:", "--target", folder, f"duckdb=={version}", "pytz"],
            check=True,
        )  # fmt: skip
        found: dict[str, list[object]] = {}
        with subprocess.Popen(
            [sys.executable, "-c", ASKING, str(published), as_of, str(GIVEN_UP_SECONDS)],
            env={"PYTHONPATH": folder, "PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, text=True,
            cwd=folder,
        ) as asking:  # fmt: skip
            for line in asking.stdout or ():
                name, *told = json.loads(line)
                found[name] = told
                sys.stderr.write(f"{version} {line}")
        assert asking.returncode == 0, f"{version} does not open the file"
    return found


def main(published: Path, versions: list[str]) -> int:
    bad = 0
    rows: dict[str, object] = {}
    for version in reversed(versions or VERSIONS):
        found = asked(version, published)
        rows = rows or {name: count for name, (_, _, count, _) in found.items()}
        slowest = sorted(found.items(), key=lambda each: -float(str(each[1][1])))[:5]
        failed = {name: why for name, (*_, why) in found.items() if why is not None}
        slow = [name for name, (_, cpu, *_) in found.items() if float(str(cpu)) > 2 * MOST_SECONDS]
        odd = [
            name for name, (_, _, count, why) in found.items() if not why and count != rows[name]
        ]
        bad += len({*failed, *slow, *odd})
        named = ", ".join(f"{name} {took} s ({cpu})" for name, (took, cpu, *_) in slowest)
        sys.stdout.write(
            f"{version}: {len(found)} views, {len(failed)} fail, {len(slow)} take over "
            f"{MOST_SECONDS:.0f} s; slowest {named}\n"
        )
        for name in slow:
            sys.stdout.write(f"  {name}: {found[name][1]} s of processors\n")
        for name, why in failed.items():
            sys.stdout.write(f"  {name}: {why}\n")
        for name in odd:
            sys.stdout.write(f"  {name}: {found[name][2]} rows, not {rows[name]}\n")
        sys.stdout.flush()
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), sys.argv[2:]))
