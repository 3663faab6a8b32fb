"""One more hour of one marketplace, over a short and ever longer hourly histories: is it flat?

`python -m tests.benchmarks.increment [offers ...]`, one and five million where nothing is said. A
history is 4,000 machines seen every hour; all numbers are made up. Measured, in a process of its
own: landing the next hour, making the tables that are made by day, publishing. What is made whole
still (the matched index and the index of fixed items) is a row beside it, month-end methods are
left out. 20 million need 10 GiB for the first build, which is not what is measured.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks import measure

SIZES = (1_000_000, 5_000_000)
MACHINES = 4_000
START = datetime(2025, 1, 1, tzinfo=UTC)
PARTS = ("land", "by_day", "publish", "whole")
# hash() is the only dice: equal numbers on every machine with the same DuckDB.
HOURS = """
insert into staging.gpu_offers by name
select
    'recorded' as source,
    'offer-' || machine as offer_id,
    $start::timestamptz + hour * interval 1 hour as observed_at,
    'vast' as provider,
    'maker-sku-' || machine % 30 as accelerator,
    'maker-sku-' || machine % 30 as accelerator_raw,
    1 as gpu_count,
    if(machine % 7 = 0, 'spot', 'on_demand') as market,
    if(machine % 7 = 0, 'market', null) as spot_kind,
    0 as term_months,
    'all_in' as basis,
    'region-' || machine % 40 as region,
    ['north_america', 'europe', 'asia_pacific'][machine % 3 + 1] as region_group,
    'machine-' || machine as host_id,
    'owner-' || machine % 400 as operator_id,
    round((1 + machine % 30 / 10.0) * (1 + hash(machine, hour // 24) % 100 / 1000.0), 4)
        as price_usd_per_gpu_hour,
    price_usd_per_gpu_hour as price_usd_per_instance_hour,
    price_usd_per_gpu_hour as price_in_currency_per_gpu_hour,
    'USD' as currency,
    1 as refresh_days,
    'generated' as licence,
    'high' as confidence,
    observed_at as known_at,
    observed_at as captured_at,
    'https://example.org/prices' as source_url
from range($first, $last) as hours(hour)
cross join range($machines) as machines(machine)
"""


def made(root: Path, offers: int) -> None:
    """A warehouse with every table made of two days, then the price tables of the whole history."""
    from pipeline import warehouse as wh
    from pipeline.build.model import models, rebuild
    from pipeline.contracts.prices import GPU_OFFERS
    from pipeline.release.publish import publish
    from tests.given.support import build, fill, offer

    store = wh.Warehouse(root)
    hours = offers // MACHINES
    with store.connect() as db:
        fill(db, [offer(provider="vast", on=START.date() - timedelta(days=1))])
        build(db)
        every = {"start": START, "first": 0, "last": hours, "machines": MACHINES}
        db.execute(HOURS, every)
        wh.bump(db, GPU_OFFERS.table)
        for model in models():
            if model.group == "prices" and not model.method:
                rebuild(db, model, audits=())
    publish(store)


def next_hour(root: Path, offers: int) -> dict[str, float]:
    """CPU seconds of each part, and the largest memory held after the tables made by day."""
    from pipeline import landing
    from pipeline import warehouse as wh
    from pipeline.build.model import models, rebuild
    from pipeline.release.publish import publish
    from pipeline.sources.source import Capture
    from tests.given.replays import made_up, prices

    store = wh.Warehouse(root)
    source = made_up(prices, name="recorded")
    hours = offers // MACHINES
    spent: dict[str, float] = {}

    def timed(part: str, work: Callable[[], object]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        spent[part] = time.process_time() - cpu
        spent[f"{part}_seconds"] = time.perf_counter() - wall

    with store.kept_open(), store.connect() as db:
        db.execute("create temp table hour_before as from staging.gpu_offers limit 0")
        into = HOURS.replace("staging.gpu_offers", "hour_before")
        db.execute(into, {"start": START, "first": hours, "last": hours + 1, "machines": MACHINES})
        frame = wh.frame(db, "select * exclude (source), null::varchar as reason from hour_before")
        at = START + timedelta(hours=hours)
        each = Capture("recorded", "all", "https://example.org/prices", at, "0" * 64)
        batch = landing.Batch(source, db, "benchmark", {}, lambda _: frame)
        landed: list[landing.Attempt] = []
        timed("land", lambda: landed.extend(landing.land(batch, [each])))
        assert [(made.outcome, made.rows) for made in landed] == [("landed", MACHINES)], landed
        by_day = [model for model in models() if model.by_day]
        timed("by_day", lambda: [rebuild(db, model) for model in by_day])
        timed("publish", lambda: publish(store))
        spent["peak_gib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        days = {model.name: rebuild(db, model, audits=()).rebuilt for model in by_day}
        assert not any(days.values()), days
        others = [
            model for model in models()
            if model.group == "prices" and not model.by_day and not model.method
        ]  # fmt: skip
        timed("whole", lambda: [rebuild(db, model, audits=()) for model in others])
    return spent


def run(sizes: Sequence[int]) -> None:
    """Generate, build, measure, print."""
    found = []
    for offers in sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure.run("-m", "tests.benchmarks.increment", "made", folder, str(offers))
            found.append(
                measure.run("-m", "tests.benchmarks.increment", "hour", folder, str(offers))
            )
    rows = [("CPU seconds of one more hour", *(f"{size:,}" for size in sizes))]
    for part, label in zip(
        PARTS, ("land", "tables made by day", "publish", "tables made whole"), strict=True
    ):
        rows.append((label, *(f"{each.answer[part]:.2f}" for each in found)))
    total = [sum(each.answer[part] for part in PARTS[:3]) for each in found]
    rows.append(("land, by day, publish", *(f"{each:.2f}" for each in total)))
    rows.append(("peak GiB of these", *(f"{each.answer['peak_gib']:.2f}" for each in found)))
    print(f"\nOne more hour of {MACHINES:,} machines\n{measure.table(rows)}")


if __name__ == "__main__":
    if sys.argv[1:2] in (["made"], ["hour"]):
        work = {"made": made, "hour": next_hour}[sys.argv[1]]
        print(json.dumps(work(Path(sys.argv[2]), int(sys.argv[3])) or {}))
    else:
        print(measure.machine())
        run([int(each) for each in sys.argv[1:]] or SIZES)
