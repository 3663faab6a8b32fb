"""What tables made on Spark go through: python -m tests.given.on_sail FOLDER.

On Sail, or on the server that SPARK_REMOTE names.
"""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.build import engine
from pipeline.build.model import Check, ModelError, growing, models, rebuild
from pipeline.warehouse import DuckDB, Warehouse
from tests.given.market import DAYS, START, market
from tests.given.support import build, daily, fill, with_steps
from tests.trials.spark import differing, sail

FIRST = "marts.host_price_daily"
# Of what grows with offers the tables up to the level; values of all are the trial's.
MADE = ("marts.host_price_daily", "marts.provider_price_daily", "marts.gpu_price_daily")
TABLES = sorted(with_steps(*MADE) & growing())
LATER = daily(3, start=START + timedelta(days=DAYS), price_usd_per_gpu_hour=2.5)


def alike(db: DuckDB, other: Warehouse) -> None:
    with other.connect() as ours:
        for table in TABLES:
            said = differing(ours.sql(f"from {table}").pl(), db.sql(f"from {table}").pl())
            assert not said, (table, said)


def killed(folder: Path) -> None:
    """A run that writes, checks, and is killed where it would have switched the pointer."""
    model = next(each for each in models() if each.table == FIRST)
    point = engine.Store.point

    def die(self: engine.Store, table: str, folder: str, state: list[Any]) -> None:
        if table == FIRST:
            os.kill(os.getpid(), signal.SIGKILL)
        point(self, table, folder, state)

    engine.Store.point = die  # type: ignore[method-assign]
    with Warehouse(folder / "spark").connect() as db:
        rebuild(db, model)


def main(folder: Path) -> None:
    here, there = Warehouse(folder / "duckdb"), Warehouse(folder / "spark")
    with here.connect() as db:
        fill(db, market())
        build(db, *MADE)
    if "SPARK_REMOTE" not in os.environ:
        server = sail()  # for as long as it is named
        os.environ["SPARK_REMOTE"] = f"sc://localhost:{server.listening_address[1]}"
    os.environ |= {"ENGINE": "spark", "STORE": (folder / "store").as_uri()}
    (folder / "store").mkdir()
    store = engine.Store.at(os.environ["STORE"])
    with there.connect() as db:
        fill(db, market())
        build(db, *MADE)
        alike(db, here)
        for table in TABLES:
            told = store.pointer(table)
            assert told, table
            assert told["of"] == engine.state(db, table)
        assert len([*(folder / "store" / FIRST).glob("*/observed_on=*")]) == DAYS
        laid = (folder / "store" / "staging.gpu_offers").glob("*/source=*/observed_on=*")
        assert len([*laid]) == DAYS
        print("equal to DuckDB, by day, each with its pointer")

        before, stood = store.pointer(FIRST), db.sql(f"from {FIRST}").pl()
        fill(db, LATER)
        model = next(each for each in models() if each.table == FIRST)
        with pytest.raises(ModelError, match="breaks never"):
            rebuild(db, model, [Check(FIRST, "never", "", f"from {FIRST}", True)])
        assert store.pointer(FIRST) == before
        assert not differing(stood, db.sql(f"from {FIRST}").pl())
        print("a check that fails leaves the pointer and the table")

    again = [sys.executable, "-m", "tests.given.on_sail", str(folder), "killed"]
    assert subprocess.run(again).returncode == -signal.SIGKILL
    with there.connect() as db:
        assert store.pointer(FIRST) == before
        assert not differing(stood, db.sql(f"from {FIRST}").pl())
        print("killed before the pointer: the old answer stands")
        build(db, *MADE)
        assert store.pointer(FIRST) != before
        del os.environ["ENGINE"]
        with here.connect() as ours:
            fill(ours, LATER)
            build(ours, *MADE)
        alike(db, here)
        print("the next run finishes, equal to a whole build")


if __name__ == "__main__":
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if "killed" in sys.argv:
        killed(Path(sys.argv[1]))
    main(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # Sail's threads would keep the process
