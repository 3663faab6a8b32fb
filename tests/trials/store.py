"""Offers and the tables made of them in an S3-compatible store, on Sail, beside DuckDB.

    uv venv s3 && uv pip install --python s3/bin/python "moto[server,s3]"
    PYTHONPATH=.venv/spark python -m tests.trials.store s3/bin/moto_server FILE 2026-01-01

Takes the offers that FILE, a build database, holds from a day on. Prints rows, seconds and whether
each table is equal; ends with 1 where one is not.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from pipeline import warehouse as wh
from pipeline.build import engine
from pipeline.build.model import models, rebuild
from pipeline.contracts import declared
from pipeline.warehouse import DuckDB, Warehouse
from tests.trials.spark import differing, sail

PORT = 5055
CHAIN = ("marts.host_price_daily", "steps.price_sighting", "marts.provider_price_daily",
         "steps.price_vote", "marts.gpu_price_daily")  # fmt: skip
BESIDE = ("steps.reference_region", "steps.interval_coverage")
SAID = {
    "AWS_ENDPOINT_URL": f"http://127.0.0.1:{PORT}",
    "AWS_ACCESS_KEY_ID": "anybody",
    "AWS_SECRET_ACCESS_KEY": "anything",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


def taken(db: DuckDB, file: str, since: str) -> None:
    """Land what the file holds: reference tables whole, offers from a day on."""
    wh.create_declared(db)
    db.execute(f"attach '{file}' as held (read_only)")
    for terms in declared():
        offers = terms.table == "staging.gpu_offers"
        where = f"where observed_at >= timestamptz '{since} 00:00:00+00'" if offers else ""
        db.execute(f"insert into {terms.table} by name from held.{terms.table} {where}")
        wh.bump(db, terms.table)
    db.execute("detach held")


def made(db: DuckDB) -> None:
    for model in models():
        if model.table in (*CHAIN, *BESIDE):
            begun = time.perf_counter()
            told = rebuild(db, model, ())
            print(f"{model.table} | {told.rows} | {time.perf_counter() - begun:.1f} s", flush=True)


def main(moto: str, file: str, since: str, folder: Path) -> int:
    here, there = Warehouse(folder / "duckdb"), Warehouse(folder / "spark")
    with here.connect() as db:
        taken(db, file, since)
        made(db)
    server = subprocess.Popen([moto, "-p", str(PORT)], stderr=subprocess.DEVNULL)
    try:
        os.environ |= SAID
        for _ in range(60):
            try:
                requests.put(f"{SAID['AWS_ENDPOINT_URL']}/gcw", timeout=5).raise_for_status()
                break
            except requests.ConnectionError:
                time.sleep(0.5)
        spark = sail()
        address = f"sc://localhost:{spark.listening_address[1]}"
        os.environ |= {"ENGINE": "spark", "SPARK_REMOTE": address, "STORE": "s3://gcw/tables"}
        wrong = 0
        with there.connect() as db:
            taken(db, file, since)
            made(db)
            store = engine.Store.at(os.environ["STORE"])
            with here.connect() as ours:
                for table in CHAIN:
                    said = differing(ours.sql(f"from {table}").pl(), db.sql(f"from {table}").pl())
                    wrong += bool(said)
                    print(f"{table} | {said or 'equal'} | {store.pointer(table)}")
        return int(wrong > 0)
    finally:
        server.kill()


if __name__ == "__main__":
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as made_here:
        code = main(*sys.argv[1:4], Path(made_here))
    print(f"{time.process_time():.0f} s of CPU here, with Sail's")
    os._exit(code)  # Sail's threads would keep the process
