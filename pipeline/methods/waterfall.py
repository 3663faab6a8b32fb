"""Cash through a loan agreement, quarter by quarter, for many lanes at once.

A lane is one loan on one path of rents. `flow` is the arithmetic, on arrays of lanes by quarters;
`run` applies it to the rows of `marts.facility_waterfall`, `pipeline.methods.facility_loss` to
thousands of simulated paths. Order of payments as in GPU loan agreements (CoreWeave's DDTL 1.0 to
5.0): running cost, interest, scheduled principal, cure of the borrowing base, then cash is kept or
goes to the sponsor.
"""

from dataclasses import dataclass, fields

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["BREACHES", "Lanes", "flow", "run"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

# What breaks, the worst first: of several in one quarter the first is named.
BREACHES = ("payment", "balloon", "borrowing_base", "coverage", "liquidity")
# What flow tells of a quarter, in this order.
FLOWS = (
    "opening_usd", "rent_received_usd", "running_cost_usd", "interest_due_usd", "interest_paid_usd",
    "quarter_principal_due_usd", "balloon_usd", "principal_paid_usd", "cure_due_usd",
    "cure_paid_usd", "unpaid_usd", "kept_cash_usd", "distributed_usd", "principal_usd",
    "dscr_ratio",
)  # fmt: skip
# A cent: below it a difference is arithmetic.
CENT = 0.01
# What brings in exactly its covenant does not break it by the last digit.
LAST_DIGIT = 1 - 1e-9


@dataclass(frozen=True)
class Lanes:
    """What a loan faces, each an array of lanes by quarters; quarter 0 is the day of the balance.

    Attributes:
        scheduled: Principal left if the schedule is kept, USD; nothing is left at maturity.
        is_maturity: True in the quarter in which the loan matures.
        rate: Interest a year on the debt at the quarter's start, %.
        revenue: Cash in from rent in the quarter at the market, USD.
        cost: Running cost of the quarter, USD.
        contract_ratio: Coverage the contract brings in while the customer pays; NaN: the market.
        base: Most debt the agreement allows at the quarter's end, USD; NaN where it is not tested.
        coverage_min: Coverage covenant, ratio; NaN where none is tested in the quarter.
        trigger: Coverage below which cash is kept, ratio; NaN where none is filed.
        liquidity: Cash the agreement wants kept, USD; NaN where no sum is filed.
    """

    scheduled: Array
    is_maturity: Flags
    rate: Array
    revenue: Array
    cost: Array
    contract_ratio: Array
    base: Array
    coverage_min: Array
    trigger: Array
    liquidity: Array


def flow(lanes: Lanes) -> dict[str, Array]:
    """The cash of every lane through its agreement; what is unknown (NaN) stays unknown.

    The schedule is a path of balances: what a cure repaid counts toward the next instalments.
    Cash kept at the start is what the liquidity covenant asks for. Unpaid interest is due again the
    next quarter, without interest on it; unpaid principal stays debt. In the quarter of maturity
    all that is left is due: an instalment like the one before, and the balloon, which neither
    coverage nor the contract counts.

    Returns:
        Lines by name, each an array of lanes by quarters, USD but for the coverage `dscr_ratio` and
        `breach`, the place in BREACHES of what broke, or -1. Quarter 0 has balances alone.
    """
    # By quarters, so that what is worked on lies together.
    by_quarter = Lanes(*(getattr(lanes, each.name).T.copy() for each in fields(Lanes)))
    shape = by_quarter.scheduled.shape
    out = np.full((len(FLOWS), *shape), np.nan)
    balance, cushion = (out[FLOWS.index(name)] for name in ("principal_usd", "kept_cash_usd"))
    breach = np.full(shape, -1.0)
    floors = np.nan_to_num(by_quarter.liquidity)
    debt, kept = by_quarter.scheduled[0], floors[0]
    arrears = np.zeros(shape[1])
    balance[0], cushion[0] = debt, kept
    for quarter in range(1, shape[0]):
        due = np.maximum(debt - by_quarter.scheduled[quarter], 0)
        matures = by_quarter.is_maturity[quarter]
        # At maturity an instalment as before is one; the rest of what is left is the balloon.
        before = max(quarter - 2, 0)
        usual = np.maximum(by_quarter.scheduled[before] - by_quarter.scheduled[quarter - 1], 0)
        instalment = np.where(matures, np.minimum(due, usual), due)
        balloon = due - instalment
        current = debt * by_quarter.rate[quarter] / 400
        service = current + instalment
        cost = by_quarter.cost[quarter]
        ratio = by_quarter.contract_ratio[quarter]
        revenue = np.where(np.isnan(ratio), by_quarter.revenue[quarter], ratio * service + cost)
        net = revenue - cost
        with np.errstate(divide="ignore", invalid="ignore"):
            coverage = np.where(service > 0, net / service, np.nan)
        interest_due = current + arrears
        cash = net + kept
        interest = np.minimum(np.maximum(cash, 0), interest_due)
        cash = cash - interest
        principal = np.minimum(np.maximum(cash, 0), due)
        cash = cash - principal
        left = debt - principal
        base = by_quarter.base[quarter]
        cure_due = np.where(np.isnan(base) | matures, 0, np.maximum(left - base, 0))
        cure = np.minimum(np.maximum(cash, 0), cure_due)
        cash = cash - cure
        left = left - cure
        unpaid_cost = np.maximum(-cash, 0)
        arrears = interest_due - interest
        unpaid = arrears + (due - principal) + unpaid_cost
        floor = floors[quarter]
        is_kept = (
            (coverage < by_quarter.trigger[quarter] * LAST_DIGIT)
            | (cure_due - cure > CENT)
            | (unpaid > CENT)
        )
        cash = np.maximum(cash, 0)
        kept = np.where(np.isnan(cash), np.nan, np.where(is_kept, cash, np.minimum(cash, floor)))
        broken = (
            np.where(matures, arrears + unpaid_cost, unpaid) > CENT,
            matures & (due - principal > CENT),
            cure_due - cure > CENT,
            coverage < by_quarter.coverage_min[quarter] * LAST_DIGIT,
            ~np.isnan(by_quarter.liquidity[quarter]) & (floor - kept > CENT),
        )
        alive = debt > CENT
        for place in reversed(range(len(BREACHES))):
            breach[quarter] = np.where(alive & broken[place], place, breach[quarter])
        lines = (
            debt, revenue, cost, interest_due, interest, due, balloon, principal, cure_due, cure,
            unpaid, kept, cash - kept, left, coverage,
        )  # fmt: skip
        out[:, quarter] = lines
        # Nothing flows through an agreement under which nothing is owed.
        out[:, quarter, ~alive & ~np.isnan(debt)] = np.nan
        balance[quarter] = left
        kept = np.where(alive, kept, 0)
        debt = left
    named = zip((*FLOWS, "breach"), (*out, breach), strict=True)
    return {name: each.T for name, each in named}


LANE = ["facility_id", "scenario", "realisation_pct", "revenue_basis"]
MADE = (
    *LANE, "quarter_number", "period_end_on", "balance_on", "rent_multiplier",
    *FLOWS, "borrowing_base_usd", "dscr_min_ratio", "liquidity_min_usd", "market_value_usd",
    "ltv_market_pct", "breach", "is_first_breach", "cash_missing_reason", "inputs_assumed",
    "price_vintage_on", "known_at",
)  # fmt: skip


def run(rows: pl.DataFrame) -> pl.DataFrame:
    """The waterfall of every lane, to the quarter in which its loan matures.

    Args:
        rows: What `sql/marts/credit/facility_waterfall.sql` asks: a row per lane and quarter, each
            lane with every quarter from 0 on.

    Returns:
        One row per lane and quarter; a lane of which something is unknown has no flows and the
        reason. `breach` names what breaks in the quarter, `is_first_breach` the first of the lane.
    """
    rows = rows.sort([*LANE, "quarter_number"])
    if rows.is_empty():
        return rows.with_columns(
            *(pl.lit(None, pl.Float64).alias(name) for name in (*FLOWS, "ltv_market_pct")),
            pl.lit(None, pl.String).alias("breach"),
            pl.lit(False).alias("is_first_breach"),
        ).select(MADE)
    # A lane is whole or has no flows: a missing quarter makes all that follow unknown.
    quarters = rows["quarter_number"].n_unique()
    ends = (pl.col("period_end_on") >= pl.col("maturity_on")).fill_null(False)
    matures = ends & (pl.col("quarter_number") > 0)
    rows = rows.with_columns(
        is_maturity=matures & (matures.cast(pl.Int64).cum_sum().over(LANE) == 1),
        is_over=matures.cast(pl.Int64).cum_sum().over(LANE) > 1,
    )
    grid = {
        "scheduled": "scheduled_principal_usd",
        "rate": "interest_rate_pct",
        "revenue": "market_revenue_usd",
        "cost": "running_cost_usd",
        "liquidity": "liquidity_min_usd",
    }
    known = pl.col("cash_missing_reason").is_null()
    contract = (pl.col("revenue_basis") == "contract_floor") & pl.col("is_offtaker_paying")
    arrays = rows.select(
        *(pl.col(column).alias(name) for name, column in grid.items()),
        contract_ratio=pl.when(contract).then(pl.col("contract_ratio")),
        base=pl.when(pl.col("is_base_tested")).then(pl.col("borrowing_base_usd")),
        coverage_min=pl.when(pl.col("is_dscr_tested")).then(pl.col("dscr_min_ratio")),
        trigger=pl.col("dscr_min_ratio"),
        known=known,
    )
    table = {
        name: arrays[name].cast(pl.Float64).fill_null(float("nan")).to_numpy().reshape(-1, quarters)
        for name in (*grid, "contract_ratio", "base", "coverage_min", "trigger")
    }
    unknown = ~arrays["known"].to_numpy().reshape(-1, quarters)
    # What a lane does not know in a quarter it cannot know later: debt depends on the cash before.
    table["revenue"] = np.where(unknown, np.nan, table["revenue"])
    table["rate"] = np.where(unknown, np.nan, table["rate"])
    made = flow(Lanes(is_maturity=rows["is_maturity"].to_numpy().reshape(-1, quarters), **table))
    place = pl.Series("place", made.pop("breach").reshape(-1)).cast(pl.Int64)
    flows = [pl.Series(name, made[name].reshape(-1)).fill_nan(None) for name in FLOWS]
    names = pl.when(pl.col("place") >= 0).then(
        pl.col("place").replace_strict(
            dict(enumerate(BREACHES)), default=None, return_dtype=pl.String
        )
    )
    owed = pl.when(pl.col("principal_usd") > 0).then(pl.col("principal_usd"))
    worth = pl.when(pl.col("market_value_usd") > 0).then(pl.col("market_value_usd"))
    # After an unknown quarter all are: they say so too, unless nothing is owed any more.
    lost = pl.col("opening_usd").is_null() & (pl.col("quarter_number") > 0)
    repaid = pl.col("principal_usd").forward_fill().over(LANE) <= CENT
    reason = (
        pl.when(pl.col("cash_missing_reason").is_not_null())
        .then(pl.col("cash_missing_reason"))
        .when(lost & repaid)
        .then(pl.lit("repaid"))
        .when(lost)
        .then(pl.lit("cash is unknown since an earlier quarter"))
    )
    return (
        rows.with_columns(*flows, place)
        .with_columns(breach=names, ltv_market_pct=100 * owed / worth, cash_missing_reason=reason)
        .with_columns(
            is_first_breach=pl.col("breach").is_not_null()
            & (pl.col("breach").is_not_null().cast(pl.Int64).cum_sum().over(LANE) == 1)
        )
        .filter(~pl.col("is_over") | pl.col("maturity_on").is_null())
        .filter(pl.col("maturity_on").is_not_null() | (pl.col("quarter_number") == 0))
        .select(MADE)
    )
