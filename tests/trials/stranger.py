"""`python -m tests.trials.stranger [--install]`: a stranger's first minutes, by the README.

A fresh clone in an empty folder; every command of its README is copied from it and must succeed, in
the order in which it stands there. With --install the environment is made by `make`, else that of
this checkout is lent. The suite walks the same path on a warehouse that is built already.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

HOME = Path(__file__).resolve().parents[2]
UI = "make ui"
UI_SECONDS = 300.0
# What the README says a run leaves behind.
LEFT = (
    "warehouse/warehouse.duckdb",
    "warehouse/report/index.html",
    "warehouse/exports/parquet",
    "warehouse/exports/csv",
    "warehouse/exports/xlsx",
    "warehouse/exports/datapackage.json",
    "warehouse/exports/SHA256SUMS",
)


def clone(folder: Path, *, lend: bool = True) -> Path:
    """What is committed here, in an empty folder; with this checkout's environment, if lent."""
    made = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{HOME}", made], check=True)
    if lend:
        (made / ".venv").mkdir()
        for each in (HOME / ".venv").resolve().iterdir():
            (made / ".venv" / each.name).symlink_to(each)
        (made / ".venv" / ".ready").unlink(missing_ok=True)
        (made / ".venv" / ".ready").touch()  # newer than the lock of the clone
    return made


def commands(readme: str) -> list[str]:
    """Every command of a README, once, as it stands there: blocks of shell, and `make …`."""
    found: list[str] = []
    for block, inline in re.findall(r"```sh\n(.*?)```|`(make [a-z][^`]*)`", readme, re.S):
        found += [*block.splitlines(), inline]
    return [*dict.fromkeys(line.strip() for line in found if line.strip())]


def links(readme: str) -> list[str]:
    """Files of the repository that a README leads to."""
    return re.findall(r"\]\((?!https?:)([^)#]+)", readme)


def followed(home: Path, command: str) -> str:
    """What a command says; `make ui` is ended when it has answered.

    Raises:
        AssertionError: it does not succeed.
    """
    if command == UI:
        return _answered(home)
    done = subprocess.run(["sh", "-c", command], cwd=home, capture_output=True, text=True)
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout


def _answered(home: Path) -> str:
    started = subprocess.Popen(
        ["sh", "-c", f"exec {UI}"], cwd=home, start_new_session=True, stderr=subprocess.PIPE
    )
    try:
        until = time.monotonic() + UI_SECONDS
        while True:
            try:
                with urllib.request.urlopen("http://localhost:3000", timeout=10) as answer:
                    text = answer.read().decode()
                break
            except OSError:
                assert started.poll() is None, "the UI has ended"
                assert time.monotonic() < until, "the UI does not answer"
                time.sleep(0.5)
    finally:
        os.killpg(started.pid, signal.SIGINT)  # as Ctrl-C at a terminal
        _, said = started.communicate(timeout=60)
    assert "Dagster" in text, text[:500]
    return said.decode()


def main(*, install: bool) -> None:
    with TemporaryDirectory(prefix="stranger-") as folder:
        home = clone(Path(folder), lend=not install)
        for command in commands((home / "README.md").read_text(encoding="utf-8")):
            began = time.monotonic()
            said = followed(home, command)
            sys.stdout.write(f"{time.monotonic() - began:6.1f} s  {command}\n")
            sys.stdout.flush()
            assert said, f"{command} says nothing"
        for name in LEFT:
            assert (home / name).exists(), f"there is no {name}"
        changed = subprocess.run(
            ["git", "status", "--porcelain"], cwd=home, capture_output=True, text=True, check=True
        ).stdout
        assert changed == "", f"a run changed the checkout: {changed}"


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--install", action="store_true")
    main(install=told.parse_args().install)
