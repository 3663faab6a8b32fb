"""A thousand generated scenarios over every facility and forty quarters: one SELECT against numpy.

`python -m tests.benchmarks.stress` takes about a minute. All numbers are made up: twelve facilities
of three draws each, half of them partly fixed or hedged, and scenarios that state every quarter.
The numpy version does the arithmetic alone, on arrays already in memory; ours reads, joins and
writes the table with its reasons. A last process holds one answer against the other.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks import measure

FACILITIES, SCENARIOS, QUARTERS = 12, 1_000, 41
COMPARED = ("principal_usd", "depreciated_cost_usd", "market_value_usd", "quarter_interest_usd")
RATIOS = ("ltv_contract_pct", "ltv_market_pct", "dscr_market_ratio")
STRESS = "marts.facility_stress"


def generate(folder: Path) -> int:
    """Land facilities and scenarios and build all the stress reads; returns scenario rows."""
    from pipeline.warehouse import Warehouse
    from tests.given import coverage as made
    from tests.given.support import build

    dice = random.Random(0)
    facilities, balances, assumed = [], [], []
    for number in range(FACILITIES):
        name = f"loan-{number}"
        closed = made.DAY - timedelta(days=dice.randint(400, 1200))
        facilities.append(
            made.terms(
                name,
                closed_on=closed,
                maturity_on=date(2029 + number % 4, 3, 31),
                hedged_min_pct=[None, 50.0, 95.0][number % 3],
                ltv_max_pct=[85.0, None, 70.0, 90.0][number % 4],
                amortisation=["unfiled_schedule", "borrowing_base", "bullet"][number % 3],
            )
        )
        assumed.append(made.chip(facility_id=name))
        drawn = 0.0
        for day in (closed, closed + timedelta(days=200), made.DAY):
            drawn += round(dice.uniform(1e8, 2e9))
            balances.append(made.balance(drawn, day, facility_id=name))
    steps = []
    for number in range(SCENARIOS):
        rent = 1.0
        defaults = dice.randint(0, 80)
        for quarter in range(QUARTERS):
            steps.append(
                made.step(
                    f"s{number}",
                    quarter,
                    rent_multiplier=rent,
                    utilisation_multiplier=round(dice.uniform(0.8, 1.0), 3),
                    sofr_shift_bps=float(dice.randint(0, 300)),
                    is_offtaker_default=quarter == defaults,
                )
            )
            rent = max(min(round(rent * dice.uniform(0.85, 1.1), 4), 5.0), 0.1)
    with Warehouse(folder).connect() as db:
        made.landed(db, facilities=facilities, balances=balances, assumed=assumed, scenarios=steps)
        build(db, *made.COVERAGE)
    return len(steps)


def _model() -> str:
    from pipeline.build.model import models

    [query] = [each.query for each in models() if each.table == STRESS]
    return query


def ours(folder: Path) -> dict[str, Any]:
    """The model as the pipeline makes it, its table written."""
    from pipeline.warehouse import Warehouse

    query = _model()
    with Warehouse(folder).connect() as db:
        started = time.perf_counter()
        db.execute(f"create or replace table {STRESS} as {query}")
        seconds = time.perf_counter() - started
        count = db.execute(f"select count(*) from {STRESS}").fetchall()[0][0]
    return {"seconds": seconds, "rows": count}


def _arrays(folder: Path) -> dict[str, Any]:
    """What the arithmetic needs, as pandas frames and numpy arrays."""
    import pandas as pd  # type: ignore[import-untyped]

    from pipeline.warehouse import Warehouse

    def frame(db: Any, query: str) -> Any:
        return pd.DataFrame(db.sql(query).pl().to_dicts())

    with Warehouse(folder).connect() as db:
        newest = "qualify row_number() over (partition by facility_id order by period_end_on desc)"
        starts = frame(
            db,
            "select c.*, datediff('month', c.period_end_on, c.maturity_on) as months, "
            "f.amortisation, f.spread_bps, coalesce(f.hedged_min_pct, 0) / 100 as hedged "
            f"from (from marts.facility_coverage {newest} = 1) as c "
            "join marts.facility as f using (facility_id) order by facility_id",
        )
        lots = frame(
            db,
            "select lot.* from marts.facility_lot_value as lot semi join "
            f"(select facility_id, period_end_on from marts.facility_coverage {newest} = 1) "
            "using (facility_id, period_end_on) order by facility_id, lot_number",
        )
        clock = frame(db, "from marts.residual_value order by age_years")
        steps = frame(db, "from staging.scenarios order by scenario, quarter_number")
    return {"starts": starts, "lots": lots, "clock": clock, "steps": steps}


def by_hand(arrays: dict[str, Any]) -> dict[str, Any]:
    """The same arithmetic: facility by facility, quarters across, scenarios down."""
    import numpy as np

    starts, lots, clock, steps = (arrays[name] for name in ("starts", "lots", "clock", "steps"))
    names = steps["scenario"].unique()
    shape = (len(names), QUARTERS)
    rent = steps["rent_multiplier"].to_numpy().reshape(shape)
    use = steps["utilisation_multiplier"].to_numpy().reshape(shape)
    shift = steps["sofr_shift_bps"].to_numpy().reshape(shape)
    quarters = np.arange(QUARTERS + 1)
    ages = clock["age_years"].to_numpy()
    made: dict[str, list[Any]] = {name: [] for name in (*COMPARED, *RATIOS)}
    for start in starts.itertuples():
        own = lots[lots["facility_id"] == start.facility_id]
        left = np.maximum(
            1 - (own["age_years"].to_numpy()[:, None] + quarters / 4)
            / own["depreciation_life_years"].to_numpy()[:, None], 0,
        )  # fmt: skip
        cost = own["lot_cost_usd"].to_numpy()[:, None] * left
        depreciated = cost.sum(axis=0)
        level = start.principal_usd * np.minimum((start.months - 3 * quarters) / start.months, 1)
        if start.amortisation == "bullet":
            level = np.full(QUARTERS + 1, start.principal_usd)
        level = np.where(3 * quarters >= start.months, 0.0, level)
        owed, due = level[:-1], level[:-1] - level[1:]
        age = own["age_years"].to_numpy()[:, None] + quarters[:-1] / 4
        count = own["gpu_estimate"].to_numpy()[:, None]
        # Past the last age nothing is said.
        earned, spent = (
            count * np.interp(age, ages, clock[column].to_numpy(), right=np.nan)
            for column in ("earned_usd_per_gpu", "spent_usd_per_gpu")
        )
        value = np.zeros(shape)
        income = np.zeros(shape)
        moved = rent * use
        for number in range(len(own)):
            value += np.maximum(moved * earned[number] - spent[number], 0)
            row = own.iloc[number]
            income += (moved * row["annual_rent_kept_usd"] - row["annual_cash_cost_usd"]) / 4
        share = own["gpu_fraction"].to_numpy()[:, None]
        value += ((1 - share) * cost[:, :-1]).sum(axis=0)
        rate = start.sofr_pct + start.spread_bps / 100 + (1 - start.hedged) * shift / 100
        interest = owed / 400 * rate
        with np.errstate(divide="ignore", invalid="ignore"):
            running = np.where(owed > 0, owed, np.nan)
            held = {
                "principal_usd": np.broadcast_to(owed, shape),
                "depreciated_cost_usd": np.broadcast_to(depreciated[:-1], shape),
                "market_value_usd": value,
                "quarter_interest_usd": interest,
                "ltv_contract_pct": np.broadcast_to(100 * running / depreciated[:-1], shape),
                "ltv_market_pct": 100 * running / value,
                "dscr_market_ratio": np.where(owed > 0, income / (interest + due), np.nan),
            }
        for name, cells in held.items():
            made[name].append(cells)
    return {name: np.stack(cells) for name, cells in made.items()}


def numpy(folder: Path) -> dict[str, Any]:
    arrays = _arrays(folder)
    started = time.perf_counter()
    answer = by_hand(arrays)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "rows": int(answer["market_value_usd"].size)}


def compared(folder: Path) -> dict[str, Any]:
    """Largest relative difference of any cell, and how many cells were held against each other."""
    import numpy as np

    from pipeline.warehouse import Warehouse

    ours(folder)
    answer = by_hand(_arrays(folder))
    worst, cells = 0.0, 0
    with Warehouse(folder).connect() as db:
        for name, hand in answer.items():
            # As generated, scenarios sort as text in both.
            query = f"select {name} from {STRESS} order by facility_id, scenario, quarter_number"
            told = db.sql(query).pl()[name].to_numpy().astype(float).reshape(hand.shape)
            if (np.isnan(told) != ~np.isfinite(hand)).any():
                raise ValueError(f"{name} is null in one of the two only")
            both = np.isfinite(hand)
            far = np.abs(told - hand)[both] / np.maximum(np.abs(hand[both]), 1e-6)
            worst, cells = max(worst, float(far.max())), cells + int(both.sum())
    return {"seconds": 0.0, "worst": worst, "cells": cells}


CONTENDERS: dict[str, tuple[str, Callable[[Path], dict[str, Any]]]] = {
    "ours": ("ours: one SELECT, table written", ours),
    "numpy": ("numpy, arithmetic alone", numpy),
}


def run(runs: int = 2) -> None:
    """Generate, measure, compare, print."""
    module = "tests.benchmarks.stress"
    with tempfile.TemporaryDirectory() as folder:
        measure.run("-m", module, "generate", folder)
        made = {name: measure.best(runs, "-m", module, name, folder) for name in CONTENDERS}
        agreed = measure.run("-m", module, "compared", folder).answer
    print(f"\nStress of {FACILITIES} facilities, {SCENARIOS:,} scenarios, {QUARTERS} quarters")
    table = [("", "seconds", "rows/s", "peak MB", "it / numpy", "rows")]
    alone = made["numpy"].answer["seconds"]
    for name, (label, _) in CONTENDERS.items():
        answer = made[name].answer
        table.append(
            (
                label,
                f"{answer['seconds']:.2f}",
                f"{answer['rows'] / answer['seconds']:,.0f}",
                f"{made[name].peak_gib * 2**30 / 1e6:,.0f}",
                f"{answer['seconds'] / alone:.1f}x",
                f"{answer['rows']:,}",
            )
        )
    print(measure.table(table))
    verdict = "agree" if agreed["worst"] <= 1e-9 else "DISAGREE"
    print(f"They {verdict}: {agreed['cells']:,} cells, at most {agreed['worst']:.1e} apart.")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "generate":
        print(json.dumps({"seconds": 0, "rows": generate(Path(sys.argv[2]))}))
    elif len(sys.argv) == 3:
        contenders = {name: each for name, (_, each) in CONTENDERS.items()}
        print(json.dumps((contenders | {"compared": compared})[sys.argv[1]](Path(sys.argv[2]))))
    else:
        run()
