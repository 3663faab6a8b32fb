"""`python -m tests.trials.clients FILE.duckdb [VERSION…]`: DuckDBs of other years ask every past.

Each version is installed in a throw-away folder, opens the published file read-only, and asks every
view of `vintage` whole, as known at a day. Printed: seconds of every view, which did not answer,
which take too long, and whose rows or cells are not those of the newest. Ends with 1 where there is
one of these. One version alone is refused: it would be compared with itself.
"""

import argparse
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
from polars.testing import assert_frame_equal

from tests.trials.thrown_away import installed

VERSIONS = ("1.2.0", "1.3.2", "1.4.0", "1.4.4", "1.5.6", "2.0.1")
MOST_SECONDS = 10.0  # of processors: a busy machine shall not look like a slow client
GIVEN_UP_SECONDS = 40.0
AS_OF = "2025-08-15"
CLOSE = 1e-9  # sums are added in another order
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
path, as_of, most, name, cells = sys.argv[1:]
db = duckdb.connect(path, read_only=True)
db.execute("set enable_progress_bar = false")
db.execute(f"set variable as_of = timestamptz '{as_of}'")
spent = time.process_time()
resource.setrlimit(resource.RLIMIT_CPU, (int(spent + float(most)) + 1,) * 2)
began = time.perf_counter()
db.execute(f"copy (select * from vintage.\\"{name}\\") to '{cells}' (format parquet)")
print(json.dumps([time.perf_counter() - began, time.process_time() - spent]))
"""


class Answer(NamedTuple):
    """What came of asking one view; neither cells nor error where it was given up."""

    seconds: float
    processor_seconds: float
    cells: Path | None
    error: str | None


def asked(
    version: str, published: Path, folder: Path, *, views: list[str], as_of: str = AS_OF
) -> dict[str, Answer]:
    """The answer of each view (of all, when none is named) to a DuckDB of this version.

    Raises:
        CalledProcessError: it cannot be installed, or does not open the file.
    """
    found: dict[str, Answer] = {}
    kept = folder / version
    kept.mkdir()
    with TemporaryDirectory(prefix="duckdb-") as packages:
        installed(packages, "--only-binary=:all:", f"duckdb=={version}", "pytz")
        python = partial(subprocess.run, capture_output=True, text=True, cwd=packages,
                         env={"PYTHONPATH": packages, "PATH": "/usr/bin:/bin"})  # fmt: skip
        listed = python([sys.executable, "-c", NAMES, str(published)], check=True)
        for name in views or json.loads(listed.stdout):
            cells = kept / f"{name}.parquet"
            words = (str(published), as_of, str(GIVEN_UP_SECONDS), name, str(cells))
            done = python([sys.executable, "-c", ASKING, *words])
            if done.returncode == 0:
                wall, processors = json.loads(done.stdout.splitlines()[-1])
                found[name] = Answer(wall, processors, cells, None)
            elif done.returncode < 0:
                found[name] = Answer(GIVEN_UP_SECONDS, GIVEN_UP_SECONDS, None, None)
            else:
                found[name] = Answer(0.0, 0.0, None, done.stderr.strip().splitlines()[-1][:300])
    return found


def unlike(one: Path, other: Path) -> str | None:
    """What the rows of two answers differ in, in whatever order they came."""
    frames = []
    for path in (one, other):
        frame = pl.read_parquet(path)
        # Floats last: those that are close to one another shall not decide what stands beside what.
        keys = sorted(frame.columns, key=lambda name: (frame.schema[name].is_float(), name))
        frames.append(frame.sort(keys, nulls_last=True))
    try:
        assert_frame_equal(*frames, check_dtypes=False, rel_tol=CLOSE, abs_tol=CLOSE)
    except AssertionError as error:
        return " ".join(str(error).split())[:300]
    return None


def said(found: dict[str, Answer], newest: dict[str, Answer]) -> dict[str, str]:
    """What is wrong with the answers of a version, by view."""
    wrong: dict[str, str] = {}
    for name in sorted({*found, *newest}):
        answer, reference = found.get(name), newest.get(name)
        if answer is None or reference is None:
            wrong[name] = "is not there" if answer is None else "is not in the newest"
        elif answer.error:
            wrong[name] = answer.error
        elif answer.cells is None:
            wrong[name] = f"given up after {GIVEN_UP_SECONDS:.0f} s of processors"
        elif reference.cells is None:
            wrong[name] = "not compared: the newest does not answer"
        elif other := unlike(reference.cells, answer.cells):
            wrong[name] = f"other than the newest says: {other}"
        elif answer.processor_seconds > MOST_SECONDS:
            wrong[name] = f"{answer.processor_seconds:.1f} s of processors"
    return wrong


def main(published: Path, versions: list[str], views: list[str]) -> int:
    """Print what each version says; the newest is asked first, and compared with."""
    answers: dict[str, dict[str, Answer]] = {}
    bad = 0
    with TemporaryDirectory(prefix="clients-") as folder:
        newest = max(versions, key=lambda each: [*map(int, each.split("."))])
        for version in dict.fromkeys((newest, *versions)):
            answers[version] = asked(version, published, Path(folder), views=views)
            wrong = said(answers[version], next(iter(answers.values())))
            bad += len(wrong)
            spent = sum(each.processor_seconds for each in answers[version].values())
            sys.stdout.write(
                f"{version}: {len(answers[version])} views in {spent:.0f} s of processors, "
                f"{len(wrong)} fail, are slow or say something else\n"
            )
            for name, why in wrong.items():
                sys.stdout.write(f"  {name}: {why}\n")
            for name, each in answers[version].items():
                sys.stderr.write(f"{version} {name} {each}\n")
            sys.stdout.flush()
    sys.stdout.write(f"\nseconds on the clock / of processors: {' '.join(answers)}\n")
    names = sorted({name for found in answers.values() for name in found})
    for name in sorted(names, key=lambda each: -slowest(each, answers)):
        cells = (found.get(name) for found in answers.values())
        times = (f"{each.seconds:.1f}/{each.processor_seconds:.1f}" if each else "-"
                 for each in cells)  # fmt: skip
        sys.stdout.write(f"{name}: {' '.join(times)}\n")
    return int(bad > 0)


def slowest(name: str, answers: dict[str, dict[str, Answer]]) -> float:
    """Most seconds of processors that any version took for a view."""
    return max(found[name].processor_seconds for found in answers.values() if name in found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("published", type=Path)
    parser.add_argument("versions", nargs="*", default=[*VERSIONS])
    parser.add_argument("--views", nargs="+", default=[], help="these only")
    options = parser.parse_args()
    if len({*options.versions}) < 2:
        parser.error("one version alone would be compared with itself")
    sys.exit(main(options.published.absolute(), options.versions, options.views))
