"""A loan on a thousand scenarios of rents, and the bands of drawn rent paths.

`python -m tests.benchmarks.stress` takes a few seconds. All numbers are made up. The stress is that
of `marts.facility_waterfall` from the rows its SELECT answers to the rows of the table; beside it
stands the same arithmetic written for these arrays alone, which tells balances, coverage and the
first payment missed and no other line. The bands are those of `marts.rent_path_backtest`.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tests.benchmarks import measure

SCENARIOS, QUARTERS = 1_000, 21
TIERS, ACCELERATORS, WEEKS = ("neocloud", "marketplace", "hyperscaler"), 30, 150
REPEATS = 5
Array = NDArray[np.float64]
KNOWN_AT = datetime(2026, 7, 1, tzinfo=UTC)


def loan() -> dict[str, Array]:
    """What the loan faces, scenarios by quarters: rents fall by up to 80 % or rise by 20 %."""
    end = np.linspace(0.2, 1.2, SCENARIOS)[:, None]
    path = 1 + (end - 1) * np.minimum(np.arange(QUARTERS) / 8, 1)
    scheduled = np.append(np.linspace(1e9, 3e8, QUARTERS - 1), 0.0)
    return {
        "scheduled": np.broadcast_to(scheduled, path.shape).copy(),
        "revenue": 1.5e8 * path,
        "base": 1.2e9 * path * np.linspace(1, 0.3, QUARTERS),
    }


COST, RATE, COVERAGE, LIQUIDITY = 1e7, 10.0, 1.3, 2e7


def answers(faced: dict[str, Array]) -> pl.DataFrame:
    """The same as the SELECT of the mart answers it: a row per scenario and quarter."""
    ends = [date(2026 + n // 4, 3 * (n % 4) + 3, 28) for n in range(QUARTERS)]
    count = SCENARIOS * QUARTERS
    return pl.DataFrame(
        {
            "scenario": np.repeat([f"fall-{n:04}" for n in range(SCENARIOS)], QUARTERS),
            "quarter_number": np.tile(np.arange(QUARTERS), SCENARIOS),
            "period_end_on": ends * SCENARIOS,
            "scheduled_principal_usd": faced["scheduled"].ravel(),
            "market_revenue_usd": faced["revenue"].ravel(),
            "borrowing_base_usd": faced["base"].ravel(),
            "market_value_usd": faced["base"].ravel() / 0.8,
            "rent_multiplier": faced["revenue"].ravel() / 1.5e8,
        }
    ).with_columns(
        facility_id=pl.lit("made-up"), realisation_pct=pl.lit(100), revenue_basis=pl.lit("market"),
        balance_on=pl.lit(ends[0]), maturity_on=pl.lit(ends[-1]), interest_rate_pct=pl.lit(RATE),
        running_cost_usd=pl.lit(COST), liquidity_min_usd=pl.lit(LIQUIDITY),
        dscr_min_ratio=pl.lit(COVERAGE), is_dscr_tested=pl.lit(True), is_base_tested=pl.lit(True),
        is_offtaker_paying=pl.lit(False), contract_ratio=pl.lit(None, pl.Float64),
        cash_missing_reason=pl.lit(None, pl.String), inputs_assumed=pl.lit(None, pl.String),
        price_vintage_on=pl.lit(ends[0]), known_at=pl.lit(KNOWN_AT),
    )[np.random.default_rng(0).permutation(count)]  # fmt: skip


def by_hand(faced: dict[str, Array]) -> dict[str, Array]:
    """Balances, coverage and whether a payment is missed: nothing else, and for this loan alone."""
    scheduled, revenue, base = faced["scheduled"], faced["revenue"], faced["base"]
    debt, kept, arrears = scheduled[:, 0], np.full(SCENARIOS, LIQUIDITY), np.zeros(SCENARIOS)
    told = {name: np.full(scheduled.shape, np.nan) for name in ("principal", "dscr", "missed")}
    told["principal"][:, 0] = debt
    for quarter in range(1, QUARTERS):
        last = quarter == QUARTERS - 1
        due = np.maximum(debt - scheduled[:, quarter], 0)
        usual = scheduled[:, max(quarter - 2, 0)] - scheduled[:, quarter - 1]
        instalment = np.minimum(due, usual) if last else due
        current = debt * RATE / 400
        net = revenue[:, quarter] - COST
        coverage = net / np.where(current + instalment > 0, current + instalment, np.nan)
        owed, cash = current + arrears, net + kept
        interest = np.clip(cash, 0, owed)
        cash = cash - interest
        principal = np.clip(cash, 0, due)
        cash = cash - principal
        left = debt - principal
        to_cure = 0.0 if last else np.maximum(left - base[:, quarter], 0)
        cure = np.clip(cash, 0, to_cure)
        cash, left = cash - cure, left - cure
        arrears = owed - interest
        unpaid = arrears + (due - principal) + np.maximum(-cash, 0)
        trapped = (coverage < COVERAGE * (1 - 1e-9)) | (to_cure - cure > 0.01) | (unpaid > 0.01)
        cash = np.maximum(cash, 0)
        alive = debt > 0.01
        kept = np.where(alive, np.where(trapped, cash, np.minimum(cash, LIQUIDITY)), 0)
        told["principal"][:, quarter] = left
        told["dscr"][:, quarter] = np.where(alive, coverage, np.nan)
        told["missed"][:, quarter] = alive & (
            (arrears + np.maximum(-cash, 0) if last else unpaid) > 0.01
        )
        debt = left
    return told


def moves() -> pl.DataFrame:
    """Weekly moves of three tiers and a rate of decline a month, as the mart's SELECT answers."""
    dice = np.random.default_rng(1)
    first = date(2023, 1, 1)
    rows = [
        ("move", tier, f"chip-{chip:02}", first + timedelta(weeks=week), 1.0, move, None)
        for tier in TIERS
        for chip in range(ACCELERATORS)
        for week, move in enumerate(dice.normal(-0.003, 0.02, WEEKS).tolist())
    ]
    rows += [
        ("decline", None, None, first + timedelta(days=30 * n), None, None, -20.0)
        for n in range(36)
    ]
    names = ("row_kind", "tier", "accelerator", "period_end_on", "move_weeks", "log_change", "rate")
    frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    return frame.with_columns(
        pl.col("period_end_on").cast(pl.Datetime("us", "UTC")).alias("known_at"),
        rate_pct_per_year=pl.col("rate"),
        interval_low_rate_pct_per_year=pl.col("rate") - 10,
        interval_high_rate_pct_per_year=pl.col("rate") + 10,
    ).drop("rate")


def seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """CPU seconds, the least of several."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def compared() -> dict[str, float]:
    """CPU seconds of each, once all three are known to agree."""
    from pipeline.methods import rent_paths, waterfall

    faced, unknown = loan(), np.full((SCENARIOS, QUARTERS), np.nan)
    rows, hand = answers(faced), by_hand(faced)
    made = waterfall.run(rows).sort("scenario", "quarter_number")
    matures = np.zeros(unknown.shape, dtype=np.bool_)
    matures[:, -1] = True

    def full(value: float) -> Array:
        return np.full(unknown.shape, value)

    lanes = waterfall.Lanes(
        faced["scheduled"], matures, full(RATE), faced["revenue"], full(COST), unknown,
        faced["base"], full(COVERAGE), full(COVERAGE), full(LIQUIDITY),
    )  # fmt: skip
    told = waterfall.flow(lanes)
    for column, own in (("principal_usd", "principal"), ("dscr_ratio", "dscr")):
        ours = made[column].to_numpy().reshape(unknown.shape)
        np.testing.assert_allclose(ours, hand[own], rtol=1e-12, atol=1e-6)
        np.testing.assert_allclose(told[column], hand[own], rtol=1e-12, atol=1e-6)
    missed = made["breach"].to_numpy().reshape(unknown.shape) == "payment"
    assert (missed[:, 1:] == hand["missed"][:, 1:].astype(bool)).all()
    drawn = moves()
    return {
        "rows": seconds(lambda: waterfall.run(rows)),
        "arrays": seconds(lambda: waterfall.flow(lanes)),
        "by_hand": seconds(lambda: by_hand(faced)),
        "bands": seconds(lambda: rent_paths.backtest(drawn), 1),
        "band_count": rent_paths.backtest(drawn).height,
        "missed": int(missed.any(axis=1).sum()),
        "seconds": 0.0,
    }


def run() -> None:
    made = measure.run("-m", "tests.benchmarks.stress", "compared").answer
    rows = [("", "CPU ms", "it / by hand")]
    for name, label in (
        ("rows", "our table: rows in, rows out, 15 lines of cash"),
        ("arrays", "our flow of cash on arrays, 15 lines"),
        ("by_hand", "by hand, three lines, this loan alone"),
    ):
        rows.append((label, f"{1e3 * made[name]:.1f}", f"{made[name] / made['by_hand']:.1f}x"))
    print(f"\nA loan on {SCENARIOS:,} scenarios of {QUARTERS - 1} quarters\n{measure.table(rows)}")
    print(f"{made['missed']:,} of them miss a payment, in the same quarters by all three.")
    print(f"{made['band_count']:,} bands of drawn rent paths: {made['bands']:.2f} CPU s.")


if __name__ == "__main__":
    if sys.argv[1:] == ["compared"]:
        print(json.dumps(compared()))
    else:
        run()
