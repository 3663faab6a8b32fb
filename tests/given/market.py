"""A small market that publishes a level in every tier: made-up prices, worked out by hand.

Ten days from 1 January 2024. Five neoclouds rent an H100 for 2.00 to 2.80 USD on demand (median
2.40), AWS for 4.00 in two regions and 3.00 reserved for a year (and an H200 for 5.00), and six
machines of three owners on Vast for 1.00 to 1.50 at auction. Two things became public late:
CoreWeave's 2.60 of the 1st, and the evening of the 6th, when Lambda asked 2.10 instead of 2.00,
both on the 20th.
"""

import shutil
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.release.publish import publish
from pipeline.warehouse import Warehouse
from tests.given.support import build, daily, fill, offer

START = date(2024, 1, 1)
DAYS = 10
LATE = datetime(2024, 1, 20, 12, tzinfo=UTC)
NEOCLOUDS = {"lambda": 2.0, "crusoe": 2.2, "nebius": 2.4, "coreweave": 2.6, "voltage-park": 2.8}


def market() -> list[dict[str, Any]]:
    rows = []
    for provider, price in NEOCLOUDS.items():
        rows += listed(provider, offer_id=provider, price_usd_per_gpu_hour=price)
    for region in ("us-east-1", "us-west-2"):
        rows += listed("aws", offer_id=region, region=region)
        year = {"market": "reserved", "term_months": 12, "price_usd_per_gpu_hour": 3.0}
        rows += listed("aws", offer_id=f"{region}/1y", region=region, **year)
    newer = {"accelerator": "nvidia-h200-sxm-141gb", "price_usd_per_gpu_hour": 5.0}
    rows += listed("aws", offer_id="h200", **newer)
    for number in range(6):
        rows += listed(
            "vast",
            offer_id=f"v{number}",
            host_id=f"m{number}",
            operator_id=f"o{number % 3}",
            market="spot",
            spot_kind="market",
            gpu_count=1,
            price_usd_per_gpu_hour=1.0 + number / 10,
        )
    for row in rows:
        if row["provider"] == "coreweave" and row["observed_at"].day == 1:
            row |= {"known_at": LATE, "captured_at": LATE}
    evening = offer(
        provider="lambda",
        offer_id="lambda",
        at=datetime(2024, 1, 6, 20, tzinfo=UTC),
        known_at=LATE,
        captured_at=LATE,
        price_usd_per_gpu_hour=2.1,
    )
    return [*rows, evening]


def listed(provider: str, **cells: Any) -> list[dict[str, Any]]:
    return daily(DAYS, start=START, provider=provider, **cells)


def next_day(**cells: Any) -> dict[str, Any]:
    """One more sighting, on the day after the market's last."""
    return offer(on=START + timedelta(days=DAYS), **cells)


def built(store: Warehouse) -> None:
    """The market with every table and view made, not published."""
    store.build.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_built(), store.build)


def open_for_business(store: Warehouse) -> None:
    """The market built and published."""
    shutil.copytree(_built().parent.parent, store.root, symlinks=True, dirs_exist_ok=True)


@cache
def _built() -> Path:
    """The market's build database with all views, made once a process and copied."""
    store = Warehouse(Path(_FOLDER.name) / "warehouse")  # the folder above is for its owner alone
    with store.connect() as db:
        fill(db, market())
        build(db)
    publish(store)
    return store.build


_FOLDER = TemporaryDirectory(prefix="market-")  # removed when the process ends
