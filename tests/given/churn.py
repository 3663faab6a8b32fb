"""What a process does until it is killed: publish one valid state after the other, or export."""

import shutil
from datetime import date, timedelta
from itertools import count, cycle
from multiprocessing.connection import Connection
from pathlib import Path

from pipeline import warehouse as wh
from pipeline.build import days
from pipeline.build.model import models
from pipeline.contracts.prices import GPU_OFFERS
from pipeline.release.export import export
from pipeline.release.publish import publish
from pipeline.warehouse import Warehouse, opened_for_reading
from tests.given.market import DAYS, START, listed
from tests.given.support import build, daily, fill, offer

BY_DAY = [each.table for each in models() if each.by_day]

STATES = {
    "short": listed("aws", price_usd_per_gpu_hour=2.0),
    "long": [
        *listed("aws", price_usd_per_gpu_hour=2.5),
        *daily(40, start=START + timedelta(days=DAYS), price_usd_per_gpu_hour=2.5),
        *listed("lambda", offer_id="b", price_usd_per_gpu_hour=2.2),
    ],
}


def build_everything(store: Warehouse) -> None:
    """Build every table once: publishing asks for all."""
    with store.connect() as db:
        fill(db, STATES["short"])
        build(db)


def build_state(store: Warehouse, name: str) -> None:
    """Make the build database hold one state, and build what tells them apart."""
    with store.connect() as db:
        with wh.transaction(db):
            wh.remove(db, GPU_OFFERS, "recorded", None)
            fill(db, STATES[name])
        build(db, "marts.host_price_daily", "marts.provider_price_daily")


def publish_state(store: Warehouse, name: str) -> None:
    build_state(store, name)
    publish(store)


def checksum(path: Path) -> tuple[int, int, int]:
    """Rows of the daily mart, and a checksum of them and of what its vintage view holds."""
    with opened_for_reading(path) as db:
        [row] = db.execute(
            "select (select count(*) from marts.provider_price_daily), "
            "(select sum(hash(made)) from marts.provider_price_daily as made), "
            "(select sum(hash(made)) from vintage.provider_price_daily as made)"
        ).fetchall()
    return row


def keep_building(root: Path, started: Connection) -> None:
    """Build and publish in turn; says when the first build begins."""
    store = Warehouse(root)
    started.send(True)
    for name in cycle(STATES):
        publish_state(store, name)


def keep_adding(root: Path, started: Connection) -> None:
    """Land one more day after the other and build by day; says when the first is made."""
    days.MOST_DAYS = 1e9
    with Warehouse(root).connect() as db:
        held = db.execute("select max(observed_at)::date from staging.gpu_offers").fetchall()
        newest: date = held[0][0]
        for n in count(1):
            moved = {"price_usd_per_gpu_hour": 2.5 + n % 3}
            fill(db, [offer(on=newest + timedelta(days=n), **moved)])
            build(db, *BY_DAY)
            started.send(True)


def keep_publishing(root: Path, started: Connection) -> None:
    """Publish again and again; says when the first publishing begins."""
    store = Warehouse(root)
    build_state(store, "long")
    started.send(True)
    while True:
        publish(store)


def keep_exporting(root: Path, started: Connection) -> None:
    """Put one published state after the other in place and export it; says when it begins.

    The states lie beside the warehouse, in folders of their names.
    """
    store = Warehouse(root)
    started.send(True)
    for name in cycle(STATES):
        for path in (store.build, store.published):
            copy = path.with_name(f"{path.name}.next")
            shutil.copy(root.with_name(name) / path.relative_to(root), copy)
            copy.replace(path)
        export(store)
