"""A pipeline with everything a run goes through, so small that it can be killed often.

`python -m tests.trials.tiny ROOT` is `python -m pipeline run` for it. As a code location (for
daemon and UI) it takes the folder from the environment. Two tables must always agree: a run that
was killed between them would show.
"""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import dagster as dg

from pipeline import source_assets
from pipeline import warehouse as wh
from pipeline.capture.http import UpstreamError
from pipeline.cli.running import HOME, stands, tell
from pipeline.cli.telling import BUSY
from pipeline.release.publish import _swapped, _synced, wal
from pipeline.release.status import status
from pipeline.runs.command import run_jobs
from pipeline.runs.lock import BusyError
from pipeline.runs.resource import held
from pipeline.runs.stopping import Heard, say, stoppable
from pipeline.sources.prices import hyperbolic, lambda_cloud
from pipeline.sources.source import Part
from pipeline.warehouse import Warehouse, opened_for_reading

ROOT = "TINY_ROOT"
# Moments in the middle of a transaction: a kill or a signal should often fall there.
WITHIN = "TINY_SECONDS"
STATUS = (
    "create or replace table meta.source_status as select 'made up' as source, 'landed' as outcome,"
    " 1 as held_count, 0 as quarantined_count, now() as newest_observed_at, '' as outcome_reason"
)


def out_of_reach(_: object) -> Iterator[Part]:
    yield Part("all", UpstreamError("cannot be reached", url="https://example.org"))


# One whose key nobody sets, and one that is down.
SKIPPED = replace(lambda_cloud.SOURCE, secrets=("TINY_KEY",))
DOWN = replace(hyperbolic.SOURCE, fetch=out_of_reach)


def definitions(store: Warehouse) -> dg.Definitions:
    """Each run adds one row to a first and a second table, and publishes both.

    The job `ask` asks two sources that give nothing, each for its own reason.
    """
    sources = (SKIPPED, DOWN)

    @dg.asset
    def rows(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult[None]:
        with warehouse.connect() as db:
            db.execute("create table if not exists staging.first (n integer)")
            db.execute("create table if not exists staging.second (n integer)")
            db.execute(STATUS)
            with wh.transaction(db):
                db.execute("insert into staging.first select count(*) from staging.first")
                time.sleep(float(os.environ.get(WITHIN, "0.4")))
                db.execute("insert into staging.second select count(*) from staging.second")
        return dg.MaterializeResult()

    @dg.asset(deps=[rows])
    def published(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult[None]:
        draft = warehouse.published.with_name("warehouse.draft.duckdb")
        with warehouse.connect() as db:
            for leftover in (draft, wal(draft)):
                leftover.unlink(missing_ok=True)
            db.execute(f"attach {wh.quoted(str(draft))} as draft")
            db.execute("copy from database build to draft")
            db.execute("detach draft")
        _synced(draft)
        _swapped(draft, warehouse.published)
        return dg.MaterializeResult()

    return dg.Definitions(
        assets=[
            rows,
            published,
            *(made for each in sources for made in source_assets.assets_for(each, sources)),
            *source_assets.skipped_assets(sources),
        ],
        jobs=[
            dg.define_asset_job("ingest", dg.AssetSelection.assets(rows)),
            dg.define_asset_job("build", dg.AssetSelection.assets(published)),
            dg.define_asset_job("everything", dg.AssetSelection.assets(rows, published)),
            dg.define_asset_job("ask", dg.AssetSelection.assets(*source_assets.keys(sources))),
        ],
        resources={"warehouse": held(store)},
        executor=dg.in_process_executor,
    )


def counts(store: Warehouse) -> tuple[int, int]:
    """Rows of the two tables in the published file; (0, 0) when there is none."""
    if not store.published.exists():
        return 0, 0
    with opened_for_reading(store.published) as db:
        [(first, second)] = db.execute(
            "select (select count(*) from staging.first), (select count(*) from staging.second)"
        ).fetchall()
    return int(first), int(second)


def settle(root: Path) -> Path:
    """A folder for Dagster's instance with our dagster.yaml, its paths moved to the warehouse."""
    home = root.parent / "home"
    home.mkdir(parents=True, exist_ok=True)
    text = (HOME / "dagster.yaml").read_text(encoding="utf-8").replace(": warehouse", f": {root}")
    (home / "dagster.yaml").write_text(text, encoding="utf-8")
    return home


def main(root: Path, *, wait_seconds: float = 60.0) -> int:
    """What `python -m pipeline run` does, for the tiny pipeline."""

    def run(heard: Heard) -> int:
        store = Warehouse(root)
        with dg.DagsterInstance.from_config(str(settle(root))) as instance:
            try:
                outcome = run_jobs(
                    definitions(store), instance, store, heard, wait_seconds=wait_seconds
                )
            except BusyError as busy:
                say(str(busy))
                return BUSY
        if heard.by is None:
            tell(outcome, status(store), verb="run")
        return 0 if outcome.success else 1

    return stoppable(run, partial(stands, root / "warehouse.duckdb"))


if ROOT in os.environ:
    defs = definitions(Warehouse(Path(os.environ[ROOT])))

if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
