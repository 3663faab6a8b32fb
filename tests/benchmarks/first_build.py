"""All price tables of a long hourly history made for the first time: processors' seconds, memory.

`python -m tests.benchmarks.first_build [offers]`, ten million where nothing is said, of the same
marketplace as `increment`. Laying the offers is not measured; reading them, making every step and
mart of prices, its grain and dictionary checks are, in one process. 100 million take 4 GiB of
memory, 2 GB of disk in the folder for temporary files, and a quarter of an hour.
"""

import json
import resource
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from tests.benchmarks import measure
from tests.benchmarks.increment import END, HOURS, MACHINES, PIECE

OFFERS = 10_000_000


def laid(root: Path, offers: int) -> None:
    """Offers in staging, told as one change; every table there is, of a single offer before."""
    from pipeline import warehouse as wh
    from pipeline.contracts.prices import GPU_OFFERS
    from tests.given.support import build, fill, offer

    hours = offers // MACHINES
    start = END - timedelta(hours=hours)
    with wh.Warehouse(root).connect() as db:
        fill(db, [offer(provider="vast", on=start.date() - timedelta(days=1))])
        build(db)
        for first in range(0, hours, PIECE):
            piece = {"start": start, "first": first, "last": min(hours, first + PIECE)}
            db.execute(HOURS, piece | {"every": 24, "machines": MACHINES})
        wh.bump(db, GPU_OFFERS.table)


def built(root: Path) -> dict[str, object]:
    """CPU seconds and rows of each table, the largest memory held."""
    from pipeline.build.model import models, rebuild
    from pipeline.warehouse import Warehouse

    made: dict[str, tuple[float, int]] = {}
    with Warehouse(root).connect() as db:
        for model in models():
            if model.group == "prices":
                cpu = time.process_time()
                rows = rebuild(db, model, audits=()).rows
                made[model.table] = time.process_time() - cpu, rows
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"made": made, "peak_gib": peak}


def run(offers: int) -> None:
    """Generate, build, print."""
    with tempfile.TemporaryDirectory() as folder:
        measure.run("-m", "tests.benchmarks.first_build", "laid", folder, str(offers))
        found = measure.run("-m", "tests.benchmarks.first_build", "built", folder).answer
    tables: dict[str, tuple[float, int]] = found["made"]
    rows = [("", "CPU s", "rows")]
    for table in sorted(tables, key=lambda each: -tables[each][0])[:12]:
        spent, count = tables[table]
        rows.append((table, f"{spent:.1f}", f"{count:,}"))
    rows.append((f"all {len(tables)}", f"{sum(spent for spent, _ in tables.values()):.1f}", ""))
    print(f"\nPrice tables of {offers:,} offers, first build\n{measure.table(rows)}")
    print(f"Peak {found['peak_gib']:.1f} GiB.")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["laid", root, offers]:
            laid(Path(root), int(offers))
        case ["built", root]:
            print(json.dumps(built(Path(root))))
        case words:
            print(measure.machine())
            run(int(words[0]) if words else OFFERS)
