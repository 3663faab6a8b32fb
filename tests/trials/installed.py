"""`python -m tests.trials.installed FILE.duckdb`: `gcw` as `pip install --editable .` leaves it.

A clone, an environment of its own with what pyproject.toml asks for (not the lock), and the command
called from another folder. FILE is put where a run would publish it.
"""

import shutil
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.trials import stranger

ASKED = (
    ("--help",),
    ("sql", "select count(*) from marts.gpu_price_daily"),
    ("vintage", "2025-08-15", "select count(*) from gpu_price_daily"),
    ("explain", "--help"),
    ("doctor",),
    ("status",),
)


def main(published: Path) -> None:
    with TemporaryDirectory(prefix="installed-") as folder:
        home = stranger.clone(Path(folder), lend=False)
        shutil.copy(published, home / "warehouse" / "warehouse.duckdb")
        venv.create(Path(folder) / "env", with_pip=True)
        programs = Path(folder) / "env" / "bin"
        subprocess.run(
            [programs / "pip", "install", "--quiet", "--disable-pip-version-check", "--editable",
             home], check=True,
        )  # fmt: skip
        for words in ASKED:
            done = subprocess.run(
                [programs / "gcw", *words], cwd="/", capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"gcw {' '.join(words)}: {done.stderr[-2000:]}"
            sys.stdout.write(f"gcw {' '.join(words)}: {done.stdout.strip().splitlines()[-1]}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
