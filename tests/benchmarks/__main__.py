"""`make bench`: ratios measured in one run on one machine, printed; nothing passes or fails.

`python -m tests.benchmarks [offers] [--runs N] [--large]` takes under five minutes on two cores at
the default million. Seconds are the best of N runs, each in a process of its own. `--large` builds
the price tables over 20 million offers as well, which takes half an hour more and 13 GiB.
"""

import argparse
import tempfile
from math import isclose
from pathlib import Path

from tests.benchmarks import measure, parse_rates, price_marts
from tests.benchmarks.measure import Run, best, run, table

NAMES = {
    "marts": "our three marts (written, promises kept)",
    "same_rules": "our rules by hand, DuckDB, medians only",
    "duckdb": "two-stage median by hand, DuckDB",
    "polars": "two-stage median by hand, Polars",
    "pandas": "two-stage median by hand, pandas",
}
ADDED = """
What the marts do and the two-stage median does not: only the last sighting of an offer in a day
counts; the cheapest machine type stands for a list price; prices are carried, and steps of more
than 40 % wait for a second sighting; machines vote where one marketplace is alone; quartiles, the
bootstrap interval, concentration, the economic order and the decision to publish; citations; and
three tables written and checked for one row per grain.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("offers", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--large", action="store_true", help="20 million offers as well")
    wanted = parser.parse_args()
    print(measure.machine())
    with tempfile.TemporaryDirectory() as folder:
        contenders = price_levels(Path(folder, "large"), wanted.offers, wanted.runs)
        growth(Path(folder, "small"), wanted.offers, wanted.runs, contenders)
        make_run(Path(folder), wanted.runs)
    print("\n4. Price tables")
    price_marts.run((price_marts.FEW, price_marts.MANY) if wanted.large else (price_marts.FEW,))
    print("\n5. Parsers")
    parse_rates.run()
    # Last: a process holds what its parent held when it was made, and this imports Polars.
    from tests.benchmarks import aws_price_list, companyfacts, holdings, instances, stress

    aws_price_list.run(wanted.runs)
    companyfacts.run()
    instances.run()
    holdings.run(wanted.runs)
    print("\n6. Stress and bands")
    stress.run()


def price_levels(root: Path, offers: int, runs: int) -> dict[str, Run]:
    """Our levels of `offers` generated offers against the same medians written by hand."""
    run("-m", "tests.benchmarks.offers", str(root), str(offers))
    command = ("-m", "tests.benchmarks.contenders")
    made = {name: best(runs, *command, name, str(root)) for name in NAMES}
    ours, by_hand = made["marts"].answer, made["duckdb"].answer
    rows = [("", "seconds", "CPU s", "peak GiB", "cells", "ours / it")]
    for name, label in NAMES.items():
        seconds = made[name].answer["seconds"]
        rows.append((label, *_costs(made[name]), _ratio(ours["seconds"], seconds)))
    print(f"\n1. Price levels of {offers:,} offers\n{table(rows)}")
    print(
        "\nWithin our marts (each starts from the one before, the query by hand from the offers):"
    )
    parts = [("", "seconds", "it / two-stage DuckDB")]
    for mart in ("host_price_daily", "provider_price_daily", "gpu_price_daily"):
        parts.append((mart, f"{ours[mart]:.2f}", _ratio(ours[mart], by_hand["seconds"])))
    print(table(parts))
    agreeing = made["same_rules"].answer["agreeing"]
    print(f"\n{agreeing:,} of {ours['published']:,} published levels equal our rules by hand.")
    plain = [made[name].answer for name in ("duckdb", "polars", "pandas")]
    agree = all(
        each["cells"] == by_hand["cells"] and isclose(each["sum"], by_hand["sum"], rel_tol=1e-9)
        for each in plain
    )
    print(f"DuckDB, Polars and pandas {'agree' if agree else f'DISAGREE: {plain}'}.")
    print(ADDED.rstrip())
    return made


def _costs(made: Run) -> tuple[str, str, str, str]:
    return (
        f"{made.answer['seconds']:.2f}",
        f"{made.cpu_seconds:.1f}",
        f"{made.peak_gib:.2f}",
        f"{made.answer['cells']:,}",
    )


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.2f}x"


def growth(root: Path, offers: int, runs: int, large: dict[str, Run]) -> None:
    """A tenth of the history, to see whether ten times the rows cost ten times the time."""
    run("-m", "tests.benchmarks.offers", str(root), str(offers // 10))
    rows = [("", f"{offers // 10:,}", f"{offers:,}", "growth")]
    for name in ("marts", "duckdb"):
        small = best(runs, "-m", "tests.benchmarks.contenders", name, str(root)).answer
        for part in ("seconds", *(key for key in small if key.endswith("_daily"))):
            label = f"  {part}" if part != "seconds" else NAMES[name]
            seconds = large[name].answer[part]
            rows.append(
                (label, f"{small[part]:.2f}", f"{seconds:.2f}", _ratio(seconds, small[part]))
            )
    print(f"\n2. Seconds for ten times the offers (10x is linear)\n{table(rows)}")


def make_run(folder: Path, runs: int) -> None:
    """A whole `make run` on a fresh warehouse, without network, and what Dagster's share is."""
    imported = min(
        (run("-c", "import pipeline.definitions") for _ in range(runs)),
        key=lambda each: each.wall_seconds,
    )
    tries: dict[str, list[Run]] = {"dagster": [], "direct": []}
    for n in range(runs):
        for way, made in tries.items():
            fresh = folder / f"{way}-{n}"
            fresh.mkdir()
            made.append(run("-m", "tests.benchmarks.whole_run", way, str(fresh)))
    dagster, direct = (
        min(made, key=lambda each: each.answer["seconds"]) for made in tries.values()
    )
    rows = [("", "under Dagster", "called directly")]
    rows.append(("import pipeline.definitions", f"{imported.wall_seconds:.2f}", ""))
    for phase in ("ingest", "build", "publish", "seconds"):
        label = {"publish": "publish and export", "seconds": "the three together"}.get(phase, phase)
        rows.append((label, f"{dagster.answer[phase]:.2f}", f"{direct.answer[phase]:.2f}"))
    rows.append(("whole process", f"{dagster.wall_seconds:.2f}", f"{direct.wall_seconds:.2f}"))
    rows.append(("peak GiB", f"{dagster.peak_gib:.2f}", f"{direct.peak_gib:.2f}"))
    print(f"\n3. make run on a fresh warehouse, seconds\n{table(rows)}")
    share = 1 - direct.answer["seconds"] / dagster.answer["seconds"]
    print(f"Dagster's share of ingest, build and publish: {share:.1%}")
    print(f"Import alone peaks at {imported.peak_gib:.2f} GiB.")
    tables = dagster.answer["rows"]
    print("Rows: " + ", ".join(f"{name} {count:,}" for name, count in sorted(tables.items())))


if __name__ == "__main__":
    main()
