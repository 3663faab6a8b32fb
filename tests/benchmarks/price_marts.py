"""Price level, both indices and rents, over a short and a longer history of generated offers.

`python -m tests.benchmarks.price_marts [offers ...]`, 500,000 where nothing is said. Each table is
built in a process of its own, in building order, from the tables of the processes before it: its
peak memory is its own, and its CPU seconds count its start; those of the two sums at the end do
not. Checks on real magnitudes are left out. 20 million need 13 GiB of memory and, where DuckDB puts
what exceeds its share of it, up to 50 GB of disk in the folder for temporary files.
"""

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import measure
from tests.benchmarks.measure import Run

FEW, MANY = 500_000, 20_000_000
CHAINED = ("restatement", "panel_item", "panel_memory", "gpu_price_index")
OF_FIXED_ITEMS = (
    "look_day", "period_end", "reference_region", "item_sighting", "item_price", "panel_movement",
    "gpu_price_movement", "gpu_rent", "gpu_price_latest",
)  # fmt: skip
WANTED = (
    "marts.gpu_price_daily",
    "marts.gpu_price_index",
    "marts.gpu_price_movement",
    "marts.gpu_price_latest",
)


def names() -> list[str]:
    """Tables to build, in order, asked of a process: this one imports no DuckDB."""
    listed: list[str] = measure.run("-m", "tests.benchmarks.price_marts", "list").answer["marts"]
    return listed


def build(name: str, root: Path) -> dict[str, float]:
    """Build one table."""
    from pipeline.build.model import models, rebuild
    from pipeline.warehouse import Warehouse

    [model] = (each for each in models() if each.name == name)
    with Warehouse(root).connect() as db:
        db.execute("delete from meta.versions where table_name = ?", [model.table])
        start, spent = time.perf_counter(), time.process_time()
        rows = rebuild(db, model, audits=()).rows
        spent = time.process_time() - spent
        return {"seconds": time.perf_counter() - start, "cpu_seconds": spent, "rows": rows}


def run(sizes: Sequence[int]) -> None:
    """Generate, build, print; the columns of growth compare the last size with the first."""
    marts = names()
    made: dict[int, dict[str, Run]] = {}
    for offers in sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure.run("-m", "tests.benchmarks.offers", folder, str(offers))
            made[offers] = {
                name: measure.run("-m", "tests.benchmarks.price_marts", name, folder)
                for name in marts
            }
    heads = [(f"s, {size:,}", "CPU s", "peak GiB", "rows") for size in sizes]
    grown = ("s", "CPU s", "rows") if len(sizes) > 1 else ()
    table = [("", *(head for each in heads for head in each), *(f"{each} x" for each in grown))]
    for name in marts:
        runs = [made[size][name] for size in sizes]
        cells = [cell for each in runs for cell in _cells(each)]
        first, last = runs[0], runs[-1]
        ratios = (
            last.answer["seconds"] / first.answer["seconds"],
            last.cpu_seconds / first.cpu_seconds,
            last.answer["rows"] / max(first.answer["rows"], 1),
        )
        table.append((name, *cells, *(f"{each:.1f}" for each in ratios[: len(grown)])))
    everything = ["all of them"]
    sums = [sum(each.answer["seconds"] for each in made[size].values()) for size in sizes]
    for size, seconds in zip(sizes, sums, strict=True):
        runs = list(made[size].values())
        cpu, peak = sum(each.cpu_seconds for each in runs), max(each.peak_gib for each in runs)
        rows = sum(each.answer["rows"] for each in runs)
        everything += [f"{seconds:.2f}", f"{cpu:.1f}", f"{peak:.2f}", f"{rows:,}"]
    if grown:
        everything += [f"{sums[-1] / sums[0]:.1f}", "", ""]
    print(f"\nPrice tables (one build each)\n{measure.table([*table, everything])}")
    if grown:
        print(f"Linear is {sizes[-1] / sizes[0]:g}x.")
    parts = [("", *(f"CPU s, {size:,}" for size in sizes), *grown[1:2])]
    for label, tables in (("chained index", CHAINED), ("index and rent", OF_FIXED_ITEMS)):
        spent = [sum(made[size][name].answer["cpu_seconds"] for name in tables) for size in sizes]
        growth = [f"{spent[-1] / spent[0]:.1f}"] if grown else []
        parts.append((label, *(f"{each:.2f}" for each in spent), *growth))
    print(
        f"\nThe index of fixed items and its rents beside the chained one\n{measure.table(parts)}"
    )


def _cells(made: Run) -> tuple[str, str, str, str]:
    seconds, rows = made.answer["seconds"], made.answer["rows"]
    return f"{seconds:.2f}", f"{made.cpu_seconds:.1f}", f"{made.peak_gib:.2f}", f"{rows:,}"


if __name__ == "__main__":
    if sys.argv[1:] == ["list"]:
        from pipeline.build.model import models, upstream

        tables = upstream(WANTED)
        print(json.dumps({"marts": [each.name for each in models() if each.table in tables]}))
    elif len(sys.argv) == 3 and not sys.argv[1].isdigit():
        print(json.dumps(build(sys.argv[1], Path(sys.argv[2]))))
    else:
        print(measure.machine())
        run([int(each) for each in sys.argv[1:]] or [FEW])
