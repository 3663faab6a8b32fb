"""One more hour of one marketplace, over a short and ever longer hourly histories: is it flat?

`python -m tests.benchmarks.increment [offers ...]`, one and five million where nothing is said. A
history is 4,000 machines seen every hour; all numbers are made up. Measured, in a process of its
own: landing the first hour of a new day, in which every price moves; making whatever tables are due
then, in the order of a run; publishing; exports and the report. 20 million need 10 GiB for the
first build, which is not what is measured.
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
# The next hour is the first of today: a month that is over would be asked again (decision 0141).
END = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
PARTS = {
    "land": "land",
    "tables": "tables",
    "publish": "publish",
    "export": "exports and report",
}
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
    round((1 + machine % 30 / 10.0) * (1 + hash(machine, hour // $every) % 100 / 1000.0), 4)
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
    """A warehouse with every table made of two days, then of the whole history; published."""
    from pipeline import warehouse as wh
    from pipeline.build.model import models, rebuild
    from pipeline.contracts.prices import GPU_OFFERS
    from pipeline.release.export import export
    from pipeline.release.publish import publish
    from pipeline.release.report import report
    from tests.given.support import build, fill, offer

    store = wh.Warehouse(root)
    hours = offers // MACHINES
    start = END - timedelta(hours=hours)
    with store.connect() as db:
        fill(db, [offer(provider="vast", on=start.date() - timedelta(days=1))])
        build(db)
        history = {"start": start, "first": 0, "last": hours, "machines": MACHINES, "every": 24}
        db.execute(HOURS, history)
        wh.bump(db, GPU_OFFERS.table)
        for model in models():
            rebuild(db, model, audits=())
    publish(store)
    export(store)
    report(store)


def next_hour(root: Path, _: int) -> dict[str, object]:
    """CPU seconds of each part and of each table made, and the largest memory held."""
    from pipeline import landing
    from pipeline import warehouse as wh
    from pipeline.build.model import models, rebuild
    from pipeline.release.export import export
    from pipeline.release.publish import publish
    from pipeline.release.report import report
    from pipeline.sources.source import Capture
    from tests.given.replays import made_up, prices

    store = wh.Warehouse(root)
    source = made_up(prices, name="recorded")
    spent: dict[str, object] = {}

    def timed(part: str, work: Callable[[], object]) -> None:
        cpu = time.process_time()
        work()
        spent[part] = time.process_time() - cpu

    with store.kept_open(), store.connect() as db:
        db.execute("create temp table hour_before as from staging.gpu_offers limit 0")
        into = HOURS.replace("staging.gpu_offers", "hour_before")
        hour = {"start": END, "first": 0, "last": 1, "machines": MACHINES, "every": 1}
        db.execute(into, hour)
        frame = wh.frame(db, "select * exclude (source), null::varchar as reason from hour_before")
        each = Capture("recorded", "all", "https://example.org/prices", END, "0" * 64)
        batch = landing.Batch(source, db, "benchmark", {}, lambda _: frame)
        landed: list[landing.Attempt] = []
        made: dict[str, float] = {}

        def tables() -> None:
            for model in models():
                cpu = time.process_time()
                if rebuild(db, model, audits=()).rebuilt:
                    made[model.table] = time.process_time() - cpu

        timed("land", lambda: landed.extend(landing.land(batch, [each])))
        assert [(made.outcome, made.rows) for made in landed] == [("landed", MACHINES)], landed
        timed("tables", tables)
        timed("publish", lambda: publish(store))
        timed("export", lambda: (export(store), report(store)))
    spent["peak_gib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return spent | {"made": made}


def run(sizes: Sequence[int]) -> None:
    """Generate, build, measure, print."""
    found = []
    for offers in sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure.run("-m", "tests.benchmarks.increment", "made", folder, str(offers))
            found.append(
                measure.run("-m", "tests.benchmarks.increment", "hour", folder, str(offers)).answer
            )
    rows = [("CPU seconds of one more hour", *(f"{size:,}" for size in sizes))]
    for part, label in PARTS.items():
        rows.append((label, *(f"{each[part]:.2f}" for each in found)))
    rows.append(("together", *(f"{sum(each[part] for part in PARTS):.2f}" for each in found)))
    rows.append(("peak GiB", *(f"{each['peak_gib']:.2f}" for each in found)))
    tables = found[-1]["made"]
    for table in sorted(tables, key=tables.get, reverse=True)[:10]:
        rows.append((table, *(f"{each['made'].get(table, 0):.2f}" for each in found)))
    print(f"\nOne more hour of {MACHINES:,} machines\n{measure.table(rows)}")


if __name__ == "__main__":
    if sys.argv[1:2] in (["made"], ["hour"]):
        work = {"made": made, "hour": next_hour}[sys.argv[1]]
        print(json.dumps(work(Path(sys.argv[2]), int(sys.argv[3])) or {}))
    else:
        print(measure.machine())
        run([int(each) for each in sys.argv[1:]] or SIZES)
