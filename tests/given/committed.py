"""The committed facts, landed, built and published as `make run` does without network."""

import fcntl
import os
from pathlib import Path

from pipeline import ingest
from pipeline.build import model
from pipeline.release.publish import publish
from pipeline.sources.source import discover
from pipeline.warehouse import Warehouse


def build_from_committed_facts(store: Warehouse) -> list[str]:
    """What `make run` does without network, without Dagster; the tables it made anew."""
    with store.connect() as db:
        for source in ingest.in_landing_order(discover()):
            ingest.register(db, source)
            if source.file:
                for attempt in ingest.land(source, store, db):
                    assert attempt.outcome == "landed", attempt.reason
        rebuilt = [each.table for each in model.models() if model.rebuild(db, each).rebuilt]
    publish(store)
    return rebuilt


def built_once(folder: Path) -> Warehouse:
    """Such a warehouse, made once in a run of tests; its workers look at one. Not to be changed.

    Args:
        folder: This worker's temporary folder.
    """
    run = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    store = Warehouse(run / "committed")
    with (run / "committed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not store.published.exists():
            build_from_committed_facts(store)
    return store
